"""Latent replay in its plain form: a softmax head and layers trained on old and new mixed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self, override

from ..backbone import BackboneSpec
from ..model import Branch, ModelParts
from ..state import Arrays
from ..training import Recipe, TrainedNetwork
from .base import Batch, FloatArray, Replays, Strategy


class LatentReplay(Strategy):
    """Trains by minibatches of a few new patterns and many replayed ones.

    Pellegrini et al. 2020 (arXiv 1912.01100), with a running average of the weights to answer.
    """

    name = "latent_replay"
    replays: ClassVar[Replays] = "some"
    learns_while_looking = True
    recipe: ClassVar[Recipe] = Recipe()
    scale = 1.0
    """Of its log-probabilities, where they are joined with others."""
    base_iterations = 5
    """Steps of a session of ``base_frames`` frames; four times the frames get twice the steps."""
    base_frames = 20

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        self.network = TrainedNetwork(spec, self.recipe, seed)

    @override
    def train_lower_every(self, steps: int) -> None:
        self.network.recipe = replace(self.network.recipe, lower_every=steps)

    @override
    def fork(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.network = self.network.fork()
        return twin

    @override
    def add_class(self) -> None:
        self.network.add_class()

    @override
    def remove(self, label: int) -> None:
        self.network.remove(label)

    @override
    def merge(self, source: int, target: int) -> None:
        # The rows cannot be joined; the next sessions pull the target's row to both, by replay.
        del target
        self.network.remove(source)

    @override
    def iterations(self, frames: int, batch: Batch) -> int:
        if self.epochs is not None:
            new = self.recipe.minibatch
            if len(batch.memory):
                new = max(1, round(new * self.recipe.new_share))
            return self.epochs * -(-frames // new)
        classes = len(np.unique(batch.labels))
        frames_a_class = frames / max(classes, 1)
        one = self.base_iterations * math.sqrt(frames_a_class / self.base_frames)
        return math.ceil(one * math.sqrt(classes))

    @override
    def begin(self, batch: Batch) -> None:
        self.network.begin()

    @override
    def step(self, batch: Batch) -> float:
        if self.network.steps_inside:
            return self.network.step_inside(batch.rng)
        latents, labels = self.minibatch(batch)
        return self.network.step(latents, labels, batch.rng)

    def minibatch(self, batch: Batch) -> tuple[FloatArray, NDArray[np.int64]]:
        """Draw new and old patterns in the recipe's proportion, more new ones while few are old."""
        size = self.recipe.minibatch
        old = min(len(batch.memory), size - round(size * self.recipe.new_share))
        new = min(len(batch.labels), size - old)
        chosen = batch.rng.choice(len(batch.labels), new, replace=False)
        sample = batch.memory.sample(old, batch.rng)
        return (
            np.concatenate([batch.latents[chosen], sample.latents]),
            np.concatenate([batch.labels[chosen], sample.labels]),
        )

    @override
    def parts(self) -> ModelParts:
        stage, weight, bias = self.network.serving()
        branch = Branch("trained", weight, bias, self.scale, part=self.recipe.part)
        return ModelParts((branch,), stage)

    @override
    def arrays(self) -> Arrays:
        return self.network.arrays()

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        if len(arrays["bias"]) != classes:
            raise ValueError(f"the head has {len(arrays['bias'])} classes, not {classes}")
        self.network.load(arrays)
