"""Frames gathered for one request to learn."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from lr_ros.stream.memory import (
    PackedLatent,
    RememberedSegment,
    SegmentMemory,
    SegmentMemoryConfig,
)

__all__ = [
    "PackedLatent",
    "RememberedSegment",
    "SegmentMemory",
    "SegmentMemoryConfig",
    "SessionBuffer",
    "SessionConfig",
]

Item = TypeVar("Item")

Outcome = Literal["running", "done", "too_few"]


@dataclass(frozen=True)
class SessionConfig:
    """What one request to learn wants."""

    target: int = 60
    """Frames to gather; the session is done when it has them."""
    minimum: int = 10
    """Fewer good frames than this are too few to learn from."""
    rate: float = 5.0
    """Frames taken a second; neighbouring camera frames are almost the same."""
    longest: float = 60.0
    """The session ends after this time, whatever was gathered [s of the frames' stamps]."""

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.target:
            raise ValueError(
                f"minimum is {self.minimum} and target {self.target}; take 1 <= minimum <= target"
            )
        for name in ("rate", "longest"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; take more than 0")


class SessionBuffer(Generic[Item]):
    """Gathers the frames of one request. Time is that of the frames' stamps, never the clock's.

    The stamps' time is divided into slots of 1 / rate; each slot takes its first good frame.
    Stamps that run backwards (a bag played again) begin a new count of slots; the frames stay.
    """

    def __init__(self, config: SessionConfig | None = None) -> None:
        self.config = config or SessionConfig()
        self.items: list[Item] = []
        self.refused: Counter[str] = Counter()
        self.outcome: Outcome = "running"
        self._origin: float | None = None
        self._slot = -1
        self._last = 0.0
        self._elapsed = 0.0

    @property
    def frames(self) -> int:
        """Good frames gathered so far."""
        return len(self.items)

    @property
    def progress(self) -> float:
        """Share of the target gathered, 0..1."""
        return min(1.0, self.frames / self.config.target)

    def wants(self, stamp: float) -> bool:
        """Say whether a frame of that stamp has a free slot; only such frames need be judged.

        Raises ValueError for a stamp that is not finite.
        """
        if not math.isfinite(stamp):
            raise ValueError(f"stamp is {stamp}; seconds are needed")
        if self.outcome != "running":
            return False
        self._advance(stamp)
        return self.outcome == "running" and self._slot_of(stamp) > self._slot

    def offer(self, stamp: float, item: Item, refusal: str | None = None) -> bool:
        """Offer a frame and why it is refused, if it is; return whether it was taken."""
        if not self.wants(stamp):
            return False
        if refusal is not None:
            self.refused[refusal] += 1
            return False
        self._slot = self._slot_of(stamp)
        self.items.append(item)
        if self.frames >= self.config.target:
            self.outcome = "done"
        return True

    def finish(self) -> Outcome:
        """End the gathering (the object left, or the operator said so); return the outcome."""
        if self.outcome == "running":
            self.outcome = "done" if self.frames >= self.config.minimum else "too_few"
        return self.outcome

    def _slot_of(self, stamp: float) -> int:
        origin = stamp if self._origin is None else self._origin
        # Half a slot of offset: stamps that jitter about a camera's rate stay within theirs.
        return math.floor((stamp - origin) * self.config.rate + 0.5)

    def _advance(self, stamp: float) -> None:
        if self._origin is None or stamp < self._last:
            self._origin, self._slot = stamp, -1
        else:
            self._elapsed += stamp - self._last
        self._last = stamp
        if self._elapsed > self.config.longest:
            self.finish()
