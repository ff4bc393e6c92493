"""What is measured: accuracy after every batch, forgetting, and the steepest fall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def accuracy_by_class(truth: NDArray[np.int64], answer: NDArray[np.int64], classes: int) -> Floats:
    """Return the share of each class's frames that were named rightly; NaN for a class of none.

    Args:
        truth: class indices, [frames].
        answer: class indices, [frames]; -1 where no class was named.
        classes: how many classes there are.
    """
    total = np.bincount(truth, minlength=classes).astype(np.float64)
    right = np.bincount(truth[truth == answer], minlength=classes)
    return np.divide(right, total, out=np.full(classes, np.nan), where=total > 0)


def forgetting(history: Floats, known: NDArray[np.int64]) -> float:
    """Return how much is lost of what was once known, averaged over classes.

    For each class the best accuracy it had after any earlier batch, from its first showing on,
    minus its accuracy after the last batch (Chaudhry et al., ECCV 2018, with classes for tasks).
    Negative where later batches made classes better. The best of many noisy measurements is
    above their mean, so protocols of many batches read somewhat higher.

    Args:
        history: accuracy of each class after each batch, [batches, classes].
        known: the batch that first showed each class, [classes]; -1 if none did.

    Returns:
        0.0 where no class was known before the last batch.
    """
    last = len(history) - 1
    lost = [
        np.nanmax(history[first:last, c]) - history[last, c]
        for c, first in enumerate(known)
        if 0 <= first < last and not np.isnan(history[last, c])
    ]
    return float(np.mean(lost)) if lost else 0.0


def steepest_fall(accuracy: list[float], start: int) -> float:
    """Return the largest drop from one batch to the next, from batch ``start`` on; 0 if none."""
    steps = np.diff(np.asarray(accuracy[start:], dtype=np.float64))
    return float(max(0.0, -steps.min())) if steps.size else 0.0
