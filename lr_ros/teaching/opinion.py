"""What the learner thinks of a segment as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lr_ros.core.learner import LatentReplayLearner


@dataclass(frozen=True)
class Opinion:
    """What the learner thinks of a segment: its best guess, and how much its frames agree."""

    name: str
    score: float
    share: float
    unknown: float


def opinion(learner: LatentReplayLearner, latents: NDArray[np.float32]) -> Opinion:
    """Return what ``learner`` thinks of frames ``float32 [N, C, h, w]`` of one segment."""
    names = learner.classes
    if not names:
        return Opinion("", 0.0, 0.0, 1.0)
    prediction = learner.predict(latents)
    mean = prediction.probabilities.mean(axis=0)
    best = int(mean.argmax())
    agreeing = prediction.probabilities.argmax(axis=1) == best
    unknown = float(np.median(prediction.unknown))
    return Opinion(names[best], float(mean[best]), float(agreeing.mean()), unknown)
