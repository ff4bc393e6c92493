"""The services of the simulated camera: what is shown, where, and before what."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from lr_ros.msg import ErrorCode, Scene, SceneObject
from lr_ros.nodes.camera_publisher import refuse
from lr_ros.sim.backgrounds import PAINTERS
from lr_ros.sim.domain import Domain
from lr_ros.sim.lights import LIGHTS
from lr_ros.sim.mesh import ObjectFileError
from lr_ros.sim.scene import SimulatedScene
from lr_ros.sim.table import Spot, TableFullError
from lr_ros.sim.views import Thing, View
from lr_ros.srv import (
    GetScene,
    ListObjects,
    MoveObject,
    PlaceObject,
    PresentObject,
    RemoveObject,
    SetDomain,
)

_FULL_TURN = 2 * math.pi


class SceneServices:
    """Offers the services; ``lock`` guards the scene."""

    def __init__(
        self, node: Node, scene: SimulatedScene, lock: threading.Lock, placed_size: float
    ) -> None:
        self._scene, self._lock = scene, lock
        self._placed_size = placed_size
        self.newest = Scene()
        for kind, name, work in (
            (PresentObject, "present_object", self._present),
            (PlaceObject, "place_object", self._place),
            (MoveObject, "move_object", self._move),
            (RemoveObject, "remove_object", self._remove),
            (SetDomain, "set_domain", self._set_domain),
            (ListObjects, "list_objects", self._list),
            (GetScene, "get_scene", self._get),
        ):
            node.create_service(kind, name, self._answering(work))

    def _answering(self, work: Callable[[Any, Any], str]) -> Callable[[Any, Any], Any]:
        """Return a service's callback; ``work`` returns the sentence, or raises why not."""

        def answer(request: Any, response: Any) -> Any:
            try:
                with self._lock:
                    response.message = work(request, response)
            except KeyError as error:
                return refuse(response, ErrorCode.UNKNOWN_OBJECT, str(error.args[0]))
            except ObjectFileError as error:
                return refuse(response, ErrorCode.IO_ERROR, str(error))
            except TableFullError as error:
                return refuse(response, ErrorCode.CAPACITY, str(error))
            except ValueError as error:
                return refuse(response, ErrorCode.INVALID_ARGUMENT, str(error))
            response.success = True
            return response

        return answer

    def _present(self, request: PresentObject.Request, _: PresentObject.Response) -> str:
        if request.background < -1:
            raise ValueError(
                f"background = {request.background}: a number from 0, or -1 to keep it, is needed"
            )
        background = None if request.background == -1 else request.background
        yaw = _kept("yaw", request.yaw)
        self._scene.present(request.object_name or None, background, yaw)
        return f"{request.object_name} is shown" if request.object_name else "nobody is held up"

    def _place(self, request: PlaceObject.Request, _: PlaceObject.Response) -> str:
        size = request.size if request.size != 0.0 else self._placed_size
        spot = Spot(request.x, request.y, request.yaw, size, request.turn_rate)
        self._scene.place(request.object_name, spot)
        return f"{request.object_name} stands at x = {spot.x:g}, y = {spot.y:g} m"

    def _move(self, request: MoveObject.Request, _: MoveObject.Response) -> str:
        name, place = request.object_name, (request.x, request.y)
        table = self._scene.table
        if table is None:
            raise ValueError("the scene has no table; start the camera with scene.table:=true")
        yaw = _kept("yaw", request.yaw)
        table.move(name, place, self._scene.now, yaw=yaw, seconds=request.seconds)
        return f"{name} moves to x = {request.x:g}, y = {request.y:g} m"

    def _remove(self, request: RemoveObject.Request, response: RemoveObject.Response) -> str:
        response.removed = self._scene.remove(request.object_name or None)
        return f"{response.removed} objects leave" if response.removed != 1 else "1 object leaves"

    def _set_domain(self, request: SetDomain.Request, _: SetDomain.Response) -> str:
        changes: dict[str, Any] = {}
        if request.background:
            changes["background"] = request.background
        if request.light:
            changes["light"] = request.light
        if request.clutter != -1:
            changes["clutter"] = request.clutter
        if request.occlusion != -1.0:
            changes["occlusion"] = request.occlusion
        if request.hand != -1:
            if request.hand not in (0, 1):
                raise ValueError(f"hand = {request.hand}: 1, 0, or -1 to keep it, is needed")
            changes["hand"] = bool(request.hand)
        self._scene.domain = domain = replace(self._scene.domain, **changes)
        return _sentence(domain)

    def _list(self, _request: ListObjects.Request, response: ListObjects.Response) -> str:
        response.names = list(self._scene.objects)
        response.current = self._scene.presented or ""
        return f"{len(response.names)} objects"

    def _get(self, _request: GetScene.Request, response: GetScene.Response) -> str:
        response.scene = self.newest
        response.backgrounds = list(PAINTERS)
        response.lights = list(LIGHTS)
        response.table = self._scene.table is not None
        return f"{len(self.newest.objects)} objects are in the scene"


def _kept(what: str, value: float) -> float | None:
    """Return an angle, or None for -1: keep the present one."""
    if value == -1.0:
        return None
    if not 0.0 <= value <= _FULL_TURN:
        raise ValueError(f"{what} = {value}: an angle from 0 to 2 pi, or -1 to keep it, is needed")
    return value


def _sentence(domain: Domain) -> str:
    hand = "a hand" if domain.hand else "no hand"
    return (
        f"{domain.background} in {domain.light}, {domain.clutter} things around, "
        f"{domain.occlusion:.0%} of each object hidden, {hand}"
    )


def to_scene(view: View, domain: Domain, header: Header) -> Scene:
    """Return the truth about a picture as a message."""
    return Scene(
        header=header,
        background=domain.background,
        light=domain.light,
        clutter=domain.clutter,
        occlusion=domain.occlusion,
        hand=domain.hand,
        objects=[_to_object(thing) for thing in view.things],
    )


def _to_object(thing: Thing) -> SceneObject:
    left, top, width, height = thing.box
    return SceneObject(
        name=thing.name,
        on_table=thing.on_table,
        x=thing.x,
        y=thing.y,
        size=thing.size,
        yaw=thing.yaw,
        roi=RegionOfInterest(x_offset=left, y_offset=top, width=width, height=height),
        visible=thing.visible,
    )
