"""One object before a camera, drawn by pybullet's software renderer (no GPU, no display).

Only the object itself is drawn, on nothing, in a square that it fills; the scene puts it into the
picture. That is several times faster than drawing the whole camera image.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from lr_ros.sim.catalogue import ObjectSpec

PYBULLET = "pybullet==3.2.7"
_DISTANCE = 4.0  # of the camera, in radii of the object
_GUESSES = 16  # of the radius, each twice the one before
_MARGIN = 1.12  # room around the widest view, for the wobble


class SimulatorUnavailableError(RuntimeError):
    """pybullet cannot be imported; the message says what to do."""


class ObjectFileError(ValueError):
    """An object's file is missing or cannot be loaded; the message names it."""


@dataclass(frozen=True)
class Light:
    """Where light comes from, as seen by the camera, and how strong it is.

    Attributes:
        direction: Towards the light: right, up, and to the camera.
        ambient: Share of light that reaches every face, 0..1.
        diffuse: Share that depends on the angle, 0..1.
        specular: Strength of highlights, 0..1.
        tint: Factors of red, green and blue for the whole picture.
        gain: Exposure of the whole picture; 1 is normal.
    """

    direction: tuple[float, float, float] = (0.4, 0.8, 0.6)
    ambient: float = 0.6
    diffuse: float = 0.35
    specular: float = 0.05
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gain: float = 1.0


def load_pybullet() -> ModuleType:
    """Return the module pybullet.

    Raises:
        SimulatorUnavailableError: It is not installed, or this Python cannot load it.
    """
    try:
        import pybullet  # noqa: PLC0415 - an optional dependency: real cameras need none of it
    except ImportError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SimulatorUnavailableError(
            f"the simulated camera needs pybullet, which Python {version} cannot import ({error}). "
            f"Install it: {sys.executable} -m pip install {PYBULLET}. PyPI has it ready-made for "
            "Python 3.10 and 3.11; for newer ones pip compiles it, which needs a C++ compiler and "
            "takes some minutes. Real cameras, videos and bags work without it (image_source)."
        ) from error
    return pybullet


@dataclass(frozen=True)
class Fit:
    """Where an object's middle is and how far it reaches, in its file's own units."""

    centre: tuple[float, float, float]
    radius: float


class Mesh:
    """An object that can be drawn from any side. Not for several threads at once.

    Args:
        spec: The object.
        fit: What :attr:`fit` said when the same object was loaded before; None: to be measured.

    Raises:
        SimulatorUnavailableError: pybullet cannot be imported.
        ObjectFileError: The object's file is missing, cannot be read, or shows nothing.
    """

    def __init__(self, spec: ObjectSpec, fit: Fit | None = None) -> None:
        self.spec = spec
        self._bullet = load_pybullet()
        self._drawn: tuple[object, NDArray[np.uint8]] = (None, np.empty(0, np.uint8))
        self._client: int = self._bullet.connect(self._bullet.DIRECT)
        try:
            self._body = self._load()
            self._paint()
            self._upright = _rotation(*spec.upright)
            self.fit = fit or self._measure()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the simulator's memory back; the mesh cannot be drawn afterwards."""
        if self._client >= 0:
            self._bullet.disconnect(self._client)
            self._client = -1

    def draw(
        self, yaw: float, pitch: float, roll: float, size: int, light: Light
    ) -> NDArray[np.uint8]:
        """Return the object as ``uint8 [size, size, 4]``: red, green, blue, and 255 where it is.

        Args:
            yaw: Turn about the object's vertical axis [rad]; 0 shows its front.
            pitch: How far the camera looks down on it [rad].
            roll: How far it leans to the side [rad].
            size: Edge of the square [pixels].
            light: Where light comes from; ``tint`` and ``gain`` are left to the scene.
        """
        view = _rotation(0.0, 0.0, roll) @ _rotation(pitch, 0.0, 0.0) @ _CAMERA
        return self.draw_from(view, yaw, size, light)

    def draw_from(
        self,
        view: NDArray[np.float64],
        yaw: float,
        size: int,
        light: Light,
        distance: float = _DISTANCE,
    ) -> NDArray[np.uint8]:
        """Return the object as :meth:`draw` does, seen in any direction.

        Args:
            view: Rotation [3, 3] from the object's axes (x its front, z up) to the camera's (x
                right, y up, z backwards).
            yaw: Turn about the object's vertical axis [rad].
            size: Edge of the square [pixels].
            light: Where light comes from.
            distance: Of the camera from the object's middle [radii of the object].
        """
        rotation = view @ _rotation(0.0, 0.0, yaw) @ self._upright
        bullet, radius = self._bullet, self.fit.radius
        key = (rotation.tobytes(), size, light, distance, radius)
        if key == self._drawn[0]:  # what stands still is drawn once
            return self._drawn[1].copy()
        matrix = np.eye(4)
        matrix[:3, :3] = rotation
        matrix[:3, 3] = -rotation @ self.fit.centre - np.array([0, 0, distance * radius])
        _, _, rgba, _, ids = bullet.getCameraImage(
            size,
            size,
            viewMatrix=matrix.T.ravel().tolist(),
            projectionMatrix=_projection(radius, distance),
            lightDirection=(rotation.T @ np.asarray(light.direction)).tolist(),
            lightColor=[1.0, 1.0, 1.0],
            lightDistance=10.0 * radius,
            lightAmbientCoeff=light.ambient,
            lightDiffuseCoeff=light.diffuse,
            lightSpecularCoeff=light.specular,
            shadow=0,
            renderer=bullet.ER_TINY_RENDERER,
            physicsClientId=self._client,
        )
        picture = np.array(rgba, np.uint8).reshape(size, size, 4)
        picture[..., 3] = np.where(np.reshape(ids, (size, size)) >= 0, 255, 0)
        self._drawn = (key, picture.copy())
        return picture

    @cached_property
    def reach(self) -> tuple[float, float]:
        """How far it reaches above and below its middle when it stands upright [radii]."""
        size = 96
        above = below = 0.0
        for yaw in np.arange(4) * math.pi / 2:
            rows = np.nonzero(self.draw(yaw, 0.0, 0.0, size, Light())[..., 3].any(axis=1))[0]
            above = max(above, ((size - 1) / 2 - rows.min()) / (size / 2))
            below = max(below, (rows.max() - (size - 1) / 2) / (size / 2))
        scale = 1.0 / math.cos(math.asin(1.0 / _DISTANCE))  # half the square's edge [radii]
        return min(above * scale, 1.0), min(below * scale, 1.0)

    def _load(self) -> int:
        path = Path(self.spec.file)
        if not path.is_absolute():
            import pybullet_data  # noqa: PLC0415 - comes with pybullet

            path = Path(pybullet_data.getDataPath()) / path
        if not path.is_file():
            raise ObjectFileError(f"object {self.spec.name!r}: no file {path}")
        bullet, client = self._bullet, self._client
        try:
            if path.suffix.lower() == ".urdf":
                return int(bullet.loadURDF(str(path), useFixedBase=True, physicsClientId=client))
            shape = {"shapeType": bullet.GEOM_MESH, "fileName": str(path)}
            visual = bullet.createVisualShape(**shape, physicsClientId=client)
            solid = bullet.createCollisionShape(**shape, physicsClientId=client)
            if min(visual, solid) < 0:
                raise bullet.error("not a mesh that can be read")
            return int(bullet.createMultiBody(0, solid, visual, physicsClientId=client))
        except bullet.error as error:
            raise ObjectFileError(
                f"object {self.spec.name!r}: {path} cannot be loaded: {error}"
            ) from error

    def _paint(self) -> None:
        if self.spec.colour is None:
            return
        for link in range(-1, self._bullet.getNumJoints(self._body, physicsClientId=self._client)):
            self._bullet.changeVisualShape(
                self._body, link, rgbaColor=[*self.spec.colour, 1.0], physicsClientId=self._client
            )

    def _measure(self) -> Fit:
        """Return the fit with which the object, seen from any side, just fills the square.

        The simulator's bounding boxes are those of the collision shapes, often too large; they
        are the first guess, the drawn silhouettes decide.
        """
        links = range(-1, self._bullet.getNumJoints(self._body, physicsClientId=self._client))
        boxes = np.array(
            [self._bullet.getAABB(self._body, n, physicsClientId=self._client) for n in links]
        )
        low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
        x, y, z = (low + high) / 2
        centre, radius = (float(x), float(y), float(z)), float(np.linalg.norm(high - low)) / 2
        radius = max(radius, 1e-3)
        for _ in range(_GUESSES):
            self.fit = Fit(centre, radius)
            extent = max(self._extent(yaw) for yaw in np.arange(8) * math.pi / 4)
            if 0 < extent < 1:
                return Fit(centre, radius * extent * _MARGIN)
            # It reaches out of the square, or is so large that the camera is inside it.
            radius *= 2
        raise ObjectFileError(f"object {self.spec.name!r}: {self.spec.file} shows nothing")

    def _extent(self, yaw: float, size: int = 96) -> float:
        """Return how far the silhouette reaches from the middle, as a share of half the square.

        1 says that it touches the square's edge and may be larger; 0, that nothing shows.
        """
        ys, xs = np.nonzero(self.draw(yaw, 0.35, 0.0, size, Light())[..., 3])
        if xs.size == 0:
            return 0.0
        half = (size - 1) / 2
        if max(np.abs(xs - half).max(), np.abs(ys - half).max()) >= half:
            return 1.0
        return float(np.hypot(xs - half, ys - half).max() / half)


# From the object's axes (x towards the camera, z up) to the camera's (x right, y up, z backwards).
_CAMERA = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])


def _rotation(roll: float, pitch: float, yaw: float) -> NDArray[np.float64]:
    """Return the rotation matrix about x, then y, then z (fixed axes)."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (roll, pitch, yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def _projection(radius: float, distance: float) -> list[float]:
    """Return the perspective (column-major, as OpenGL has it) that just holds the radius."""
    near, far = radius * max(distance - 2.0, 0.1), radius * (distance + 2.0)
    focal = 1.0 / math.tan(math.asin(1.0 / distance))
    depth = far - near
    return [
        focal, 0, 0, 0,
        0, focal, 0, 0,
        0, 0, -(far + near) / depth, -1,
        0, 0, -2 * far * near / depth, 0,
    ]  # fmt: skip


def focal_length(pixels: float) -> float:
    """Return the focal length [pixels] at which an object of that diameter is drawn."""
    return pixels / 2 / math.tan(math.asin(1.0 / _DISTANCE))
