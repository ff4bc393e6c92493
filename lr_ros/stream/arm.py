"""The arm that holds an object is not the object."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.alignment import Floats
from lr_ros.stream.background import Mask

NARROW = 0.6  # an arm crosses the border in less than this share of the region's longer side
HUE = 0.045  # largest difference of its colour, as shares of red and green
SHADE = (0.55, 1.6)  # how much darker and lighter than at the border it may be
LEAST_REST = 0.15  # share of the region that must remain, or it was no arm


def without_arm(frame: Floats, mask: Mask) -> Mask:
    """Return the mask [H, W] without the arm that reaches in from the border, if there is one.

    An arm is what has the colour of the region where the region crosses the border of the image,
    as far as it hangs together: no model of skin, so that sleeves and gloves are arms as well.
    """
    border = np.zeros_like(mask)
    border[:2], border[-2:], border[:, :2], border[:, -2:] = 1, 1, 1, 1
    contact = (border & mask) > 0
    width, height = cv2.boundingRect(mask)[2:]
    # The rim is two pixels deep.
    if not 4 <= contact.sum() <= 2 * NARROW * max(width, height):
        return mask
    alike = _alike(frame, frame[contact]) & (mask > 0)
    closed = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    labels = cv2.connectedComponents(cv2.min(closed, mask))[1]
    touching = np.unique(labels[contact & (labels > 0)])
    held = np.isin(labels, touching).astype(np.uint8)
    rest = cv2.subtract(mask, cv2.dilate(held, np.ones((3, 3), np.uint8)))
    rest = cv2.morphologyEx(rest, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if rest.sum() < LEAST_REST * mask.sum():
        return mask
    return np.asarray(rest, np.uint8)


def _alike(frame: Floats, samples: Floats) -> NDArray[np.bool_]:
    """Return where the frame [H, W, 3] has the middle colour of ``samples`` [N, 3]."""
    colour = np.median(samples, axis=0) + 1.0
    total = frame.sum(axis=2) + 3.0
    shade = total / np.float32(colour.sum())
    hue = np.abs((frame[..., :2] + 1.0) / total[..., None] - colour[:2] / colour.sum())
    alike: NDArray[np.bool_] = (hue.max(axis=2) < HUE) & (shade > SHADE[0]) & (shade < SHADE[1])
    return alike
