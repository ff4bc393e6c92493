"""Puts drawn objects into a picture: edges, shadows, who covers whom, exposure and noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.sim.mesh import Light, Mesh
from lr_ros.sim.motion import Pose
from lr_ros.sim.table_view import Matrix, Sight

Box = tuple[float, float, float, float]
"""Left, top, width, height [pixels]."""

_LARGEST_DRAWING = 360  # pixels; larger objects are drawn coarser, the time grows by the area
_SHADOW = 0.4  # darkest part of a shadow


@dataclass(frozen=True)
class Part:
    """What can be seen of the object added as number ``index``."""

    index: int
    box: tuple[int, int, int, int]
    area: int
    visible: float


class Canvas:
    """A picture in the making; objects are added from the farthest to the nearest."""

    def __init__(self, backdrop: NDArray[np.uint8], light: Light, oversample: float) -> None:
        self._image = backdrop
        self._light = light
        self._oversample = oversample
        self._owner = np.full(backdrop.shape[:2], -1, np.int16)
        self._areas: list[float] = []

    @property
    def picture(self) -> NDArray[np.uint8]:
        """The picture so far, before exposure and noise."""
        return self._image

    def add(self, mesh: Mesh, pose: Pose) -> Box:
        """Draw an object over what is there; return its box, which may reach out of the picture."""
        height, width = self._image.shape[:2]
        size = pose.size * height
        pixels = int(np.clip(size * self._oversample, 16, _LARGEST_DRAWING))
        drawn = mesh.draw(pose.yaw, pose.pitch, pose.roll, pixels, self._light)
        # Colours outside the object must not bleed into its edge when it is scaled.
        drawn[drawn[..., 3] == 0] = 0
        scale = size / pixels
        left = width / 2 + pose.x * height - size / 2
        top = height / 2 + pose.y * height - size / 2
        matrix = np.array([[scale, 0, left], [0, scale, top]])
        layer = cv2.warpAffine(drawn, matrix, (width, height), flags=cv2.INTER_LINEAR)
        self._shade(layer[..., 3], size)
        self._own(layer, float(np.count_nonzero(drawn[..., 3])) * scale * scale)
        x, y, columns, rows = cv2.boundingRect(drawn[..., 3])
        return left + x * scale, top + y * scale, columns * scale, rows * scale

    def add_standing(self, mesh: Mesh, sight: Sight, yaw: float, moved: Matrix) -> Box:
        """Draw an object that stands on the table over what is there; return its box.

        ``moved`` is the homography [3, 3] by which the camera's sway moves the picture.
        """
        height, width = self._image.shape[:2]
        pixels = int(np.clip(sight.size * self._oversample, 16, _LARGEST_DRAWING))
        drawn = mesh.draw_from(sight.view, yaw, pixels, self._light, sight.distance)
        drawn[drawn[..., 3] == 0] = 0
        matrix = moved @ sight.matrix(pixels)
        layer = cv2.warpPerspective(drawn, matrix, (width, height), flags=cv2.INTER_LINEAR)
        x, y, columns, rows = cv2.boundingRect(drawn[..., 3])
        corners = np.array(
            [[[x, y], [x + columns, y], [x + columns, y + rows], [x, y + rows]]], np.float64
        )
        across = cv2.perspectiveTransform(corners, matrix)[0]
        (left, top), (right, bottom) = across.min(axis=0), across.max(axis=0)
        scale = float((right - left) * (bottom - top)) / max(columns * rows, 1)
        self._own(layer, float(np.count_nonzero(drawn[..., 3])) * scale)
        return float(left), float(top), float(right - left), float(bottom - top)

    def darken(self, outline: NDArray[np.float64], softness: float) -> None:
        """Lay a soft shadow of this outline [N, 2] over the picture; softness in pixels."""
        shadow = np.zeros(self._image.shape[:2], np.uint8)
        cv2.fillConvexPoly(shadow, np.round(outline).astype(np.int32), 255)
        kernel = max(3, int(softness) | 1)
        self._darken(cv2.blur(shadow, (kernel, kernel)))

    def cover(self, layer: NDArray[np.uint8]) -> None:
        """Lay something over the picture that is none of the objects.

        ``layer`` is ``uint8 [H, W, 4]``: colours already multiplied by the alpha that follows.
        """
        self._owner[layer[..., 3] > 127] = -1
        self._blend(layer)

    def parts(self) -> list[Part]:
        """Return what can be seen of each object, in the order they were added."""
        found = []
        for index, whole in enumerate(self._areas):
            mask = (self._owner == index).astype(np.uint8)
            left, top, width, height = cv2.boundingRect(mask)
            area = int(np.count_nonzero(mask))
            visible = min(1.0, float(area / whole)) if whole else 0.0
            found.append(Part(index, (left, top, width, height), area, visible))
        return found

    def finish(self, noise: float, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the picture as the camera sees it under the light."""
        levels = np.arange(256)[:, None] * (self._light.gain * np.asarray(self._light.tint))
        table = np.clip(levels, 0, 255).astype(np.uint8)[None]
        image = np.asarray(cv2.LUT(self._image, table), np.uint8)
        if noise <= 0:
            return image
        # Drawing all of it anew takes longer than all the rest; a shifted tile looks the same.
        height, width = image.shape[:2]
        rows, columns = -(-height // 2), -(-width // 2)
        tile = (rng.standard_normal((rows, columns, 3), np.float32) * noise).astype(np.int16)
        grain = np.tile(tile, (2, 2, 1))[:height, :width]
        return np.clip(image + grain, 0, 255).astype(np.uint8)

    def _shade(self, alpha: NDArray[np.uint8], size: float) -> None:
        """Darken what lies behind the object, away from the light."""
        right, up, _ = self._light.direction
        shift = 0.06 * size
        matrix = np.array([[1, 0, -right * shift], [0, 1, up * shift]])
        height, width = alpha.shape
        kernel = max(3, int(size * 0.06) | 1)
        moved = cv2.warpAffine(alpha, matrix, (width, height))
        self._darken(cv2.blur(moved, (kernel, kernel)))

    def _darken(self, shadow: NDArray[np.uint8]) -> None:
        left, top, columns, rows = cv2.boundingRect(shadow)
        area = (slice(top, top + rows), slice(left, left + columns))
        keep = 255 - (shadow[area].astype(np.uint16) * int(256 * _SHADOW) >> 8)
        self._image[area] = (self._image[area] * keep[..., None] >> 8).astype(np.uint8)

    def _own(self, layer: NDArray[np.uint8], area: float) -> None:
        """Draw a layer that is an object, whose whole area is so many pixels."""
        self._owner[layer[..., 3] > 127] = len(self._areas)
        self._areas.append(area)
        self._blend(layer)

    def _blend(self, layer: NDArray[np.uint8]) -> None:
        left, top, columns, rows = cv2.boundingRect(layer[..., 3])
        area = (slice(top, top + rows), slice(left, left + columns))
        part = layer[area]
        keep = (255 - part[..., 3:]).astype(np.uint16)
        behind = (self._image[area] * keep + 127) // 255
        self._image[area] = np.minimum(behind + part[..., :3], 255).astype(np.uint8)
