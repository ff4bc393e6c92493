"""The table and the wall behind it, as the swaying camera sees them."""

from __future__ import annotations

import math
from collections import OrderedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.sim.backdrops import random_things
from lr_ros.sim.backgrounds import PAINTERS, Picture, paint
from lr_ros.sim.domain import Domain
from lr_ros.sim.drawing import Canvas
from lr_ros.sim.lights import LIGHTS
from lr_ros.sim.table import FAR, REACH_X
from lr_ros.sim.table_view import TableView

HALF_WIDTH, BACK, FRONT = 0.8, 0.5, -0.55
"""The table top: half its width, and its back and front edge [m]."""

_KEPT = 4
_WALL_SHIFT = 3  # the wall is painted as another background than the table


class TableBackdrops:
    """The table of each domain; its cloth is the domain's background.

    Args:
        view: The camera.
        seed: Everything random comes from it.
    """

    def __init__(self, view: TableView, seed: int) -> None:
        self._view, self._seed = view, seed
        self._margin = math.ceil(2 * view.sway * view.height) + 2
        self._painted: OrderedDict[tuple[int, int], Picture] = OrderedDict()

    def at(self, domain: Domain, t: float) -> NDArray[np.uint8]:
        """Return what the camera sees of table and wall at time ``t`` [s]."""
        key = (domain.number, domain.clutter)
        if key not in self._painted:
            self._painted[key] = self._paint(domain)
            while len(self._painted) > _KEPT:
                self._painted.popitem(last=False)
        self._painted.move_to_end(key)
        moved = self._view.swaying(t) @ _shifted(-self._margin)
        size = (self._view.width, self._view.height)
        return np.asarray(cv2.warpPerspective(self._painted[key], moved, size), np.uint8)

    def _paint(self, domain: Domain) -> Picture:
        height = self._view.height + 2 * self._margin
        width = self._view.width + 2 * self._margin
        names = list(PAINTERS)
        wall = names[(names.index(domain.background) + _WALL_SHIFT) % len(names)]
        picture = (paint(wall, height, width, self._seed) * 0.75).astype(np.uint8)
        self._lay_cloth(picture, domain.background)
        canvas = Canvas(picture, LIGHTS[domain.light], oversample=2.0)
        self._scatter(canvas, domain)
        return canvas.picture

    def _lay_cloth(self, picture: Picture, background: str) -> None:
        rows = round(1.6 * self._view.height)
        columns = round(rows * 2 * HALF_WIDTH / (BACK - FRONT))
        cloth = paint(background, rows, columns, self._seed)
        to_table = np.array(
            [
                [2 * HALF_WIDTH / columns, 0, -HALF_WIDTH],
                [0, (FRONT - BACK) / rows, BACK],
                [0, 0, 1],
            ]
        )
        matrix = _shifted(self._margin) @ self._view.ground() @ to_table
        size = (picture.shape[1], picture.shape[0])
        # Finer to coarser: far from the camera the cloth has more texels than pixels.
        smooth = cv2.blur(cloth, (2, 2))
        cv2.warpPerspective(smooth, matrix, size, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)

    def _scatter(self, canvas: Canvas, domain: Domain) -> None:
        """Let things lie at the back of the table and at its sides, behind where objects stand."""
        rng = np.random.default_rng((self._seed, 2, domain.number))
        for mesh in random_things(rng, domain.clutter):
            x, y = rng.uniform(-0.7, 0.7), rng.uniform(FAR + 0.06, BACK - 0.02)
            if rng.random() < 0.4:
                side = rng.choice((-1.0, 1.0))
                x, y = side * rng.uniform(REACH_X + 0.08, 0.7), rng.uniform(-0.1, FAR)
            size = rng.uniform(0.05, 0.11)
            sight = self._view.sight(x, y, size * 0.3, size)
            canvas.add_standing(mesh, sight, rng.uniform(0, 2 * math.pi), _shifted(self._margin))
            mesh.close()


def _shifted(pixels: int) -> NDArray[np.float64]:
    return np.array([[1.0, 0.0, pixels], [0.0, 1.0, pixels], [0.0, 0.0, 1.0]])
