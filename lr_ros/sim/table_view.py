"""The camera before the table: where things on the table are in the picture.

Table frame: the origin is the middle of the table top, x to the right, y away from the camera, z up
[m]. Camera frame: x to the right, y down, z into the picture, as sensor_msgs/CameraInfo has it.
Rotations about the camera's own centre (the sway, and the turn towards an object that is drawn
alone) are homographies of the picture (Hartley and Zisserman, Multiple View Geometry, 8.4), so that
every drawn thing is exactly where the published intrinsics say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

DISTANCE = 0.9
"""From the camera to the middle of the table [m]."""

PITCH = 0.7
"""How far the camera looks down [rad]."""

# From an object's axes (x its front, z up) to the table's: its front faces the camera.
_STANDING = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
# From the camera's axes to those of the renderer: y up, z backwards.
_RENDERER = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class Sight:
    """One object as the camera sees it.

    Attributes:
        view: Rotation [3, 3] from the object's axes to a renderer's that looks straight at it.
        distance: Of the camera from the object's middle [radii of the object].
        size: The object's diameter in the picture [pixels].
        rays: Matrix [3, 3] from directions of that straight look to pixels of the picture.
    """

    view: Matrix
    distance: float
    size: float
    rays: Matrix

    def matrix(self, pixels: int) -> Matrix:
        """Return the homography from a square drawing of that many pixels to the picture."""
        focal = (pixels / 2) / math.tan(math.asin(1.0 / self.distance))
        middle = (pixels - 1) / 2
        square = np.array([[focal, 0.0, middle], [0.0, focal, middle], [0.0, 0.0, 1.0]])
        return np.asarray(self.rays @ np.linalg.inv(square), np.float64)


@dataclass(frozen=True)
class TableView:
    """A pinhole camera that looks down on the table.

    Attributes:
        width: Width of the picture [pixels].
        height: Height of the picture [pixels].
        focal: Focal length [pixels]; the principal point is the picture's middle.
        sway: How far the camera turns to either side [share of the picture's height].
    """

    width: int
    height: int
    focal: float
    sway: float = 0.0

    @cached_property
    def intrinsics(self) -> Matrix:
        """Camera matrix [3, 3]."""
        x, y = (self.width - 1) / 2, (self.height - 1) / 2
        return np.array([[self.focal, 0.0, x], [0.0, self.focal, y], [0.0, 0.0, 1.0]])

    @cached_property
    def rotation(self) -> Matrix:
        """Rotation [3, 3] from the table's axes to the camera's, before it sways."""
        s, c = math.sin(PITCH), math.cos(PITCH)
        return np.array([[1.0, 0.0, 0.0], [0.0, -s, -c], [0.0, c, -s]])

    @cached_property
    def position(self) -> Matrix:
        """Where the camera is, in the table frame [m]."""
        return np.asarray(-DISTANCE * self.rotation[2], np.float64)

    def swaying(self, t: float) -> Matrix:
        """Return the homography by which the camera's sway moves the picture at ``t`` [s]."""
        reach = math.atan2(self.sway * self.height, self.focal)
        pan, tilt = reach * math.sin(0.6 * t), reach * math.sin(0.43 * t + 1.0)
        sp, cp, st, ct = math.sin(pan), math.cos(pan), math.sin(tilt), math.cos(tilt)
        about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
        about_x = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]])
        k = self.intrinsics
        return np.asarray(k @ about_x @ about_y @ np.linalg.inv(k), np.float64)

    def ground(self) -> Matrix:
        """Return the homography from (x, y, 1) on the table top [m] to the unswayed picture."""
        columns = self.rotation[:, :2]
        return np.asarray(
            self.intrinsics @ np.column_stack([columns, -self.rotation @ self.position]),
            np.float64,
        )

    def pixel(self, x: float, y: float, z: float = 0.0) -> tuple[float, float]:
        """Return where a point of the table frame is in the unswayed picture [pixels]."""
        u, v, w = self.intrinsics @ self._seen_from(x, y, z)
        return float(u / w), float(v / w)

    def sight(self, x: float, y: float, z: float, size: float) -> Sight:
        """Return how an object is seen whose middle is there [m]; ``size``: its diameter [m]."""
        centre = self._seen_from(x, y, z)
        distance = float(np.linalg.norm(centre))
        turn = _turning(centre / distance)
        radii = max(distance / (size / 2), 1.5)
        return Sight(
            view=np.asarray(_RENDERER @ turn @ self.rotation @ _STANDING, np.float64),
            distance=radii,
            size=2 * self.focal * math.tan(math.asin(1.0 / radii)),
            rays=np.asarray(self.intrinsics @ turn.T, np.float64),
        )

    def _seen_from(self, x: float, y: float, z: float) -> Matrix:
        return np.asarray(self.rotation @ (np.array([x, y, z]) - self.position), np.float64)


def _turning(direction: Matrix) -> Matrix:
    """Return the smallest rotation [3, 3] that takes a unit vector to (0, 0, 1)."""
    x, y, z = direction
    cross = np.array([[0.0, 0.0, -x], [0.0, 0.0, -y], [x, y, 0.0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1.0 + z), np.float64)
