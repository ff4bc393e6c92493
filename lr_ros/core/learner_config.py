"""Settings of a learner, and what it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .quantize import BITS
from .replay_policy import POLICIES
from .strategies import STRATEGIES

LARGEST_HOLDOUT = 0.5


@dataclass(frozen=True)
class LearnerConfig:
    """How a learner learns.

    Attributes:
        strategy: one of :data:`lr_ros.core.strategies.STRATEGIES`; ``default`` is the one to use.
        replay_capacity: most patterns in the replay memory.
        replay_megabytes: size of the memory in 10^6 bytes; if given, instead of the capacity.
        bits: bits a stored value: 32, 16, 8, 7, 6, 4, 2 or 1.
        policy: what a full memory keeps: ``balanced``, ``paper``, ``reservoir``, ``similarity``.
        holdout: share of each session's frames, 0 to 0.5, never learned from but kept to measure
            with; whole runs of frames, since neighbours are alike.
        lower_every: train the lower half of the layers in every n-th step only (progressive latent
            replay), which saves time; 1 trains them always. Not for the published strategies.
        seed: of all chance.
        epochs: how often training passes over a session's frames; None: as the strategy has it.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    strategy: str = "default"
    replay_capacity: int = 1500
    replay_megabytes: float | None = None
    bits: int = 8
    policy: str = "balanced"
    holdout: float = 0.0
    seed: int = 0
    epochs: int | None = None
    lower_every: int = 1

    def __post_init__(self) -> None:
        _one_of("strategy", self.strategy, STRATEGIES)
        _one_of("policy", self.policy, POLICIES)
        _one_of("bits", self.bits, BITS)
        if self.replay_capacity < 1:
            raise ValueError(f"replay_capacity is {self.replay_capacity}; at least 1 is needed")
        if self.replay_megabytes is not None and not 0 < self.replay_megabytes < float("inf"):
            raise ValueError(f"replay_megabytes is {self.replay_megabytes}; it must be above 0")
        if not 0 <= self.holdout <= LARGEST_HOLDOUT:
            raise ValueError(f"holdout is {self.holdout}; it must be 0 to {LARGEST_HOLDOUT}")
        if self.lower_every < 1:
            raise ValueError(f"lower_every is {self.lower_every}; it must be 1 or more")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; it must be 0 or more")
        if self.epochs is not None and self.epochs < 1:
            raise ValueError(f"epochs is {self.epochs}; it must be 1 or more")


def _one_of(name: str, value: object, choices: object) -> None:
    names = list(choices)  # type: ignore[call-overload]  # any collection of names
    if value not in names:
        raise ValueError(f"{name} is {value!r}; choose one of {', '.join(map(str, names))}")


@dataclass(frozen=True)
class Progress:
    """How far a training is: ``fraction`` 0..1, and the loss of the last minibatch."""

    fraction: float
    loss: float


ProgressCallback = Callable[[Progress], None]
CancelCallback = Callable[[], bool]


@dataclass(frozen=True)
class LearnReport:
    """What a session has done.

    Attributes:
        class_names: the classes it taught.
        frames: frames learned from.
        held_out: frames kept to measure with.
        iterations: training steps, those made while looking included.
        loss: mean cross entropy of the last steps; NaN without steps.
    """

    class_names: tuple[str, ...]
    frames: int
    held_out: int
    iterations: int
    loss: float


@dataclass(frozen=True)
class ClassInfo:
    """What is known of a class.

    Attributes:
        name: as given.
        sessions: learning sessions it was taught in.
        frames: frames learned from, of all sessions.
        latents: of them in the replay memory now.
        last_learned: when its last session ended, seconds since 1970; 0 if never told.
        held_out_accuracy: share right on held-out frames, 0..1; NaN if there are none.
    """

    name: str
    sessions: int
    frames: int
    latents: int
    last_learned: float
    held_out_accuracy: float


class HeldOut(NamedTuple):
    """A class's held-out frames, and how many of them were right ``before`` and ``after``."""

    frames: int
    before: int
    after: int


class UnknownClassError(KeyError):
    """There is no class of that name."""

    def __str__(self) -> str:
        return str(self.args[0])


class CanceledError(Exception):
    """The training was cancelled; nothing has changed."""
