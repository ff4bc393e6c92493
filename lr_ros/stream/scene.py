"""Has the whole scene changed? Is a region an object, or only a wrong memory of the background?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.alignment import Floats
from lr_ros.stream.background import Mask

RIM = 0.12  # width of the rim of the image, as a share of its sides


def is_cut(unlike: Mask, known: Mask) -> bool:
    """Say whether nothing of the learned background is in sight any more.

    An object may fill much of the image, but it leaves most of the rim free.
    """
    seen = known > 0
    if seen.mean() < 0.3:
        return True
    height, width = unlike.shape
    rim = np.ones_like(seen)
    dy, dx = round(height * RIM), round(width * RIM)
    rim[dy : height - dy, dx : width - dx] = False
    around = seen & rim
    if around.sum() < 0.2 * rim.sum():
        return float(unlike[seen].mean()) > 0.7
    return float(unlike[around].mean()) > 0.6 and float(unlike[seen].mean()) > 0.45


def stayed(before: Floats, now: Floats, mask: Mask) -> bool:
    """Say whether what the mask covered is still there, while the scene around it changed."""
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0
    if inside.sum() < 20:
        return False
    change = np.abs(now - before).max(axis=2)
    within, outside = float(np.median(change[inside])), float(np.median(change[mask == 0]))
    return within < 30.0 and within < 0.5 * outside


def is_ghost(frame: Floats, expected: Floats, mask: Mask) -> bool:
    """Say whether a region is where an object *was* when the background was learned.

    The outline of a real object is an edge in the frame; that of a ghost is one in the background
    (after Cucchiara et al., PAMI 2003, who tell ghosts by motion).
    """
    kernel = np.ones((3, 3), np.uint8)
    outline = cv2.subtract(cv2.dilate(mask, kernel), cv2.erode(mask, kernel)) > 0
    outline[[0, 1, -2, -1], :] = False
    outline[:, [0, 1, -2, -1]] = False
    if outline.sum() < 10:
        return False
    return _edge(expected, outline) > 1.4 * _edge(frame, outline) + 2.0


def _edge(image: Floats, outline: NDArray[np.bool_]) -> float:
    contrast = cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return float(contrast[outline].max(axis=1).mean())
