"""CWR*: a head on the pretrained network, consolidated batch by batch; nothing is replayed."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import nn
from typing_extensions import Self, override

from ..backbone import BackboneSpec
from ..heads.cwr import CwrHead
from ..model import Branch, ModelParts
from ..model_features import feature_size, fixed_feature
from ..state import Arrays
from .base import Batch, FloatArray, Strategy


class Cwr(Strategy):
    """Trains only the output weights: those of the batch's classes further, the others from zero.

    Lomonaco et al. 2019 (arXiv 1907.03799), with the layers below the head pretrained and frozen
    from the start. The network is passed through once a batch, not once an epoch.
    """

    name = "cwr"
    epochs: int | None = 4
    minibatch = 128
    first_rate, later_rate = 0.001, 0.0003
    momentum, weight_decay = 0.9, 5e-4

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        self.head = CwrHead(feature_size(spec, "pooled"))
        self._working: nn.Parameter | None = None
        self._features: FloatArray = np.empty((0, self.head.size), np.float32)
        self._left: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []

    @override
    def fork(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.head = self.head.fork()
        twin._working, twin._left = None, []
        return twin

    @override
    def add_class(self) -> None:
        self.head.add_class()

    @override
    def remove(self, label: int) -> None:
        self.head.remove(label)

    @override
    def merge(self, source: int, target: int) -> None:
        self.head.merge(source, target)

    @override
    def iterations(self, frames: int, batch: Batch) -> int:
        return self.passes * -(-frames // self.minibatch)

    @override
    def begin(self, batch: Batch) -> None:
        self._features = fixed_feature(self.spec, "pooled").features(batch.latents)
        working = self.head.working_weights(np.unique(batch.labels))
        self._working = nn.Parameter(torch.from_numpy(working))
        rate = self.first_rate if batch.number == 1 else self.later_rate
        self._optimizer = torch.optim.SGD(
            [self._working], rate, self.momentum, weight_decay=self.weight_decay
        )

    @override
    def step(self, batch: Batch) -> float:
        if self._working is None:
            raise RuntimeError("a step before the session has begun")
        if not self._left:
            order = batch.rng.permutation(len(batch.labels))
            self._left = np.array_split(order, -(-len(order) // self.minibatch))
        chosen = self._left.pop()
        logits = F.linear(torch.from_numpy(self._features[chosen]), self._working)
        loss = F.cross_entropy(logits, torch.from_numpy(batch.labels[chosen]))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._optimizer.step()
        return float(loss.detach())

    @override
    def end(self, batch: Batch) -> None:
        if self._working is None:
            return
        counts = np.bincount(batch.labels, minlength=len(self.head.past))
        self.head.consolidate(self._working.detach().numpy(), counts)
        self._working, self._left = None, []

    @override
    def parts(self) -> ModelParts:
        bias = np.zeros(len(self.head.past), np.float32)
        return ModelParts((Branch("pooled", self.head.weights, bias),))

    @override
    def arrays(self) -> Arrays:
        return self.head.arrays()

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        if len(arrays["past"]) != classes:
            raise ValueError(f"the head has {len(arrays['past'])} classes, not {classes}")
        self.head.load(arrays)
