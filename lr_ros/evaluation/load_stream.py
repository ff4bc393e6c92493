"""A stream painted for measurements: an object slides into view, turns, and leaves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

IN_VIEW = 0.8
"""Share of the stream with the object in view, from its beginning on."""


def paint_stream(path: Path, width: int, height: int, rate: float, seconds: float) -> int:
    """Write a video (Motion JPEG) and return its frames.

    Raises:
        OSError: It cannot be written.
    """
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), rate, (width, height))
    if not writer.isOpened():
        raise OSError(f"{path} cannot be written")
    rng = np.random.default_rng(0)
    scene = _background(rng, width, height)
    frames = round(rate * seconds)
    for index in range(frames):
        noise = rng.integers(0, 6, scene.shape, dtype=np.uint8)
        writer.write(cv2.add(_frame(scene, index / frames), noise))
    writer.release()
    return frames


def _background(rng: np.random.Generator, width: int, height: int) -> Rgb:
    coarse = rng.integers(90, 150, (12, 16, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _frame(scene: Rgb, moment: float) -> Rgb:
    """Return the scene at a moment of the stream, 0..1."""
    image = scene.copy()
    if moment > IN_VIEW:
        return image
    height, width = image.shape[:2]
    side = height // 2
    left = round(width * (0.4 * np.sin(np.pi * moment / IN_VIEW)) - side * 0.2)
    picture, mask = _object(side, 720.0 * moment)
    x, right = max(left, 0), min(left + side, width)
    part = image[side // 2 : side // 2 + side, x:right]
    seen = slice(x - left, right - left)
    part[mask[:, seen]] = picture[:, seen][mask[:, seen]]
    return image


def _object(side: int, turn: float) -> tuple[Rgb, NDArray[np.bool_]]:
    squares = np.indices((side, side)).sum(axis=0) // (side // 6) % 2
    picture = np.where(squares[..., None], (20, 20, 220), (240, 240, 240)).astype(np.uint8)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, 0.7)
    turned = np.asarray(cv2.warpAffine(picture, matrix, (side, side)), np.uint8)
    whole = cv2.warpAffine(np.full((side, side), 255, np.uint8), matrix, (side, side))
    return turned, whole > 127
