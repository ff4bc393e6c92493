"""What every strategy for continual learning offers to the learner."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from ..backbone import BackboneSpec
from ..model import ModelParts
from ..replay import ReplayMemory
from ..state import Arrays

FloatArray = NDArray[np.float32]
Replays = Literal["nothing", "some", "all"]
Encode = Callable[[NDArray[np.uint8]], FloatArray]


@dataclass
class Batch:
    """One learning batch: what a session has gathered so far, and what there is to replay.

    Attributes:
        latents: of the session, float32 [N, C, h, w].
        labels: their classes, int64 [N].
        memory: the replay memory as it was before the session.
        rng: source of all chance in this session.
        number: 1 for the first batch ever learned, and so on.
    """

    latents: FloatArray
    labels: NDArray[np.int64]
    memory: ReplayMemory
    rng: np.random.Generator
    number: int


class Strategy(ABC):
    """Knows the classes as numbers 0, 1, ...; removing one moves the later ones down by one.

    A session calls, on a fork: :meth:`add_class` for a new class, :meth:`observe` as frames come,
    begin once, :meth:`step` up to :meth:`iterations` times, :meth:`end` once. One thread only
    changes an instance; the learner publishes forks and never changes a published one.
    """

    name: ClassVar[str]
    replays: ClassVar[Replays] = "nothing"
    """What it wants kept: nothing, as many patterns as the memory may hold, or all of them."""
    patterns: ClassVar[Literal["latents", "images"]] = "latents"
    """What sessions bring and the memory keeps."""
    learns_while_looking: ClassVar[bool] = False
    """Whether training steps make sense before the session is complete."""
    epochs: int | None = None
    """Passes over a session's frames; None: steps by another rule, or none at all."""

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        self.spec = spec
        self.seed = seed

    @property
    def passes(self) -> int:
        """Passes over a session's frames, at least one."""
        return self.epochs or 1

    @abstractmethod
    def fork(self) -> Self:
        """Return an independent copy."""

    @abstractmethod
    def add_class(self) -> None:
        """Make room for one more class."""

    @abstractmethod
    def remove(self, label: int) -> None:
        """Forget a class: its rows and statistics."""

    @abstractmethod
    def merge(self, source: int, target: int) -> None:
        """Make class ``source`` part of class ``target``; ``source`` is then gone."""

    def observe(self, latents: FloatArray, label: int) -> None:  # noqa: B027 - nothing is a default
        """Let closed-form heads follow new frames of a class at once."""

    def iterations(self, frames: int, batch: Batch) -> int:
        """Return how many steps a session of ``frames`` frames so far deserves."""
        return 0

    def begin(self, batch: Batch) -> None:  # noqa: B027 - nothing is a sensible default
        """Get ready for training steps on this batch."""

    def step(self, batch: Batch) -> float:
        """Train on one minibatch and return its loss."""
        raise NotImplementedError(f"{self.name} has no training steps")

    def end(self, batch: Batch) -> None:  # noqa: B027 - nothing is a sensible default
        """Consolidate what the steps have changed."""

    def use_encoder(self, encode: Encode | None) -> None:
        """Take the function that turns pictures into latents, for strategies that store pictures.

        Raises:
            ValueError: a function is given and not used, or needed and not given.
        """
        if encode is not None:
            raise ValueError(f"strategy {self.name!r} learns from latents; give it no encoder")

    def train_lower_every(self, steps: int) -> None:
        """Train the lower layers in every n-th step only.

        Raises:
            ValueError: the strategy trains no layers, or all of them as published.
        """
        if steps != 1:
            raise ValueError(f"strategy {self.name!r} has no progressive form; leave lower_every 1")

    def latents_of(self, patterns: NDArray[Any]) -> FloatArray:
        """Return the latents of patterns as sessions bring them."""
        return np.asarray(patterns, np.float32)

    @abstractmethod
    def parts(self) -> ModelParts:
        """Return the present model; what it holds is never changed later."""

    @abstractmethod
    def arrays(self) -> Arrays:
        """Return the whole state between two sessions."""

    @abstractmethod
    def load(self, arrays: Arrays, classes: int) -> None:
        """Take over a state with that many classes.

        Raises:
            KeyError: an array is missing.
            ValueError: an array has another shape.
        """
