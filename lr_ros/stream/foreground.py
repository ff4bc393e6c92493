"""Pixels that do not look like the background, and the region they make up."""

from __future__ import annotations

import cv2
import numpy as np

from lr_ros.stream.alignment import Floats
from lr_ros.stream.background import Mask


def difference(frame: Floats, expected: Floats, noise: float) -> Floats:
    """Return how unlike the background each pixel is [standard deviations], [H, W].

    The largest of the three channels counts. Where the background has edges a small error of the
    alignment makes large differences, so the local contrast of the background is forgiven.
    """
    contrast = cv2.morphologyEx(expected, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    apart = np.maximum(np.abs(frame - expected) - 0.35 * contrast, 0.0).max(axis=2)
    return np.asarray(cv2.blur(apart / np.float32(noise), (3, 3)))


def unlike(apart: Floats, low: float, high: float) -> Mask:
    """Return pixels above ``low`` in patches that also hold pixels above ``high``."""
    weak: Mask = (apart > low).astype(np.uint8)
    weak = np.asarray(
        cv2.morphologyEx(weak, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)), dtype=np.uint8
    )
    count, labels = cv2.connectedComponents(weak)
    if count <= 1:
        return weak
    strong = np.bincount(labels[(apart > high) & (weak > 0)].ravel(), minlength=count) >= 4
    strong[0] = False
    return np.asarray(strong[labels].astype(np.uint8))


def region(mask: Mask, least: float, gap: int) -> Mask | None:
    """Return the patches of the main object, or None where all is too small.

    ``least`` is the smallest area [pixels]; patches up to ``gap`` pixels apart belong together
    (a hand across an object leaves several).
    """
    joined = cv2.dilate(mask, np.ones((gap, gap), np.uint8))
    count, labels = cv2.connectedComponents(joined)
    areas = np.bincount(labels[mask > 0].ravel(), minlength=count)
    areas[0] = 0
    best = int(areas.argmax())
    if areas[best] < least:
        return None
    return np.asarray((labels == best) & (mask > 0), np.uint8)
