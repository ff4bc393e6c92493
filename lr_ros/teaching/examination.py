"""An update must not hurt: what was known is examined before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


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


def examine(
    before: Mapping[str, float], after: Mapping[str, float], largest_fall: float
) -> Verdict:
    """Compare the held-out accuracies by class, over the classes that both know."""
    both = [name for name in before if name in after]
    if not both:
        return Verdict(1.0, 1.0, True)
    old = float(np.mean([before[name] for name in both]))
    new = float(np.mean([after[name] for name in both]))
    return Verdict(old, new, old - new <= largest_fall)
