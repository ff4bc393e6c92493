"""Pixels that do not look like the background, and the region they make up."""

from __future__ import annotations

import cv2
import numpy as np

from lr_ros.stream.background import Image, Mask

FORGIVEN = 0.35  # share of the background's local contrast that a pixel may be off


def difference(frame: Image, expected: Image) -> Mask:
    """Return how unlike the background each pixel is [grey levels], [H, W].

    The largest of the three channels counts. Where the background has edges a small error of the
    alignment makes large differences, so the local contrast of the background is forgiven.
    """
    contrast = cv2.morphologyEx(expected, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    apart = cv2.addWeighted(cv2.absdiff(frame, expected), 1.0, contrast, -FORGIVEN, 0.0)
    red, green, blue = cv2.split(apart)
    return np.asarray(cv2.blur(cv2.max(cv2.max(red, green), blue), (3, 3)))


def unlike(apart: Mask, low: float, high: float) -> Mask:
    """Return pixels above ``low`` in patches that also hold pixels above ``high``."""
    weak = cv2.threshold(apart, low, 1, cv2.THRESH_BINARY)[1]
    weak = cv2.morphologyEx(weak, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    clear = cv2.bitwise_and(cv2.threshold(apart, high, 1, cv2.THRESH_BINARY)[1], weak)
    if cv2.countNonZero(clear) < 4:
        return np.zeros_like(apart)
    count, labels = cv2.connectedComponents(weak)
    strong = np.bincount(labels[clear > 0], minlength=count) >= 4
    strong[0] = False
    return np.asarray(strong.astype(np.uint8)[labels])


def region(mask: Mask, least: float, gap: int) -> Mask | None:
    """Return the patches of the main object, or None where all is too small.

    ``least`` is the smallest area [pixels]; patches up to ``gap`` pixels apart belong together
    (a hand across an object leaves several).
    """
    if cv2.countNonZero(mask) < least:
        return None
    joined = cv2.dilate(mask, np.ones((gap, gap), np.uint8))
    count, labels = cv2.connectedComponents(joined)
    areas = np.bincount(labels[mask > 0], minlength=count)
    areas[0] = 0
    best = int(areas.argmax())
    if areas[best] < least:
        return None
    return np.asarray(cv2.min((labels == best).astype(np.uint8), mask))
