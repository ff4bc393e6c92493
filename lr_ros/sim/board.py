"""A board that stands before an object and hides the lower share of it."""

from __future__ import annotations

import cv2
import numpy as np

from lr_ros.sim.drawing import Box, Canvas

_CARDBOARD = (152, 124, 90)
_EDGE = (96, 76, 54)


def draw_board(canvas: Canvas, box: Box, share: float) -> None:
    """Hide the lower ``share`` (0..1) of a box in the picture."""
    left, top, columns, rows = box
    height, width = canvas.picture.shape[:2]
    upper = round(top + (1.0 - share) * rows)
    corners = (
        (round(left - 0.1 * columns), upper),
        (round(left + 1.1 * columns), round(top + 1.06 * rows)),
    )
    layer = np.zeros((height, width, 4), np.uint8)
    cv2.rectangle(layer, *corners, (*_CARDBOARD, 255), cv2.FILLED)
    cv2.rectangle(layer, *corners, (*_EDGE, 255), max(1, height // 160))
    canvas.cover(layer)
