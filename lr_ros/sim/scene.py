"""The simulated scene: objects turn before a background, and a camera takes pictures of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from lr_ros.sim.backdrops import Backdrops
from lr_ros.sim.board import draw_board
from lr_ros.sim.catalogue import CATALOGUE, ObjectSpec
from lr_ros.sim.domain import Domain
from lr_ros.sim.drawing import Canvas
from lr_ros.sim.hand import draw_hand
from lr_ros.sim.lights import LIGHTS
from lr_ros.sim.mesh import focal_length, load_pybullet
from lr_ros.sim.mesh_cache import MeshCache
from lr_ros.sim.motion import Actor, Motion
from lr_ros.sim.table import Spot, Table
from lr_ros.sim.table_backdrops import TableBackdrops
from lr_ros.sim.table_drawing import TableDrawing
from lr_ros.sim.table_view import TableView
from lr_ros.sim.views import Seen, Thing, View

HELD_UP = 0.15
"""Diameter that an object has when it is held up to the camera [m]."""

PAUSE = 0.6
"""How long nobody is held up between two objects that slide [s]: as with hands that put one down
and take the next. A segment ends in it, so that no view of one is learned as the other."""


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
        clutter: How many things lie around at first; they are part of the background.
        hand: Whether a hand holds the object at first, and covers some of it.
        occlusion: Share of each object that a board before it hides at first, 0..0.9.
        table: Whether there is a table on which objects can be placed.
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
    occlusion: float = 0.0
    table: bool = False
    oversample: float = 1.6
    seed: int = 0

    def __post_init__(self) -> None:
        if not (32 <= self.width <= 4096 and 32 <= self.height <= 4096):
            raise ValueError(f"picture of {self.width} x {self.height}: allowed is 32 to 4096")
        self.domain  # noqa: B018 - impossible values are refused here
        names = [spec.name for spec in self.objects]
        if not names or len(set(names)) != len(names):
            raise ValueError(
                f"objects must have names of their own, and there must be one: {names}"
            )

    @property
    def domain(self) -> Domain:
        """What surrounds the objects at first."""
        return Domain(clutter=self.clutter, hand=self.hand, occlusion=self.occlusion)

    @property
    def focal(self) -> float:
        """Focal length of the camera [pixels]."""
        return focal_length(self.object_size * self.height)


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
        self._free = -math.inf  # when the next may come into view
        self._yaw, self._yaw_since = 0.0, 0.0
        self._now = 0.0
        self._backdrops: Backdrops | TableBackdrops
        self.table: Table | None = None
        c = self.config
        if c.table:
            view = TableView(c.width, c.height, c.focal, c.sway)
            self.table = Table(c.motion.slide)
            self._drawing = TableDrawing(view)
            self._backdrops = TableBackdrops(view, c.seed)
        else:
            self._backdrops = Backdrops(c.width, c.height, c.sway, c.seed)
        self.domain = c.domain

    @property
    def objects(self) -> tuple[str, ...]:
        """Names of the objects that can be shown."""
        return tuple(spec.name for spec in self.config.objects)

    @property
    def now(self) -> float:
        """Time of the last picture [s]."""
        return self._now

    @property
    def background(self) -> int:
        """Number of the present setting (background and light)."""
        return self.domain.number

    @background.setter
    def background(self, number: int) -> None:
        self.domain = replace(self.domain, **Domain.names_of(number))

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

        The next comes ``PAUSE`` after the one before has left.

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
        if current is not None:
            self._let_go(current, now)
        self._presented = None
        if name is not None:
            self._presented = self._actor(name, yaw, now, max(now, self._free))
            self._actors.append(self._presented)

    def place(self, name: str, spot: Spot) -> None:
        """Stand an object on the table at the time of the last picture.

        Errors are those of :meth:`lr_ros.sim.table.Table.place`, and:

        Raises:
            KeyError: There is no such object; the message lists them.
            ValueError: The scene has no table.
            ObjectFileError: The object's file cannot be loaded; nothing has changed.
        """
        if self.table is None:
            raise ValueError("the scene has no table; start the camera with scene.table:=true")
        self.table.check(name)
        self._check(name, None)
        self.table.place(name, spot, self._now)

    def remove(self, name: str | None) -> int:
        """Take an object away, None: all; return how many leave.

        Raises:
            KeyError: No object of that name is in the scene; the message lists those that are.
        """
        standing = self.table.names if self.table is not None else ()
        held = () if self.presented is None else (self.presented,)
        there = dict.fromkeys((*held, *standing))
        if name is not None and name not in there:
            raise KeyError(
                f"no object {name[:64]!r} is in the scene; there are: {', '.join(there) or 'none'}"
            )
        leaving = [(n, True) for n in held] + [(n, False) for n in standing]
        chosen = [(n, up) for n, up in leaving if name in (None, n)]
        for each, up in chosen:
            if up:
                self.present(None)
            elif self.table is not None:
                self.table.remove(each, self._now)
        return len(chosen)

    def render(self, t: float) -> View:
        """Return the picture at time ``t`` [s] and the truth about it."""
        self._now = t
        motion, aspect = self.config.motion, self.config.width / self.config.height
        self._actors = [actor for actor in self._actors if not actor.gone(t, motion)]
        domain = self.domain
        canvas = Canvas(self._backdrops.at(domain, t), LIGHTS[domain.light], self.config.oversample)
        standing = self._draw_table(canvas, t)
        things = [*standing]
        for actor in sorted(self._actors, key=lambda a: a.y):
            pose = actor.pose(t, motion, aspect)
            if pose is None:
                continue
            mesh = self._meshes.get(actor.name)
            box = canvas.add(mesh, pose)
            yaw = actor.yaw_at(t, motion) % (2 * math.pi)
            things.append(Thing(actor.name, False, 0.0, 0.0, HELD_UP, yaw))
            if domain.hand:
                draw_hand(canvas, box)
            if domain.occlusion > 0:
                self._draw_board(canvas, actor, mesh.reach)
        parts = canvas.parts()
        things = [
            replace(thing, box=part.box, visible=part.visible) if part.area else thing
            for thing, part in zip(things, parts, strict=True)
        ]
        seen = [Seen(thing.name, thing.box, thing.visible) for thing in things if thing.visible]
        seen.sort(key=lambda s: -s.box[2] * s.box[3])
        rng = np.random.default_rng((self.config.seed, round(t * 1e6) & 0xFFFFFFFFFFFF))
        ordered = (*things[len(standing) :], *things[: len(standing)])
        return View(canvas.finish(self.config.noise, rng), tuple(seen), ordered)

    def _draw_table(self, canvas: Canvas, t: float) -> list[Thing]:
        """Draw what stands on the table, but for what is held up now."""
        if self.table is None:
            return []
        held = {actor.name for actor in self._actors}
        items = [item for item in self.table.items(t) if item.name not in held]
        # All of them are drawn in every picture, and some to come.
        self._meshes.limit = len(items) + 3
        return self._drawing.draw(canvas, items, self._meshes, t, self.domain.occlusion)

    def _draw_board(self, canvas: Canvas, actor: Actor, reach: tuple[float, float]) -> None:
        """Stand a board before where an object is held up; it does not move with it."""
        above, below = reach
        height, width = self.config.height, self.config.width
        half = actor.size * height / 2
        left = width / 2 + actor.x * height - half
        top = height / 2 + actor.y * height - above * half
        draw_board(canvas, (left, top, 2 * half, (above + below) * half), self.domain.occlusion)

    def close(self) -> None:
        """Give the simulator's memory back."""
        self._meshes.close()

    def _let_go(self, actor: Actor, now: float) -> None:
        """Let what is held up leave, and the next wait until it has."""
        if now < actor.enters:  # nothing has been seen of it
            self._actors.remove(actor)
            return
        actor.leaves = now
        slide = self.config.motion.slide
        self._free = now + slide + (PAUSE if slide > 0 else 0.0)

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
