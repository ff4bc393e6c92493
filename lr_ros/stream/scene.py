"""Has the whole scene changed? Is a region an object, or only a wrong memory of the background?"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.background import Image, Mask

RIM = 0.12  # width of the rim of the image, as a share of its sides
SMALL = np.ones((3, 3), np.uint8)


def is_cut(unlike: Mask, known: Mask) -> bool:
    """Say whether nothing of the learned background is in sight any more.

    An object may fill much of the image, but it leaves most of the rim free.
    """
    seen, changed = cv2.countNonZero(known), cv2.countNonZero(cv2.min(unlike, known))
    if seen < 0.3 * known.size:
        return True
    if changed <= 0.45 * seen:
        return False
    height, width = unlike.shape
    rim = np.ones_like(known)
    dy, dx = round(height * RIM), round(width * RIM)
    rim[dy : height - dy, dx : width - dx] = 0
    around = cv2.min(known, rim)
    at_rim = cv2.countNonZero(around)
    if at_rim < 0.2 * cv2.countNonZero(rim):
        return changed > 0.7 * seen
    return cv2.countNonZero(cv2.min(unlike, around)) > 0.6 * at_rim


def stayed(before: Image, now: Image, mask: Mask) -> bool:
    """Say whether what the mask covered is still there, while the scene around it changed."""
    inside = cv2.erode(mask, SMALL) > 0
    if inside.sum() < 20:
        return False
    change = cv2.absdiff(now, before).max(axis=2)
    within, outside = float(np.median(change[inside])), float(np.median(change[mask == 0]))
    return within < 30.0 and within < 0.5 * outside


def is_ghost(frame: Image, expected: Image, mask: Mask) -> bool:
    """Say whether a region is where an object *was* when the background was learned.

    The outline of a real object is an edge in the frame; that of a ghost is one in the background
    (after Cucchiara et al., PAMI 2003, who tell ghosts by motion).
    """
    outline = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, SMALL) > 0
    outline[[0, 1, -2, -1], :] = False
    outline[:, [0, 1, -2, -1]] = False
    if np.count_nonzero(outline) < 10:
        return False
    return _edge(expected, outline) > 1.4 * _edge(frame, outline) + 2.0


def _edge(image: Image, outline: NDArray[np.bool_]) -> float:
    contrast = cv2.morphologyEx(image, cv2.MORPH_GRADIENT, SMALL)
    return float(contrast[outline].max(axis=1).mean())
