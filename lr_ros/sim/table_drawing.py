"""Draws what stands on the table into the picture, the farthest first."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lr_ros.sim.board import draw_board
from lr_ros.sim.drawing import Canvas
from lr_ros.sim.mesh_cache import MeshCache
from lr_ros.sim.table import Item
from lr_ros.sim.table_view import TableView
from lr_ros.sim.views import Thing

_SHADOW = 0.55  # radius of the shadow on the table [radii of the object]
_CORNERS = np.linspace(0, 2 * math.pi, 24, endpoint=False)


class TableDrawing:
    """What the camera sees of the objects on the table."""

    def __init__(self, view: TableView) -> None:
        self._view = view

    def draw(
        self, canvas: Canvas, items: list[Item], meshes: MeshCache, t: float, occlusion: float
    ) -> list[Thing]:
        """Draw the objects as they are at ``t`` [s]; return them in the order they were added.

        ``occlusion`` is the share of each that a board hides, 0..1.
        """
        moved = self._view.swaying(t)
        drawn = []
        for item in sorted(items, key=lambda item: -item.way.at(t)[1]):
            x, y = item.way.at(t)
            mesh, yaw = meshes.get(item.name), item.yaw_at(t)
            sight = self._view.sight(x, y, mesh.reach[1] * item.size / 2, item.size)
            canvas.darken(self._shadow(x, y, item.size, moved), 0.2 * sight.size)
            box = canvas.add_standing(mesh, sight, yaw, moved)
            if occlusion > 0:
                draw_board(canvas, box, occlusion)
            drawn.append(Thing(item.name, True, x, y, item.size, yaw))
        return drawn

    def _shadow(
        self, x: float, y: float, size: float, moved: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the outline [N, 2] of the shadow under an object [pixels]."""
        radius = _SHADOW * size / 2
        around = np.stack(
            [x + radius * np.cos(_CORNERS), y + radius * np.sin(_CORNERS), np.ones_like(_CORNERS)]
        )
        u, v, w = moved @ self._view.ground() @ around
        return np.asarray(np.stack([u / w, v / w], axis=1), np.float64)
