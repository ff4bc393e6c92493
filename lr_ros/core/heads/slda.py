"""Streaming linear discriminant analysis: class means and one shared covariance, frame by frame.

Hayes and Kanan 2020 (arXiv 1909.01520). Differences from their code: the within-class scatter is
exact (a class's first frame adds nothing to it, and each further one ``k / (k + 1)`` of the square
of its distance from the class mean), so that streaming equals batch LDA; the inverse follows by
rank-1 updates (Sherman and Morrison), which costs O(D^2) a frame instead of O(D^3) an answer; and
the scatter of each class is kept beside the sum of all, so that a class can be forgotten exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..state import Arrays
from . import scatter
from .scatter import OwnScatter

FloatArray = NDArray[np.float64]

_FEW = 16  # frames up to which rank-1 updates are cheaper than inverting anew


class StreamingLDA:
    """A closed-form classifier that can answer after every frame.

    The covariance is shrunk towards a multiple of the identity: ``(1 - s) * S / n + s * t * I``,
    with ``t`` the mean variance. While only a few frames come in between two answers, ``s * t``
    stays as it is; :meth:`refresh` brings it up to date, so that the order makes no difference.

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
        self._scatter = np.zeros((size, size))
        self._own: tuple[OwnScatter, ...] = ()
        # Of stores written before classes had scatters of their own: theirs together.
        self._shared = np.zeros((0, 0))
        self._shared_counts = np.zeros(0, np.int64)
        self._inverse: FloatArray | None = None
        self._pending: tuple[OwnScatter, ...] = ()  # vectors that the inverse does not know yet

    @property
    def counts(self) -> NDArray[np.int64]:
        """Frames seen of each class, int64 [classes]."""
        return self._counts.copy()

    def add_class(self) -> None:
        """Make room for one more class; it scores minus infinity until it has a frame."""
        self._means = np.vstack([self._means, np.zeros(self.size)])
        self._counts = np.append(self._counts, 0)
        self._own = (*self._own, scatter.empty(self.size))
        self._shared_counts = np.append(self._shared_counts, 0)

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
        vectors = ((x - means[:-1]) * np.sqrt(weights)[:, None])[weights > 0].astype(np.float32)
        old = self._own[label]
        new = scatter.with_vectors(old, vectors)
        # Assigned, not added in place: a fork of this head shares the old arrays.
        self._scatter = self._scatter + scatter.gain(old, new, self.size)
        self._own = (*self._own[:label], new, *self._own[label + 1 :])
        self._means = self._means.copy()
        self._means[label] = means[-1]
        self._counts = self._counts.copy()
        self._counts[label] = seen[-1]
        self._pending = (*self._pending, vectors)

    def refresh(self) -> None:
        """Have the next answer set the ridge to its share of the covariance and invert, O(D^3)."""
        self._inverse, self._pending = None, ()

    def _inverted(self) -> FloatArray:
        """Return the inverse of the scatter with its ridge, up to date."""
        if self._inverse is None or sum(map(len, self._pending)) > _FEW:
            self._inverse = self._invert()
        elif self._pending:
            vectors = np.concatenate(self._pending).astype(np.float64)
            self._inverse = _rank_one_updates(self._inverse, vectors)
        self._pending = ()
        return self._inverse

    def _invert(self) -> FloatArray:
        variance = float(np.trace(self._scatter)) / self.size
        # With one frame a class so far no spread is known: all directions count the same.
        ridge = self.shrinkage / (1 - self.shrinkage) * variance if variance > 0 else 1.0
        inverse = np.linalg.inv(self._scatter + ridge * np.eye(self.size))
        symmetric: FloatArray = (inverse + inverse.T) / 2
        return symmetric

    def scores(self, features: NDArray[np.floating]) -> FloatArray:
        """Return the log-likelihoods, up to a constant a row, of features [N, D]: [N, classes]."""
        weights, biases = self.linear()
        scores: FloatArray = np.asarray(features, np.float64) @ weights.T + biases
        return scores

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Return the same as weights [classes, D] and biases [classes]; -inf for empty classes."""
        # The scatter of n frames is n times their covariance.
        scale = self._counts.sum() / (1 - self.shrinkage)
        weights = self._means @ self._inverted() * scale
        biases = -0.5 * np.einsum("cd,cd->c", weights, self._means)
        return weights, np.where(self._counts > 0, biases, -np.inf)

    def remove(self, label: int) -> None:
        """Forget a class: what remains is what learning the others alone would have left.

        Later classes move down by one. Only of frames that an older store kept without telling
        their classes apart, the class's share by number is taken from the sum of all.
        """
        shared = int(self._shared_counts.sum())
        if shared:
            self._shared = self._shared * (1 - self._shared_counts[label] / shared)
        self._drop(label)

    def merge(self, source: int, target: int) -> None:
        """Join class ``source`` into ``target``, as if all frames had come under one name."""
        a, b = self._counts[source], self._counts[target]
        own = list(self._own)
        self._means, self._counts = self._means.copy(), self._counts.copy()
        self._shared_counts = self._shared_counts.copy()
        if a and b:
            between = np.sqrt(a * b / (a + b)) * (self._means[source] - self._means[target])
            own[target] = scatter.with_vectors(own[target], between[None])
        if a + b:
            self._means[target] = (a * self._means[source] + b * self._means[target]) / (a + b)
        own[target] = scatter.joined(own[target], own[source], self.size)
        self._counts[target] = a + b
        self._shared_counts[target] += self._shared_counts[source]
        self._own = tuple(own)
        self._drop(source)

    def _drop(self, label: int) -> None:
        """Take out a class's row, and add up anew what is left, so that no rounding of it stays."""
        self._means = np.delete(self._means, label, axis=0)
        self._counts = np.delete(self._counts, label)
        self._shared_counts = np.delete(self._shared_counts, label)
        self._own = self._own[:label] + self._own[label + 1 :]
        total = np.zeros((self.size, self.size))
        if self._shared_counts.any():
            total += self._shared
        else:
            self._shared = np.zeros((0, 0))
        for own in self._own:
            total += scatter.dense(own, self.size)
        self._scatter = total
        self.refresh()

    def fork(self) -> StreamingLDA:
        """Return an independent copy; arrays are shared until one of the two learns."""
        twin = object.__new__(StreamingLDA)
        twin.__dict__.update(self.__dict__)
        return twin

    def arrays(self) -> Arrays:
        """Return the whole state after a refresh."""
        return {
            "means": self._means,
            "counts": self._counts,
            "scatter": self._scatter,
            "shared": self._shared,
            "shared_counts": self._shared_counts,
            **{f"own{label}": own for label, own in enumerate(self._own)},
        }

    def load(self, arrays: Arrays) -> None:
        """Take over a state that :meth:`arrays` gave; KeyError or ValueError if it does not fit."""
        means, counts = arrays["means"], arrays["counts"]
        square = (self.size, self.size)
        if means.shape != (len(counts), self.size):
            raise ValueError(f"LDA means have shape {means.shape}, not {(len(counts), self.size)}")
        if arrays["scatter"].shape != square:
            raise ValueError(f"LDA scatter has shape {arrays['scatter'].shape}, not {square}")
        shared, shared_counts = arrays["shared"], arrays["shared_counts"]
        wanted = square if shared_counts.any() else (0, 0)
        if shared_counts.shape != counts.shape or shared.shape != wanted:
            raise ValueError(f"LDA shared scatter has shape {shared.shape}, not {wanted}")
        self._own = tuple(
            scatter.checked(arrays[f"own{label}"], self.size) for label in range(len(counts))
        )
        self._shared = shared.astype(np.float64)
        self._shared_counts = shared_counts.astype(np.int64)
        self._means, self._counts = means.astype(np.float64), counts.astype(np.int64)
        self._scatter = arrays["scatter"].astype(np.float64)
        self.refresh()


def _rank_one_updates(inverse: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the inverse after adding ``v v^T`` for each vector v (Sherman and Morrison)."""
    inverse = inverse.copy()
    for vector in vectors:
        pushed = inverse @ vector
        inverse -= np.outer(pushed, pushed) / (1 + vector @ pushed)
    return inverse
