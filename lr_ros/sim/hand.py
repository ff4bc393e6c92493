"""A hand that holds an object from below, and so covers a part of it."""

from __future__ import annotations

import cv2
import numpy as np

from lr_ros.sim.drawing import Box, Canvas

_SKIN = (205, 160, 130)
_CREASE = (150, 105, 82)
Point = tuple[float, float]

_FINE = 4  # bits of fractions of a pixel that OpenCV's drawing takes


def draw_hand(canvas: Canvas, box: Box) -> None:
    """Lay a forearm, a palm and four fingers over the lower part of a box."""
    height, width = canvas.picture.shape[:2]
    left, top, columns, rows = box
    unit = 0.12 * height
    layer = np.zeros((height, width, 4), np.uint8)

    def limb(begin: Point, end: Point, thickness: float) -> None:
        """Draw a round-ended bar with a dark rim; places and size in units, from the grip."""
        pixels = [
            (
                round((left + columns / 2 + x * unit) * (1 << _FINE)),
                round((top + rows + y * unit) * (1 << _FINE)),
            )
            for x, y in (begin, end)
        ]
        for colour, share in ((_CREASE, 1.0), (_SKIN, 0.86)):
            width_ = max(1, round(thickness * unit * share))
            cv2.line(layer, *pixels, (*colour, 255), width_, cv2.LINE_8, _FINE)

    limb((0.4, 0.8), (2.4, 9.0), 1.1)
    limb((-0.3, 0.3), (0.6, 0.5), 1.2)
    for number, reach in enumerate((0.75, 0.9, 0.85, 0.65)):
        x = (number - 1.6) * 0.42
        limb((x, 0.3), (x - 0.15, -reach), 0.4)
    canvas.cover(layer)
