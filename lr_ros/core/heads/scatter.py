"""The scatter of one class, in as few numbers as it takes, so that it can be taken away again.

``S = sum of v v^T`` over the class's frames is kept in single precision, as the vectors ``v``
[n, D] themselves while these are fewer numbers than the upper triangle of ``S`` [D (D + 1) / 2],
and as that triangle from then on. Arrays are never written to: heads share them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

OwnScatter = NDArray[np.float32]
"""Vectors [n, D], or a packed upper triangle [D (D + 1) / 2]."""

FloatArray = NDArray[np.float64]


def empty(size: int) -> OwnScatter:
    """Return the scatter of a class without frames, of features of ``size`` values."""
    return np.zeros((0, size), np.float32)


def dense(own: OwnScatter, size: int) -> FloatArray:
    """Return the scatter as a symmetric matrix, float64 [size, size]."""
    if own.ndim == 2:
        vectors = own.astype(np.float64)
        product: FloatArray = vectors.T @ vectors
        return product
    upper = np.zeros((size, size))
    upper[_triangle(size)] = own
    whole: FloatArray = upper + np.triu(upper, 1).T
    return whole


def with_vectors(own: OwnScatter, vectors: NDArray[np.floating]) -> OwnScatter:
    """Return the scatter with ``v v^T`` added for each of the vectors [n, D]."""
    size = vectors.shape[1]
    new = np.asarray(vectors, np.float32)
    if own.ndim == 2:
        rows = np.concatenate([own, new])
        if rows.size <= size * (size + 1) // 2:
            return rows
    return _packed(dense(own, size) + dense(new, size))


def joined(one: OwnScatter, other: OwnScatter, size: int) -> OwnScatter:
    """Return the sum of two scatters."""
    if other.ndim == 2:
        return with_vectors(one, other)
    return _packed(dense(one, size) + dense(other, size))


def gain(old: OwnScatter, new: OwnScatter, size: int) -> FloatArray:
    """Return ``new - old``, float64 [size, size], where ``new`` is ``old`` with vectors added.

    It is that of the rounded numbers kept, so that a sum of gains is the sum of what is kept.
    """
    if new.ndim == 2:
        return dense(new[len(old) :], size)
    return dense(new, size) - dense(old, size)


def checked(own: NDArray[Any], size: int) -> OwnScatter:
    """Return a stored scatter if it is one of features of ``size`` values.

    Raises:
        ValueError: its shape is none of the two.
    """
    rows = own.ndim == 2 and own.shape[1] == size
    if not rows and own.shape != (size * (size + 1) // 2,):
        raise ValueError(f"the scatter of a class has shape {own.shape}; it has {size} values")
    return own.astype(np.float32)


def _packed(matrix: FloatArray) -> OwnScatter:
    return matrix[_triangle(len(matrix))].astype(np.float32)


@lru_cache(maxsize=4)
def _triangle(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(size)
