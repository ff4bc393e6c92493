"""Synaptic Intelligence: how much each weight has mattered, and a pull back to where it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..state import Arrays

_DAMPING = 1e-7


class SynapticIntelligence:
    """Importance of each weight from its path, in the form that AR1* uses.

    Zenke et al. 2017 (arXiv 1703.04200), section 3; Maltoni and Lomonaco 2019 (arXiv 1806.08568)
    for the clipping and the scale. Per step ``path += gradient * (new - old)``; per batch
    ``importance = clip(sum(-scale * path / ((theta - theta_start)^2 + 1e-7)), 0, largest)``; the
    penalty is ``strength / 2 * sum(importance * (theta - theta_start)^2)``.
    """

    def __init__(
        self, parameters: Sequence[nn.Parameter], strength: float, scale: float, largest: float
    ) -> None:
        self.strength, self.scale, self.largest = strength, scale, largest
        self._total = [torch.zeros_like(p) for p in parameters]
        self._importance = [torch.zeros_like(p) for p in parameters]
        self._start: list[Tensor] = []
        self._path: list[Tensor] = []
        self._old: list[Tensor] = []

    def begin(self, parameters: Sequence[nn.Parameter]) -> None:
        """Start a batch: the weights as they are now are those to stay near."""
        self._start = [p.detach().clone() for p in parameters]
        self._path = [torch.zeros_like(p) for p in parameters]

    def penalty(self, parameters: Sequence[nn.Parameter]) -> Tensor:
        """Return what moving away from the start of the batch costs."""
        costs = [
            (importance * (p - start).square()).sum()
            for importance, p, start in zip(self._importance, parameters, self._start, strict=True)
        ]
        return self.strength / 2 * torch.stack(costs).sum() if costs else torch.zeros(())

    def before_step(self, parameters: Sequence[nn.Parameter]) -> None:
        """Note the weights before an optimiser step."""
        self._old = [p.detach().clone() for p in parameters]

    @torch.no_grad()
    def after_step(self, parameters: Sequence[nn.Parameter]) -> None:
        """Follow the path of the step just taken."""
        for path, p, old in zip(self._path, parameters, self._old, strict=True):
            if p.grad is not None:
                path.add_(p.grad * (p - old))

    @torch.no_grad()
    def end(self, parameters: Sequence[nn.Parameter]) -> None:
        """Turn the path of the batch into importance."""
        for number, p in enumerate(parameters):
            moved = (p - self._start[number]).square() + _DAMPING
            self._total[number] = self._total[number] - self.scale * self._path[number] / moved
            self._importance[number] = self._total[number].clamp(0, self.largest)
        self._start, self._path, self._old = [], [], []

    def fork(self) -> SynapticIntelligence:
        """Return an independent copy; tensors are shared until one of the two learns."""
        twin = object.__new__(SynapticIntelligence)
        twin.__dict__.update(self.__dict__)
        twin._total, twin._importance = list(self._total), list(self._importance)
        twin._start, twin._path, twin._old = [], [], []
        return twin

    def arrays(self) -> Arrays:
        """Return the whole state between two batches."""
        return {f"total{number}": total.numpy() for number, total in enumerate(self._total)}

    def load(self, arrays: Arrays) -> None:
        """Take over a state that :meth:`arrays` gave; KeyError or ValueError if it does not fit."""
        totals = []
        for number, mine in enumerate(self._total):
            array = np.array(arrays[f"total{number}"], np.float32)
            if array.shape != tuple(mine.shape):
                raise ValueError(f"importance {number} has shape {array.shape}, not {mine.shape}")
            totals.append(torch.from_numpy(array))
        self._total = totals
        self._importance = [total.clamp(0, self.largest) for total in totals]
