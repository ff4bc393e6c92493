"""Nearest class mean: the mean feature of each class, and the distance to it.

As in iCaRL's classifier (Rebuffi et al. 2017, arXiv 1611.07725), on features of length one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..state import Arrays

FloatArray = NDArray[np.float64]


class NearestClassMean:
    """Class means that follow frame by frame; features are [N, size]."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._means = np.zeros((0, size))
        self._counts = np.zeros(0, np.int64)

    def add_class(self) -> None:
        """Make room for one more class; it scores minus infinity until it has a frame."""
        self._means = np.vstack([self._means, np.zeros(self.size)])
        self._counts = np.append(self._counts, 0)

    def update(self, features: NDArray[np.floating], label: int) -> None:
        """Learn features [N, D] of one class."""
        if len(features) == 0:
            return
        count = self._counts[label] + len(features)
        total = self._means[label] * self._counts[label] + _normal(features).sum(axis=0)
        self._means, self._counts = self._means.copy(), self._counts.copy()
        self._means[label], self._counts[label] = total / count, count

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Return weights [classes, D] and biases [classes] of the scores on normal features.

        A score is minus half the squared distance to the class mean, up to a constant a row.
        """
        biases = -0.5 * np.square(self._means).sum(axis=1)
        return self._means.copy(), np.where(self._counts > 0, biases, -np.inf)

    def remove(self, label: int) -> None:
        """Forget a class; later ones move down by one."""
        self._means = np.delete(self._means, label, axis=0)
        self._counts = np.delete(self._counts, label)

    def merge(self, source: int, target: int) -> None:
        """Join class ``source`` into ``target``, as if all frames had come under one name."""
        a, b = self._counts[source], self._counts[target]
        means, counts = self._means.copy(), self._counts.copy()
        if a + b:
            means[target] = (a * means[source] + b * means[target]) / (a + b)
        counts[target] = a + b
        self._means, self._counts = means, counts
        self.remove(source)

    def fork(self) -> NearestClassMean:
        """Return an independent copy; arrays are shared until one of the two learns."""
        twin = object.__new__(NearestClassMean)
        twin.__dict__.update(self.__dict__)
        return twin

    def arrays(self) -> Arrays:
        """Return the whole state."""
        return {"means": self._means, "counts": self._counts}

    def load(self, arrays: Arrays) -> None:
        """Take over a state that :meth:`arrays` gave; KeyError or ValueError if it does not fit."""
        means, counts = arrays["means"], arrays["counts"]
        if means.shape != (len(counts), self.size):
            raise ValueError(
                f"class means have shape {means.shape}, not {(len(counts), self.size)}"
            )
        self._means, self._counts = means.astype(np.float64), counts.astype(np.int64)


def _normal(features: NDArray[np.floating]) -> FloatArray:
    x = np.asarray(features, np.float64)
    normal: FloatArray = x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-12)
    return normal
