"""Cumulative training: all that was ever seen, from the pretrained weights; the upper bound."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from ..training import Recipe, TrainedNetwork
from .base import Batch, FloatArray, Replays
from .latent_replay import LatentReplay


class Cumulative(LatentReplay):
    """Keeps all patterns and trains on all of them together, a few epochs anew in each batch."""

    name = "cumulative"
    replays: ClassVar[Replays] = "all"
    learns_while_looking = False
    recipe: ClassVar[Recipe] = Recipe()
    epochs: int | None = 5
    fewest_steps = 30
    """For the first sessions, whose epochs are of one or two steps."""

    @override
    def iterations(self, frames: int, batch: Batch) -> int:
        total = frames + len(batch.memory)
        steps = self.passes * -(-total // self.recipe.minibatch)
        return max(steps, self.fewest_steps)

    @override
    def begin(self, batch: Batch) -> None:
        classes = self.network.classes
        self.network = TrainedNetwork(self.spec, self.network.recipe, self.seed)
        for _ in range(classes):
            self.network.add_class()
        super().begin(batch)
        self._left: list[NDArray[np.int64]] = []

    @override
    def minibatch(self, batch: Batch) -> tuple[FloatArray, NDArray[np.int64]]:
        new = len(batch.labels)
        if not self._left:
            order = batch.rng.permutation(new + len(batch.memory))
            self._left = np.array_split(order, -(-len(order) // self.recipe.minibatch))
        chosen = self._left.pop()
        own, sample = chosen[chosen < new], batch.memory.take(chosen[chosen >= new] - new)
        return (
            np.concatenate([batch.latents[own], sample.latents]),
            np.concatenate([batch.labels[own], sample.labels]),
        )
