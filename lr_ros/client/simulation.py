"""The simulated camera, for programs: what is in its scene, and before what."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lr_ros import msg, srv
from lr_ros.client.errors import NotAvailableError
from lr_ros.client.records import ObjectList, Region, seconds

Call = Callable[[Any, str, Any], Any]
"""Calls a service of this kind and name with this request, and returns its answer."""

_STEADY = 0.05
# From one picture to the next, what can be seen of an object that slides changes by a larger share.


@dataclass(frozen=True)
class SceneObject:
    """One object of the scene, as it truly is; fields as in ``lr_ros/msg/SceneObject``."""

    name: str
    on_table: bool
    x: float
    y: float
    size: float
    yaw: float
    region: Region
    visible: float

    @classmethod
    def from_message(cls, message: msg.SceneObject) -> SceneObject:
        """Return the record of a message."""
        return cls(
            message.name,
            message.on_table,
            message.x,
            message.y,
            message.size,
            message.yaw,
            Region.from_message(message.roi),
            message.visible,
        )


@dataclass(frozen=True)
class Scene:
    """The scene in one picture; fields as in ``lr_ros/msg/Scene``."""

    stamp: float
    background: str
    light: str
    clutter: int
    occlusion: float
    hand: bool
    objects: tuple[SceneObject, ...]

    @classmethod
    def from_message(cls, message: msg.Scene) -> Scene:
        """Return the record of a message."""
        return cls(
            seconds(message.header.stamp),
            message.background,
            message.light,
            message.clutter,
            message.occlusion,
            message.hand,
            tuple(SceneObject.from_message(each) for each in message.objects),
        )


@dataclass(frozen=True)
class SceneReport:
    """The scene now, and what can be chosen for it."""

    scene: Scene
    backgrounds: tuple[str, ...]
    lights: tuple[str, ...]
    table: bool


class Simulation:
    """What the simulated camera can be asked; errors as of :class:`LearnClient`."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def objects(self) -> ObjectList:
        """Return what can be shown, and what is held up now."""
        answer = self._call(srv.ListObjects, "list_objects", srv.ListObjects.Request())
        return ObjectList(tuple(answer.names), answer.current)

    def present(self, name: str, background: int | None = None, yaw: float | None = None) -> None:
        """Hold an object up to the camera; an empty name: nobody.

        Returns at once; :meth:`wait_until_shown` waits for it to come. ``background`` is the
        number of the background and light, ``yaw`` the angle to begin turning from [rad]; None
        keeps the present one.
        """
        request = srv.PresentObject.Request(object_name=name)
        if background is not None:
            request.background = background
        if yaw is not None:
            request.yaw = float(yaw)
        self._call(srv.PresentObject, "present_object", request)

    def wait_until_shown(self, name: str, timeout: float = 30.0) -> None:
        """Wait until ``name`` has come into view and nothing else is held up.

        An empty name: until nothing is held up.

        Raises:
            NotAvailableError: It is not so after ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        before = self.scene().scene
        while time.monotonic() < deadline:
            time.sleep(0.05)  # a picture's time; what has changed since is asked for below
            scene = self.scene().scene
            if scene.stamp == before.stamp:
                continue
            if _shown(scene, name, before):
                return
            before = scene
        what = f"{name!r} has not come into view" if name else "an object is still held up"
        raise NotAvailableError(f"{what} after {timeout:g} s; `lr doctor` says what is wrong")

    def place(
        self,
        name: str,
        at: tuple[float, float],
        *,
        yaw: float = 0.0,
        size: float = 0.0,
        turn_rate: float = 0.0,
    ) -> str:
        """Stand an object on the table; return the camera's sentence.

        ``at``: to the right of the table's middle, and away from the camera [m]; ``yaw``: its
        angle [rad]; ``size``: its diameter [m], 0 the camera's parameter; ``turn_rate`` [rad/s].
        """
        request = srv.PlaceObject.Request(object_name=name, x=float(at[0]), y=float(at[1]))
        request.yaw, request.size, request.turn_rate = float(yaw), float(size), float(turn_rate)
        return str(self._call(srv.PlaceObject, "place_object", request).message)

    def move(
        self, name: str, to: tuple[float, float], *, yaw: float | None = None, seconds: float = 1.0
    ) -> str:
        """Move an object over the table in so many seconds; return the camera's sentence."""
        request = srv.MoveObject.Request(object_name=name, x=float(to[0]), y=float(to[1]))
        request.seconds = float(seconds)
        if yaw is not None:
            request.yaw = float(yaw)
        return str(self._call(srv.MoveObject, "move_object", request).message)

    def remove(self, name: str = "") -> int:
        """Take an object away, with an empty name all; return how many leave."""
        request = srv.RemoveObject.Request(object_name=name)
        return int(self._call(srv.RemoveObject, "remove_object", request).removed)

    def set_domain(
        self,
        background: str = "",
        light: str = "",
        *,
        clutter: int | None = None,
        occlusion: float | None = None,
        hand: bool | None = None,
    ) -> str:
        """Change what surrounds the objects; return the camera's sentence.

        What is empty or None stays as it is; names and ranges as in ``lr_ros/srv/SetDomain``.
        """
        request = srv.SetDomain.Request(background=background, light=light)
        if clutter is not None:
            request.clutter = clutter
        if occlusion is not None:
            request.occlusion = float(occlusion)
        if hand is not None:
            request.hand = int(hand)
        return str(self._call(srv.SetDomain, "set_domain", request).message)

    def scene(self) -> SceneReport:
        """Return what is in the scene, and what can be chosen for it."""
        answer = self._call(srv.GetScene, "get_scene", srv.GetScene.Request())
        return SceneReport(
            Scene.from_message(answer.scene),
            tuple(answer.backgrounds),
            tuple(answer.lights),
            answer.table,
        )


def _shown(scene: Scene, name: str, before: Scene) -> bool:
    """Whether only ``name`` is held up, and does not slide any more."""
    held = [each for each in scene.objects if not each.on_table]
    if not name:
        return not held
    was = [each.visible for each in before.objects if each.name == name and not each.on_table]
    if [each.name for each in held] != [name] or not was:
        return False
    visible = held[0].visible
    return visible > 0 and abs(visible - was[0]) <= _STEADY * visible
