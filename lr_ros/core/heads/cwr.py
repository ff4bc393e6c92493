"""CWR*: each class's output weights trained afresh with the classes at hand, then consolidated.

Lomonaco, Maltoni and Pellegrini 2019 (arXiv 1907.03799), algorithm 2, as used with latent replay by
Pellegrini et al. 2020 (arXiv 1912.01100). The head has no bias.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..state import Arrays

FloatArray = NDArray[np.float32]


class CwrHead:
    """The consolidated weights ``cw`` [classes, size] and the patterns each was made from."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.weights: FloatArray = np.zeros((0, size), np.float32)
        self.past = np.zeros(0, np.float64)

    def add_class(self) -> None:
        """Make room for one more class, with weights of zero."""
        self.weights = np.vstack([self.weights, np.zeros((1, self.size), np.float32)])
        self.past = np.append(self.past, 0.0)

    def working_weights(self, current: NDArray[np.int64]) -> FloatArray:
        """Return the weights to train from: ``cw`` for the classes at hand, zero for the others."""
        working = np.zeros_like(self.weights)
        working[current] = self.weights[current]
        return working

    def consolidate(self, trained: FloatArray, counts: NDArray[np.int64]) -> None:
        """Join weights trained on one batch [classes, size] into the consolidated ones.

        ``counts`` [classes] are the batch's patterns of each class, replayed ones included; classes
        without any stay as they are.
        """
        current = np.flatnonzero(counts)
        if len(current) == 0:
            return
        rows = trained[current].astype(np.float64)
        past = self.past[current]
        share = np.sqrt(past / counts[current])[:, None]
        weights = self.weights.copy()
        joined = (weights[current] * share + (rows - rows.mean())) / (share + 1)
        weights[current] = joined.astype(np.float32)
        self.weights = weights
        self.past = self.past.copy()
        self.past[current] = past + counts[current]

    def remove(self, label: int) -> None:
        """Forget a class; later ones move down by one."""
        self.weights = np.delete(self.weights, label, axis=0)
        self.past = np.delete(self.past, label)

    def merge(self, source: int, target: int) -> None:
        """Join class ``source`` into ``target``: the mean of their weights by their patterns."""
        a, b = self.past[source], self.past[target]
        weights, past = self.weights.copy(), self.past.copy()
        if a + b:
            weights[target] = (a * weights[source] + b * weights[target]) / (a + b)
        past[target] = a + b
        self.weights, self.past = weights, past
        self.remove(source)

    def fork(self) -> CwrHead:
        """Return an independent copy; arrays are shared until one of the two learns."""
        twin = object.__new__(CwrHead)
        twin.__dict__.update(self.__dict__)
        return twin

    def arrays(self) -> Arrays:
        """Return the whole state."""
        return {"weights": self.weights, "past": self.past}

    def load(self, arrays: Arrays) -> None:
        """Take over a state that :meth:`arrays` gave; KeyError or ValueError if it does not fit."""
        weights, past = arrays["weights"], arrays["past"]
        if weights.shape != (len(past), self.size):
            raise ValueError(
                f"CWR* weights have shape {weights.shape}, not {(len(past), self.size)}"
            )
        self.weights, self.past = weights.astype(np.float32), past.astype(np.float64)
