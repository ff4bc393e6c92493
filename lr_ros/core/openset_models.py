"""What the unknown scores know of the frames that were taught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .state import Arrays

Floats = NDArray[np.float64]

SHRINKAGE = 0.3  # of the covariances towards a multiple of the identity
LARGEST = 320  # features of more values are first brought down to so many (principal components)
REMEMBERED = 2000  # most frames the nearest neighbours are looked for among

_SPARE = 32  # directions followed beside those wanted, which then settle sooner
_SWEEPS = 2


@dataclass(frozen=True)
class Discriminant:
    """Class means and a shared covariance, and mean and covariance of everything together."""

    projection: Floats
    """[D, d]: to the space of all that follows; [D, 0] where nothing is projected."""
    means: Floats
    """[classes, d]"""
    precision: Floats
    """[d, d]: inverse of the covariance within the classes."""
    centre: Floats
    """[d]: mean of everything."""
    spread: Floats
    """[d, d]: inverse of the covariance of everything."""

    @staticmethod
    def fit(x: Floats, y: NDArray[np.int64]) -> Discriminant:
        """Fit on features [N, D] of classes 0..C - 1 [N], each with at least one frame."""
        projection = principal(x)
        z = _projected(x, projection)
        belongs = np.eye(y.max() + 1)[y]
        means = belongs.T @ z / belongs.sum(axis=0)[:, None]
        centre = z.mean(axis=0)
        return Discriminant(
            projection,
            means,
            _inverse_covariance(z - means[y]),
            centre,
            _inverse_covariance(z - centre),
        )

    def projected(self, x: Floats) -> Floats:
        """Return features [N, D] as all that follows the projection sees them, [N, d]."""
        return _projected(x, self.projection)

    def score(self, x: Floats, kind: str) -> Floats:
        """Return raw scores [N] of features [N, D]: which of them, ``kind`` says."""
        z = self.projected(x)
        weights = self.means @ self.precision
        biases = 0.5 * np.einsum("cd,cd->c", weights, self.means)
        logits = z @ weights.T - biases
        if kind in {"relative_mahalanobis", "relative_cosine"}:
            away = z - self.centre
            own = _squared_lengths(z, self.precision) - 2 * logits.max(axis=1)
            whole = _squared_lengths(away, self.spread)
            distance: Floats = (own - whole) / z.shape[1]
            return distance if kind == "relative_mahalanobis" else distance - self.cosine(away)
        ordered = np.sort(logits, axis=1)
        top, others = ordered[:, -1], ordered[:, :-1]
        # Log-odds of the best class against all others: the same order as the largest probability,
        # which itself cannot be told from 1 for most frames.
        doubt = np.log(np.exp(others - top[:, None]).sum(axis=1) + 1e-300)
        scores: Floats = doubt if kind == "max_softmax" else -top - np.log1p(np.exp(doubt))
        return scores

    def cosine(self, away: Floats) -> Floats:
        """Return the largest cosine, [N], of offsets [N, d] from the centre to those of the means.

        In coordinates in which the spread within classes is the same in all directions.
        """
        towards = self.means - self.centre
        products = away @ self.precision @ towards.T
        lengths = np.sqrt(_squared_lengths(away, self.precision))
        reaches = np.sqrt(_squared_lengths(towards, self.precision))
        # A single class is its own centre: no direction leads to it, and its cosine is 0.
        cosines: Floats = (products / np.maximum(lengths[:, None] * reaches, 1e-12)).max(axis=1)
        return cosines

    def arrays(self) -> Arrays:
        """Return the numbers, in single precision."""
        return {
            "projection": self.projection.astype(np.float32),
            "means": self.means.astype(np.float32),
            "precision": self.precision.astype(np.float32),
            "centre": self.centre.astype(np.float32),
            "spread": self.spread.astype(np.float32),
        }

    @staticmethod
    def from_arrays(arrays: Arrays) -> Discriminant:
        """Return what :meth:`arrays` described; KeyError or ValueError if it does not fit."""
        names = ("projection", "means", "precision", "centre", "spread")
        parts = {name: np.asarray(arrays[name], np.float64) for name in names}
        size = parts["means"].shape[-1]
        shapes = {
            "means": (len(parts["means"]), size),
            "precision": (size, size),
            "centre": (size,),
            "spread": (size, size),
        }
        for name, shape in shapes.items():
            if parts[name].shape != shape:
                raise ValueError(f"{name} of the unknown score is {parts[name].shape}, not {shape}")
        if parts["projection"].ndim != 2 or parts["projection"].shape[1] not in {0, size}:
            raise ValueError(f"projection of the unknown score is {parts['projection'].shape}")
        return Discriminant(**parts)


@dataclass(frozen=True)
class Neighbours:
    """Taught frames themselves, of length one."""

    frames: Floats

    @staticmethod
    def fit(x: Floats) -> Neighbours:
        """Remember features [N, D], evenly thinned out where there are too many."""
        return Neighbours(_normalised(thinned(x)))

    def score(self, x: Floats, kind: str) -> Floats:
        """Return minus the cosine to the nearest frame, [N], of features [N, D]."""
        del kind  # there is only one
        scores: Floats = -(_normalised(x) @ self.frames.T).max(axis=1)
        return scores

    def arrays(self) -> Arrays:
        """Return the frames, in half precision."""
        return {"frames": self.frames.astype(np.float16)}

    @staticmethod
    def from_arrays(arrays: Arrays) -> Neighbours:
        """Return what :meth:`arrays` described; KeyError or ValueError if it does not fit."""
        frames = np.asarray(arrays["frames"], np.float64)
        if frames.ndim != 2 or len(frames) == 0:
            raise ValueError(f"frames of the unknown score have shape {frames.shape}")
        return Neighbours(frames)


def thinned(rows: NDArray[Any]) -> NDArray[Any]:
    """Return at most ``REMEMBERED`` of the rows, evenly taken."""
    kept = np.linspace(0, len(rows) - 1, min(len(rows), REMEMBERED)).round().astype(np.int64)
    return rows[kept]


def _normalised(x: Floats) -> Floats:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12))


def _projected(x: Floats, projection: Floats) -> Floats:
    return x @ projection if projection.shape[1] else x


def _squared_lengths(vectors: Floats, metric: Floats) -> Floats:
    """Return ``v metric v`` of each of the vectors [N, d] (einsum would do without BLAS)."""
    lengths: Floats = ((vectors @ metric) * vectors).sum(axis=1)
    return lengths


def _inverse_covariance(residuals: Floats) -> Floats:
    size = residuals.shape[1]
    covariance = residuals.T @ residuals / len(residuals)
    variance = float(np.trace(covariance)) / size
    # With one frame a class no spread is known: all directions count the same.
    ridge = SHRINKAGE * variance if variance > 0 else 1.0
    return np.linalg.inv((1 - SHRINKAGE) * covariance + ridge * np.eye(size))


def principal(x: Floats) -> Floats:
    """Return the directions [D, LARGEST] of most variance; [D, 0] where D is no larger.

    By randomised subspace iteration (Halko, Martinsson and Tropp 2011, arXiv 0909.4061, algorithm
    4.4), several times as fast as all directions of a covariance exactly. What it may miss are
    some of the last directions, in which there is next to no variance.
    """
    size = x.shape[1]
    if size <= LARGEST:
        return np.zeros((size, 0))
    away = x - x.mean(axis=0)
    wide = min(LARGEST + _SPARE, size)
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(size, wide)))[0]
    for _ in range(_SWEEPS):
        basis = np.linalg.qr(away.T @ (away @ basis))[0]
    inside = away @ basis
    _, vectors = np.linalg.eigh(inside.T @ inside)
    return np.ascontiguousarray(basis @ vectors[:, -LARGEST:])
