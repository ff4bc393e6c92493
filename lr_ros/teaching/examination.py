"""An update must not hurt: what was known is examined before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lr_ros.core.learner import HeldOut

CHANCE = 2
"""Frames lost, of all classes together, that prove nothing: a session of a few seconds holds out
two neighbours, which show one view."""


@dataclass(frozen=True)
class ExaminationConfig:
    """How far the accuracy on held-out frames may fall, and what happens if it falls further.

    ``largest_fall``: in the mean over the classes known before, 0..1; ``keep_old``: whether the
    update is then taken back, instead of going live with a warning.
    """

    largest_fall: float = 0.1
    keep_old: bool = True


@dataclass(frozen=True)
class Verdict:
    """What an examination found: the mean accuracies before and after, and whether it passes."""

    before: float
    after: float
    passed: bool

    def __str__(self) -> str:
        return (
            f"held-out accuracy on what was known fell from {self.before:.2f} to {self.after:.2f}"
        )


def examine(compared: Mapping[str, HeldOut], largest_fall: float) -> Verdict:
    """Judge an update by the same held-out frames before and after it, by class.

    A single view more or less is chance: where few frames are held out it would weigh too much, and
    a new object that resembles a known one from one side could not be taught.
    """
    if not compared:
        return Verdict(1.0, 1.0, True)
    before = sum(c.before / c.frames for c in compared.values()) / len(compared)
    after = sum(c.after / c.frames for c in compared.values()) / len(compared)
    lost = sum(c.before - c.after for c in compared.values())
    return Verdict(before, after, before - after <= largest_fall or lost <= CHANCE)
