"""The simulated scene: objects turn before a background, and a camera takes pictures of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lr_ros.sim.backdrops import Backdrops
from lr_ros.sim.catalogue import CATALOGUE, ObjectSpec
from lr_ros.sim.drawing import Canvas
from lr_ros.sim.hand import draw_hand
from lr_ros.sim.lights import LIGHTS, setting
from lr_ros.sim.mesh import load_pybullet
from lr_ros.sim.mesh_cache import MeshCache
from lr_ros.sim.motion import Actor, Motion


@dataclass(frozen=True)
class SceneConfig:
    """What the scene is like.

    Attributes:
        width: Width of the picture [pixels].
        height: Height of the picture [pixels].
        objects: The objects that can be shown.
        object_size: Diameter of an object seen at its widest [share of the picture's height].
        motion: How objects move.
        sway: How far the camera moves to either side [share of the picture's height].
        noise: Standard deviation of the pixel noise [grey levels].
        clutter: How many things lie around; they are part of the background.
        hand: Whether a hand holds the object, and covers some of it.
        oversample: How much finer objects are drawn than shown, for smooth edges.
        seed: Everything random comes from it; the same seed gives the same pictures.
    """

    width: int = 320
    height: int = 240
    objects: tuple[ObjectSpec, ...] = CATALOGUE
    object_size: float = 0.75
    motion: Motion = field(default_factory=Motion)
    sway: float = 0.02
    noise: float = 2.0
    clutter: int = 0
    hand: bool = False
    oversample: float = 1.6
    seed: int = 0

    def __post_init__(self) -> None:
        if not (32 <= self.width <= 4096 and 32 <= self.height <= 4096):
            raise ValueError(f"picture of {self.width} x {self.height}: allowed is 32 to 4096")
        if not 0 <= self.clutter <= 100:
            raise ValueError(f"clutter = {self.clutter}: allowed is 0 to 100 things")
        names = [spec.name for spec in self.objects]
        if not names or len(set(names)) != len(names):
            raise ValueError(
                f"objects must have names of their own, and there must be one: {names}"
            )


@dataclass(frozen=True)
class Seen:
    """The truth about one object in a picture.

    Attributes:
        name: The object.
        box: Left, top, width, height of what can be seen of it [pixels].
        visible: Share of the object that can be seen (in the picture and not covered), 0..1.
    """

    name: str
    box: tuple[int, int, int, int]
    visible: float


@dataclass(frozen=True)
class View:
    """One picture, ``uint8 [H, W, 3]`` RGB, and the truth about it, largest object first."""

    image: NDArray[np.uint8]
    seen: tuple[Seen, ...]


class SimulatedScene:
    """A scene whose pictures depend only on its configuration, what was asked of it, and time.

    Times are seconds of the scene's own clock, which begins at 0. Not for several threads at once.

    Raises:
        SimulatorUnavailableError: pybullet cannot be imported.
    """

    def __init__(self, config: SceneConfig | None = None) -> None:
        self.config = config or SceneConfig()
        load_pybullet()
        self._meshes = MeshCache(self.config.objects)
        self._rng = np.random.default_rng(self.config.seed)
        self._actors: list[Actor] = []
        self._presented: Actor | None = None
        self._yaw, self._yaw_since = 0.0, 0.0
        self._now = 0.0
        c = self.config
        self._backdrops = Backdrops(c.width, c.height, c.sway, c.clutter, c.seed)
        self._background = 0

    @property
    def objects(self) -> tuple[str, ...]:
        """Names of the objects that can be shown."""
        return tuple(spec.name for spec in self.config.objects)

    @property
    def background(self) -> int:
        """Number of the present setting (background and light)."""
        return self._background

    @background.setter
    def background(self, number: int) -> None:
        setting(number)
        self._background = number

    @property
    def presented(self) -> str | None:
        """The object in view, coming or staying; None: nobody."""
        return self._presented.name if self._presented is not None else None

    def present(
        self,
        name: str | None,
        background: int | None = None,
        yaw: float | None = None,
        t: float | None = None,
    ) -> None:
        """Show one object instead of the present one, or nobody.

        Args:
            name: The object; None: an empty scene. An object that is in view stays where it is.
            background: Number of the setting (:func:`lr_ros.sim.lights.setting`); None: as it is.
            yaw: Angle to begin turning from [rad]; None: turn on from the present one.
            t: When [s]; None: at the time of the last picture.

        Raises:
            KeyError: There is no such object; the message lists them.
            ValueError: There is no such background, or ``yaw`` is not a finite number.
            ObjectFileError: The object's file cannot be loaded; nothing has changed.
        """
        self._check(name, yaw)
        if background is not None:
            self.background = background
        now = self._now if t is None else t
        if yaw is None:
            yaw = self._yaw + self.config.motion.turn_rate * (now - self._yaw_since)
        self._yaw, self._yaw_since = yaw, now
        current = self._presented
        if current is not None and current.name == name:
            current.yaw, current.since = yaw, now
            return
        begins = now
        if current is not None:
            current.leaves = now
            begins = now + self.config.motion.slide
        self._presented = None
        if name is not None:
            self._presented = self._actor(name, yaw, now, begins)
            self._actors.append(self._presented)

    def render(self, t: float) -> View:
        """Return the picture at time ``t`` [s] and the truth about it."""
        self._now = t
        motion, aspect = self.config.motion, self.config.width / self.config.height
        self._actors = [actor for actor in self._actors if not actor.gone(t, motion)]
        light = LIGHTS[setting(self._background)[1]]
        canvas = Canvas(self._backdrops.at(self._background, t), light, self.config.oversample)
        names = []
        for actor in sorted(self._actors, key=lambda a: a.y):
            pose = actor.pose(t, motion, aspect)
            if pose is not None:
                box = canvas.add(self._meshes.get(actor.name), pose)
                names.append(actor.name)
                if self.config.hand:
                    draw_hand(canvas, box)
        seen = [
            Seen(names[part.index], part.box, part.visible) for part in canvas.parts() if part.area
        ]
        seen.sort(key=lambda s: -s.box[2] * s.box[3])
        rng = np.random.default_rng((self.config.seed, round(t * 1e6) & 0xFFFFFFFFFFFF))
        return View(canvas.finish(self.config.noise, rng), tuple(seen))

    def close(self) -> None:
        """Give the simulator's memory back."""
        self._meshes.close()

    def _check(self, name: str | None, yaw: float | None) -> None:
        if yaw is not None and not math.isfinite(yaw):
            raise ValueError(f"yaw = {yaw}: an angle in radians is needed")
        if name is None:
            return
        if name not in self.objects:
            raise KeyError(f"no object {name[:64]!r}; there are: {', '.join(self.objects)}")
        self._meshes.get(name)

    def _actor(self, name: str, yaw: float, now: float, begins: float) -> Actor:
        return Actor(
            name,
            x=0.0,
            y=0.0,
            size=self.config.object_size,
            yaw=yaw,
            since=now,
            enters=begins,
            side=float(self._rng.choice((-1.0, 1.0))),
            phase=float(self._rng.uniform(0, 2 * math.pi)),
        )
