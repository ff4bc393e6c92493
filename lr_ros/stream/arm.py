"""The arm that holds an object is not the object."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.background import Image, Mask

NARROW = 0.6  # an arm crosses the border in less than this share of the region's longer side
HUE = 0.045  # largest difference of its colour, as shares of red and green
SHADE = (0.55, 1.6)  # how much darker and lighter than at the border it may be
LEAST_REST = 0.15  # share of the region that must remain, or it was no arm
SMALL = np.ones((3, 3), np.uint8)


def without_arm(frame: Image, mask: Mask) -> Mask:
    """Return the mask [H, W] without the arm that reaches in from the border, if there is one.

    An arm is what has the colour of the region where the region crosses the border of the image,
    as far as it hangs together: no model of skin, so that sleeves and gloves are arms as well.
    """
    contact = mask.copy()
    contact[2:-2, 2:-2] = 0
    x, y, width, height = cv2.boundingRect(mask)
    # The rim is two pixels deep.
    if not 4 <= cv2.countNonZero(contact) <= 2 * NARROW * max(width, height):
        return mask
    part = np.s_[y : y + height, x : x + width]
    rest = np.zeros_like(mask)
    rest[part] = _rest(frame[part], mask[part], contact[part] > 0)
    if cv2.countNonZero(rest) < LEAST_REST * cv2.countNonZero(mask):
        return mask
    return rest


def _rest(frame: Image, mask: Mask, contact: NDArray[np.bool_]) -> Mask:
    """Return what remains of the mask without the arm that begins at ``contact``."""
    alike = cv2.min(_alike(frame, frame[contact]), mask)
    closed = cv2.min(cv2.morphologyEx(alike, cv2.MORPH_CLOSE, SMALL), mask)
    count, labels = cv2.connectedComponents(closed)
    touching = np.bincount(labels[contact], minlength=count) > 0
    touching[0] = False
    held = touching.astype(np.uint8)[labels]
    rest = cv2.subtract(mask, cv2.dilate(held, SMALL))
    return np.asarray(cv2.morphologyEx(rest, cv2.MORPH_OPEN, SMALL), np.uint8)


def _alike(frame: Image, samples: Image) -> Mask:
    """Return where the frame [H, W, 3] has the middle colour of ``samples`` [N, 3]."""
    colour = np.median(samples, axis=0) + 1.0
    red, green, blue = cv2.split(frame.astype(np.float32) + 1.0)
    total = red + green + blue
    shade = total / np.float32(colour.sum())
    alike = (shade > SHADE[0]) & (shade < SHADE[1])
    for plane, share in zip((red, green), (colour / colour.sum()).tolist(), strict=False):
        alike &= np.abs(plane / total - share) < HUE
    return np.asarray(alike, np.uint8)
