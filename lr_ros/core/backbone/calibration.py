"""Pictures to calibrate 8-bit networks with, drawn instead of shipped.

They follow the dead leaves model: opaque shapes of all sizes that hide one another, whose
statistics (edges, scales, correlations of neighbouring pixels) are close to those of photographs
(Lee, Mumford and Huang 2001, "Occlusion models for natural images", IJCV 41). Light that varies
over the picture, noise and blur come on top.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAVES = 250
_SMALLEST_RADIUS, _LARGEST_SHARE = 2.0, 0.6

Picture = NDArray[np.float32]


def dead_leaves(count: int, size: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    """Return uint8 [count, height, width, 3]; the same seed gives the same pictures."""
    rng = np.random.default_rng(seed)
    return np.stack([_picture(size, rng) for _ in range(count)])


def _picture(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    picture = np.empty((*size, 3), np.float32)
    picture[:] = rng.uniform(0, 255, 3)
    for radius in _radii(max(size), rng):
        _draw_leaf(picture, radius, rng)
    lit = picture * _light(size, rng) + rng.normal(0, rng.uniform(0, 8), picture.shape)
    if rng.random() < 0.5:
        lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), float(rng.uniform(0.3, 1.5))), np.float64)
    return lit.clip(0, 255).astype(np.uint8)


def _radii(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw radii whose density falls with their cube, which makes the pictures scale-free."""
    share = np.asarray(rng.uniform(size=_LEAVES))
    smallest, largest = _SMALLEST_RADIUS**-2, (_LARGEST_SHARE * side) ** -2
    return np.asarray(((1 - share) * smallest + share * largest) ** -0.5, np.float64)


def _draw_leaf(picture: Picture, radius: float, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    centre = (int(rng.integers(width)), int(rng.integers(height)))
    axes = (max(1, int(radius)), max(1, int(radius * rng.uniform(0.3, 1))))
    colour = rng.normal(rng.uniform(20, 235), 25, 3).clip(0, 255)
    cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour.tolist(), -1)


def _light(size: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Return a smooth factor [height, width, 1], and how bright the whole picture is."""
    coarse = rng.normal(size=(8, 8)).astype(np.float32)
    smooth = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    factor = np.exp(0.25 * smooth) * rng.uniform(0.4, 1.2)
    return np.asarray(factor[:, :, None], np.float32)
