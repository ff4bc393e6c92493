"""Recognition smoothed over the frames of one segment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST = 1e-6  # one frame cannot rule a class out for the rest of the segment


@dataclass(frozen=True)
class SmootherConfig:
    """How far back the smoothing reaches."""

    seconds: float = 0.6
    """Time constant: a frame this old counts 1/e of the newest; 0 switches smoothing off."""
    largest_gap: float = 2.0
    """Frames further apart than this are not smoothed together [s]."""

    def __post_init__(self) -> None:
        for name in ("seconds", "largest_gap"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}; take 0 or more seconds")


class Smoother:
    """Exponentially weighted mean of the log-probabilities within a segment.

    Frames of a segment show the same object, so their evidence adds up (a product of experts,
    tempered by the time constant). Nothing is carried from one segment into the next, nor across a
    change of the known classes; frames without a segment (id 0) are left as they are.
    """

    def __init__(self, config: SmootherConfig | None = None) -> None:
        self.config = config or SmootherConfig()
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._segment = 0
        self._names: tuple[str, ...] = ()
        self._stamp = -math.inf
        self._weight = 0.0
        self._logs: NDArray[np.float64] = np.zeros(0)
        self._unknown = 0.0

    def update(
        self,
        probabilities: ArrayLike,
        unknown: float,
        segment_id: int,
        stamp: float,
        class_names: Sequence[str],
    ) -> tuple[NDArray[np.float32], float]:
        """Take one frame in; return probabilities [C] (float32, sum 1) and unknown score.

        ``probabilities`` [C] and ``unknown`` (0..1) are the frame's own, ``stamp`` is its time
        [s], ``class_names`` the C names. Raises ValueError when lengths differ.
        """
        own = np.asarray(probabilities, dtype=np.float64).ravel()
        names = tuple(class_names)
        if own.size != len(names):
            raise ValueError(f"{own.size} probabilities for {len(names)} class names")
        if segment_id == 0 or self.config.seconds == 0 or own.size == 0:
            self.reset()
            return own.astype(np.float32), float(unknown)
        elapsed = stamp - self._stamp
        same = segment_id == self._segment and names == self._names
        if not same or not 0.0 <= elapsed <= self.config.largest_gap:
            self.reset()
            self._segment, self._names, elapsed = segment_id, names, 0.0
            self._logs = np.zeros(own.size)
        self._stamp = stamp
        kept = self._weight * math.exp(-elapsed / self.config.seconds)
        self._weight = kept + 1.0
        share = 1.0 / self._weight
        self._logs += share * (np.log(np.maximum(own, SMALLEST)) - self._logs)
        self._unknown += share * (float(unknown) - self._unknown)
        return _softmax(self._logs), self._unknown


def _softmax(logs: NDArray[np.float64]) -> NDArray[np.float32]:
    raised = np.exp(logs - logs.max())
    return np.asarray(raised / raised.sum(), dtype=np.float32)
