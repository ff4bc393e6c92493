"""AR1*free: latent replay as published, with batch renormalisation and the CWR* head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn
from typing_extensions import Self, override

from ..backbone import BackboneSpec, TrainableStage
from ..backbone.layers import folded_arrays
from ..backbone.trainable import Compute, fastest_compute
from ..heads.cwr import CwrHead
from ..model import Branch, ModelParts
from ..state import Arrays, with_prefix
from .base import Batch, Replays, Strategy
from .paper_batches import Mix, batches_an_epoch, paper_batches


class Ar1Free(Strategy):
    """Trains all layers above the cut and a CWR* head; no regularisation holds the weights back.

    Pellegrini et al. 2020 (arXiv 1912.01100), algorithm 1; the numbers are those of the authors'
    code for CORe50. Nothing is trained before the session is complete, as there.

    ``compute`` is the type of the activations: ``bfloat16`` takes half the time where the processor
    multiplies it (see :class:`TrainableStage`), ``fastest`` takes that there and ``float32``, which
    is the same on all machines, elsewhere.
    """

    name = "ar1free"
    replays: ClassVar[Replays] = "some"
    epochs: int | None = 4
    minibatch = 128
    first_rate, later_rate = 0.001, 0.0003
    momentum, weight_decay = 0.9, 5e-4
    # r_max, d_max and momentum of batch renormalisation, in the first batch and later.
    first_renorm, later_renorm = (3.0, 5.0, 0.01), (1.25, 0.5, 0.01)
    compute: ClassVar[Compute | Literal["fastest"]] = "fastest"

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        compute = fastest_compute() if self.compute == "fastest" else self.compute
        self.stage = TrainableStage(spec, seed, norm="batch_renorm", compute=compute)
        self.head = CwrHead(spec.feature_size)
        self._working: nn.Parameter | None = None
        self._mixes: Iterator[Mix] = iter(())

    @override
    def fork(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.stage, twin.head = self.stage.clone(), self.head.fork()
        twin._working, twin._mixes = None, iter(())
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
        return self.passes * batches_an_epoch(frames, len(batch.memory), self.minibatch)

    @override
    def begin(self, batch: Batch) -> None:
        first = batch.number == 1
        self.stage.train()
        self.stage.set_renorm(*(self.first_renorm if first else self.later_renorm))
        present = np.union1d(batch.labels, batch.memory.labels)
        self._working = nn.Parameter(torch.from_numpy(self.head.working_weights(present)))
        self._optimizer = torch.optim.SGD(
            [*self.stage.parameters(), self._working],
            self.first_rate if first else self.later_rate,
            self.momentum,
            weight_decay=self.weight_decay,
        )
        stored = len(batch.memory)
        self._mixes = paper_batches(
            len(batch.labels), stored, self.minibatch, self.passes, batch.rng
        )

    @override
    def step(self, batch: Batch) -> float:
        if self._working is None:
            raise RuntimeError("a step before the session has begun")
        mix = next(self._mixes)
        sample = batch.memory.take(mix.replayed)
        latents = np.concatenate([batch.latents[mix.new], sample.latents])
        labels = np.concatenate([batch.labels[mix.new], sample.labels])
        logits = F.linear(self.stage(torch.from_numpy(latents)), self._working)
        loss = F.cross_entropy(logits, torch.from_numpy(labels))
        value = float(loss.detach())
        if not np.isfinite(value):
            raise FloatingPointError("training diverged: the loss is not finite")
        self._optimizer.zero_grad(set_to_none=True)
        self.descend(loss)
        return value

    def descend(self, loss: Tensor) -> None:
        """Take one step down the gradient of ``loss``."""
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._optimizer.step()

    @override
    def end(self, batch: Batch) -> None:
        if self._working is None:
            return
        labels = np.concatenate([batch.labels, batch.memory.labels])
        counts = np.bincount(labels, minlength=len(self.head.past))
        self.head.consolidate(self._working.detach().numpy(), counts)
        self._working, self._mixes = None, iter(())

    @override
    def parts(self) -> ModelParts:
        bias = np.zeros(len(self.head.past), np.float32)
        branch = Branch("trained", self.head.weights, bias)
        return ModelParts((branch,), self._folded())

    def _folded(self) -> Arrays:
        """Return the stage for serving: the normalisation is part of the convolutions."""
        arrays = self.stage.arrays()
        folded: Arrays = {}
        units = self.spec.network.above(self.spec.cut)
        for conv in (conv for unit in units for conv in unit.convs):
            weight, bias = folded_arrays(conv, arrays)
            folded |= {f"{conv.name}.weight": weight, f"{conv.name}.bias": bias}
        return folded

    @override
    def arrays(self) -> Arrays:
        stage = with_prefix("stage", dict(self.stage.arrays()))
        return {**stage, **with_prefix("head", self.head.arrays())}

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        head = {k.removeprefix("head."): v for k, v in arrays.items() if k.startswith("head.")}
        if len(head["past"]) != classes:
            raise ValueError(f"the head has {len(head['past'])} classes, not {classes}")
        self.head.load(head)
        stage = {k.removeprefix("stage."): v for k, v in arrays.items() if k.startswith("stage.")}
        self.stage.load_arrays(stage)
