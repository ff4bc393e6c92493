"""What came out of the lower layers in the steps of a session, for upper layers to train on."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class InsideReplay:
    """Activations at an inner layer with their classes; a session's steps fill it.

    ``steps`` counts the session's steps, of whatever kind. Nothing here outlives a session: lower
    layers that are trained make what is kept go stale, which a few steps do not.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._inside: list[Tensor] = []
        self._labels: list[Tensor] = []

    @property
    def empty(self) -> bool:
        """Whether no step has been kept yet."""
        return not self._labels

    def keep(self, inside: Tensor, labels: Tensor) -> None:
        """Keep activations [channels, places, N] and their classes [N]."""
        self._inside.append(inside.detach())
        self._labels.append(labels)

    def sample(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Draw ``count`` of what was kept without replacement, or all where it is less."""
        inside, labels = torch.cat(self._inside, dim=2), torch.cat(self._labels)
        self._inside, self._labels = [inside], [labels]
        chosen = torch.from_numpy(rng.permutation(len(labels))[:count])
        return inside.index_select(2, chosen), labels[chosen]
