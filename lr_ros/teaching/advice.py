"""What a good teacher would want to know while an object is being shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lr_ros.core.learner import LatentReplayLearner
from lr_ros.teaching.capture import Capture

SAMPLE = 8
"""Frames that the likeness to known classes rests on."""

ALIKE = 0.7
"""Mean probability above which an object looks like a known class."""


NOBODY = "no object is in view: the whole image is learned"
NOBODY_WAS = "no object was in view: the whole image was learned"


def nobody_in_view(capture: Capture) -> tuple[str, ...]:
    """Return the warning that a session learns the background, too; nothing where it does not."""
    if not capture.of_whole_image:
        return ()
    return (NOBODY if capture.end is None else NOBODY_WAS,)


def advise(
    learner: LatentReplayLearner,
    class_name: str,
    latents: Sequence[NDArray[np.float32]],
    refused: Mapping[str, int],
) -> tuple[str, ...]:
    """Return advice on a session so far: likeness to another class, poor views, poor frames.

    ``latents`` are the good frames, each ``float32 [C, h, w]``; ``refused`` counts the others.
    """
    advice = []
    like = looks_like(learner, latents)
    if like is not None and like[0] != class_name:
        advice.append(f"looks like {like[0]}, {like[1]:.2f}")
    duplicates = refused.get("duplicate", 0)
    if duplicates > len(latents):
        advice.append("views hardly vary: turn the object")
    poor = {reason: n for reason, n in refused.items() if reason != "duplicate"}
    if sum(poor.values()) > len(latents):
        worst = max(poor, key=lambda reason: poor[reason])
        advice.append(f"most frames are {worst.replace('_', ' ')}")
    return tuple(advice)


def looks_like(
    learner: LatentReplayLearner, latents: Sequence[NDArray[np.float32]]
) -> tuple[str, float] | None:
    """Return the known class these frames look like, and how much (0..1); None for none."""
    names = learner.classes
    if not names or not latents:
        return None
    step = max(1, len(latents) // SAMPLE)
    prediction = learner.predict(np.stack(list(latents[::step])))
    mean = prediction.probabilities.mean(axis=0)
    best = int(mean.argmax())
    unknown = float(np.median(prediction.unknown))
    if mean[best] < ALIKE or unknown > 0.5 or best >= len(names):
        return None
    return names[best], float(mean[best])
