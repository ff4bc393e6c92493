"""What lies behind the objects: the background of each setting, cluttered on request."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.sim.backgrounds import Picture, paint
from lr_ros.sim.catalogue import ObjectSpec
from lr_ros.sim.domain import Domain
from lr_ros.sim.drawing import Canvas
from lr_ros.sim.lights import LIGHTS
from lr_ros.sim.mesh import Mesh, ObjectFileError
from lr_ros.sim.motion import Pose

_KEPT = 4
_CLUTTER = "random_urdfs"  # pybullet's folder of a thousand coloured shapes
_CLUTTER_SHAPES = 1000


class Backdrops:
    """The backgrounds of a scene as its swaying camera sees them.

    Args:
        width: Width of the picture [pixels].
        height: Height of the picture [pixels].
        sway: How far the camera moves to either side [share of the picture's height].
        seed: Everything random comes from it.
    """

    def __init__(self, width: int, height: int, sway: float, seed: int) -> None:
        self._width, self._height = width, height
        self._reach = sway * height
        self._margin = math.ceil(self._reach) + 1
        self._seed = seed
        self._painted: OrderedDict[tuple[int, int], Picture] = OrderedDict()

    def at(self, domain: Domain, t: float) -> NDArray[np.uint8]:
        """Return what the camera sees of a domain's background at time ``t`` [s]."""
        key = (domain.number, domain.clutter)
        if key not in self._painted:
            self._painted[key] = self._paint(domain)
            while len(self._painted) > _KEPT:
                self._painted.popitem(last=False)
        self._painted.move_to_end(key)
        x = self._margin + (self._width - 1) / 2 + self._reach * math.sin(0.6 * t)
        y = self._margin + (self._height - 1) / 2 + self._reach * math.sin(0.43 * t + 1.0)
        size = (self._width, self._height)
        return np.asarray(cv2.getRectSubPix(self._painted[key], size, (x, y)), np.uint8)

    def _paint(self, domain: Domain) -> Picture:
        height, width = self._height + 2 * self._margin, self._width + 2 * self._margin
        picture = paint(domain.background, height, width, self._seed)
        rng = np.random.default_rng((self._seed, 1, domain.number))
        canvas = Canvas(picture, LIGHTS[domain.light], oversample=2.0)
        for mesh in random_things(rng, domain.clutter):
            canvas.add(mesh, _anywhere(rng, width / height))
            mesh.close()
        return canvas.picture


def random_things(rng: np.random.Generator, count: int) -> Iterator[Mesh]:
    """Yield so many of pybullet's random shapes; the caller closes each.

    ``rng`` is used between two of them, so that it may choose their places, too.
    """
    lying = 0
    while lying < count:
        shape = f"{rng.integers(_CLUTTER_SHAPES):03d}"
        try:
            mesh = Mesh(ObjectSpec(shape, str(Path(_CLUTTER, shape, f"{shape}.urdf"))))
        except ObjectFileError:
            continue  # a few of the shapes are empty
        yield mesh
        lying += 1


def _anywhere(rng: np.random.Generator, aspect: float) -> Pose:
    return Pose(
        x=float(rng.uniform(-0.5, 0.5)) * aspect,
        y=float(rng.uniform(-0.45, 0.45)),
        size=float(rng.uniform(0.15, 0.35)),
        yaw=float(rng.uniform(0, 2 * math.pi)),
        pitch=float(rng.uniform(0.2, 1.2)),
        roll=float(rng.uniform(-math.pi, math.pi)),
    )
