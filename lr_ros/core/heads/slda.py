"""Streaming linear discriminant analysis: class means and one shared covariance, frame by frame.

Hayes and Kanan 2020 (arXiv 1909.01520). Differences from their code: the within-class scatter is
exact (a class's first frame adds nothing to it, and each further one ``k / (k + 1)`` of the square
of its distance from the class mean), so that streaming equals batch LDA; and the inverse is kept by
rank-1 updates (Sherman and Morrison), which costs O(D^2) a frame instead of O(D^3) an answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..state import Arrays

FloatArray = NDArray[np.float64]

_FEW = 16  # frames up to which rank-1 updates are cheaper than one inversion at the end


class StreamingLDA:
    """A closed-form classifier that can answer after every frame.

    The covariance is shrunk towards a multiple of the identity: ``(1 - s) * S / n + s * t * I``,
    with ``t`` the mean variance. Between two calls of :meth:`refresh` that multiple stays as it is.

    Args:
        size: number of feature values D.
        shrinkage: ``s``, between 0 and 1, both excluded.

    Raises:
        ValueError: the shrinkage is out of its range.
    """

    def __init__(self, size: int, shrinkage: float = 0.3) -> None:
        if not 0 < shrinkage < 1:
            raise ValueError(f"shrinkage is {shrinkage}; it must be between 0 and 1")
        self.size, self.shrinkage = size, shrinkage
        self._means = np.zeros((0, size))
        self._counts = np.zeros(0, np.int64)
        self._frames = 0.0
        self._scatter = np.zeros((size, size))
        self._inverse = np.eye(size)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Frames seen of each class, int64 [classes]."""
        return self._counts.copy()

    def add_class(self) -> None:
        """Make room for one more class; it scores minus infinity until it has a frame."""
        self._means = np.vstack([self._means, np.zeros(self.size)])
        self._counts = np.append(self._counts, 0)

    def update(self, features: NDArray[np.floating], label: int) -> None:
        """Learn features [N, D] of one class, as if they came one after the other."""
        x = np.asarray(features, np.float64)
        if len(x) == 0:
            return
        count = self._counts[label]
        seen = count + np.arange(len(x) + 1)
        sums = np.vstack([self._means[label] * count, x])
        means = np.cumsum(sums, axis=0) / np.maximum(seen, 1)[:, None]
        weights = seen[:-1] / seen[1:]
        steps = x - means[:-1]
        # Assigned, not added in place: a fork of this head shares the old arrays.
        self._scatter = self._scatter + (steps * weights[:, None]).T @ steps
        self._means = self._means.copy()
        self._means[label] = means[-1]
        self._counts = self._counts.copy()
        self._counts[label] = seen[-1]
        self._frames += len(x)
        if len(x) > _FEW or self._frames == len(x):
            self.refresh()
        else:
            self._inverse = _rank_one_updates(self._inverse, steps, weights)

    def refresh(self) -> None:
        """Set the ridge to its share of the present covariance and invert anew, O(D^3)."""
        if self._frames == 0:
            self._inverse = np.eye(self.size)
            return
        variance = float(np.trace(self._scatter)) / self.size
        # With one frame a class so far no spread is known: all directions count the same.
        ridge = self.shrinkage / (1 - self.shrinkage) * variance if variance > 0 else 1.0
        inverse = np.linalg.inv(self._scatter + ridge * np.eye(self.size))
        self._inverse = (inverse + inverse.T) / 2

    def scores(self, features: NDArray[np.floating]) -> FloatArray:
        """Return the log-likelihoods, up to a constant a row, of features [N, D]: [N, classes]."""
        weights, biases = self.linear()
        scores: FloatArray = np.asarray(features, np.float64) @ weights.T + biases
        return scores

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Return the same as weights [classes, D] and biases [classes]; -inf for empty classes."""
        # The scatter of n frames is n times their covariance.
        scale = self._frames / (1 - self.shrinkage)
        weights = self._means @ self._inverse * scale
        biases = -0.5 * np.einsum("cd,cd->c", weights, self._means)
        return weights, np.where(self._counts > 0, biases, -np.inf)

    def remove(self, label: int) -> None:
        """Forget a class: its mean and count, and its weight in the shared covariance.

        Later classes move down by one. What remains of the covariance is an average over all
        classes, from which no single one can be told.
        """
        share = self._counts[label] / self._frames if self._frames else 0.0
        self._scatter = self._scatter * (1 - share)
        self._frames -= float(self._counts[label])
        self._means = np.delete(self._means, label, axis=0)
        self._counts = np.delete(self._counts, label)
        self.refresh()

    def merge(self, source: int, target: int) -> None:
        """Join class ``source`` into ``target``, as if all frames had come under one name."""
        a, b = self._counts[source], self._counts[target]
        if a + b:
            means = self._means.copy()
            gap = self._means[source] - self._means[target]
            self._scatter = self._scatter + (a * b / (a + b)) * np.outer(gap, gap)
            means[target] = (a * means[source] + b * means[target]) / (a + b)
            self._means = means
        self._counts = self._counts.copy()
        self._counts[target] = a + b
        self._means = np.delete(self._means, source, axis=0)
        self._counts = np.delete(self._counts, source)
        self.refresh()

    def fork(self) -> StreamingLDA:
        """Return an independent copy; arrays are shared until one of the two learns."""
        twin = object.__new__(StreamingLDA)
        twin.__dict__.update(self.__dict__)
        return twin

    def arrays(self) -> Arrays:
        """Return the whole state."""
        return {
            "means": self._means,
            "counts": self._counts,
            "scatter": self._scatter,
            "inverse": self._inverse,
            "frames": np.array([self._frames]),
        }

    def load(self, arrays: Arrays) -> None:
        """Take over a state that :meth:`arrays` gave; KeyError or ValueError if it does not fit."""
        means, counts = arrays["means"], arrays["counts"]
        square = (self.size, self.size)
        if means.shape != (len(counts), self.size):
            raise ValueError(f"LDA means have shape {means.shape}, not {(len(counts), self.size)}")
        if arrays["scatter"].shape != square or arrays["inverse"].shape != square:
            raise ValueError(f"LDA scatter has shape {arrays['scatter'].shape}, not {square}")
        self._means, self._counts = means.astype(np.float64), counts.astype(np.int64)
        self._scatter = arrays["scatter"].astype(np.float64)
        self._inverse = arrays["inverse"].astype(np.float64)
        self._frames = float(arrays["frames"][0])


def _rank_one_updates(inverse: FloatArray, steps: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the inverse after adding ``w * v v^T`` for each step v (Sherman and Morrison)."""
    inverse = inverse.copy()
    for step, weight in zip(steps, weights, strict=True):
        pushed = inverse @ step
        inverse -= np.outer(pushed, pushed) * (weight / (1 + weight * step @ pushed))
    return inverse
