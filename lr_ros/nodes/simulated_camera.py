"""The simulated camera: shows an object when asked to, and publishes what a camera would see."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rclpy.node import Node
from rclpy.timer import Timer

from lr_ros.msg import ErrorCode
from lr_ros.nodes.camera_publisher import CameraPublisher, refuse
from lr_ros.nodes.source_tables import SIMULATED_CAMERA
from lr_ros.ros.diagnostics import Diagnostics, Level, Report
from lr_ros.ros.parameters import Parameters
from lr_ros.ros.spin import StartError, run_node
from lr_ros.ros.worker import NewestWorker
from lr_ros.sim.catalogue import CATALOGUE, choose, objects_in
from lr_ros.sim.mesh import ObjectFileError, SimulatorUnavailableError, focal_length
from lr_ros.sim.motion import Motion
from lr_ros.sim.scene import SceneConfig, SimulatedScene
from lr_ros.sources.calibration import pinhole
from lr_ros.srv import ListObjects, PresentObject

_FULL_TURN = 2 * math.pi


class SimulatedCameraNode(Node):
    """Publishes the scene at a set rate; the scene's time advances by one step a picture."""

    def __init__(self) -> None:
        super().__init__("simulated_camera")
        self.parameters = Parameters(self, SIMULATED_CAMERA, self._on_change)
        self._scene = _scene(self.parameters)
        self._scene_lock = threading.Lock()
        self._time = 0.0
        self._index = 0
        width, height = self.parameters["image.width"], self.parameters["image.height"]
        object_pixels = self.parameters["scene.object_size"] * height
        self._calibration = pinhole(width, height, focal_length(object_pixels))
        self._camera = CameraPublisher(self, self.parameters)
        self._worker = NewestWorker("camera", self._step, self._on_fault)
        self._timer = self._start_timer()
        self.create_service(PresentObject, "present_object", self._on_present)
        self.create_service(ListObjects, "list_objects", self._on_list)
        self._diagnostics = Diagnostics(self, self._report)
        count = len(self._scene.objects)
        self.get_logger().info(f"{count} objects can be shown at {width} x {height} pixels")

    def close(self) -> None:
        """End the thread and give the simulator's memory back."""
        self._timer.cancel()
        self._worker.close()
        self._scene.close()

    def _start_timer(self) -> Timer:
        return self.create_timer(
            1.0 / self.parameters["image.rate"], lambda: self._worker.put(True)
        )

    def _on_change(self, names: set[str]) -> None:
        if "image.rate" in names:
            self._timer.cancel()
            self.destroy_timer(self._timer)
            self._timer = self._start_timer()

    def _step(self, _tick: bool) -> None:
        """Take and publish the next picture."""
        with self._scene_lock:
            self._time += 1.0 / self.parameters["image.rate"]
            view = self._scene.render(self._time)
        stamp = self.get_clock().now().to_msg()
        name = view.seen[0].name if view.seen else ""
        self._camera.publish(view.image, stamp, name, self._index, self._calibration)
        self._index += 1

    def _on_fault(self, _tick: bool, error: Exception) -> None:
        self.get_logger().error(f"no picture: {error}", throttle_duration_sec=5.0)

    def _on_present(
        self, request: PresentObject.Request, response: PresentObject.Response
    ) -> PresentObject.Response:
        name = request.object_name or None
        if request.background < -1:
            return refuse(
                response,
                ErrorCode.INVALID_ARGUMENT,
                f"background = {request.background}: a number from 0, or -1 to keep it, is needed",
            )
        if not (request.yaw == -1.0 or 0.0 <= request.yaw <= _FULL_TURN):
            return refuse(
                response,
                ErrorCode.INVALID_ARGUMENT,
                f"yaw = {request.yaw}: an angle from 0 to 2 pi, or -1 to turn on, is needed",
            )
        background = None if request.background == -1 else request.background
        yaw = None if request.yaw == -1.0 else request.yaw
        try:
            with self._scene_lock:
                self._scene.present(name, background, yaw)
        except KeyError as error:
            return refuse(response, ErrorCode.UNKNOWN_OBJECT, str(error.args[0]))
        except ObjectFileError as error:
            return refuse(response, ErrorCode.IO_ERROR, str(error))
        except ValueError as error:
            return refuse(response, ErrorCode.INVALID_ARGUMENT, str(error))
        response.success = True
        response.message = f"{name} is shown" if name else "nobody is in view"
        return response

    def _on_list(
        self, _request: ListObjects.Request, response: ListObjects.Response
    ) -> ListObjects.Response:
        response.success = True
        response.names = list(self._scene.objects)
        response.current = self._scene.presented or ""
        response.message = f"{len(response.names)} objects"
        return response

    def _report(self) -> Report:
        rate = self._camera.rate.rate
        wanted = self.parameters["image.rate"]
        slow = rate < 0.8 * wanted and self._time > 5.0
        return Report(
            Level.WARN if slow else Level.OK,
            f"{rate:.1f} pictures a second, {wanted:g} are wanted" if slow else "publishing",
            {
                "object": self._scene.presented or "(nobody)",
                "background": self._scene.background,
                "pictures published": self._camera.published,
                "pictures left out": self._worker.replaced,
                "rate [1/s]": rate,
                "subscribers": self._camera.subscribers,
            },
        )


def _scene(parameters: Mapping[str, Any]) -> SimulatedScene:
    """Return the scene of these parameters, the first object in view."""
    folder = parameters["scene.object_folder"]
    names = tuple(n.strip() for n in parameters["scene.objects"].split(",") if n.strip())
    try:
        available = objects_in(Path(folder).expanduser()) if folder else CATALOGUE
        config = SceneConfig(
            width=parameters["image.width"],
            height=parameters["image.height"],
            objects=choose(names, available),
            object_size=parameters["scene.object_size"],
            motion=Motion(
                turn_rate=parameters["scene.turn_rate"],
                wobble=parameters["scene.wobble"],
                wander=parameters["scene.wander"],
                slide=parameters["scene.slide"],
            ),
            sway=parameters["scene.sway"],
            noise=parameters["scene.noise"],
            clutter=parameters["scene.clutter"],
            hand=parameters["scene.hand"],
            seed=parameters["scene.seed"],
        )
        scene = SimulatedScene(config)
        first = parameters["scene.first_object"] or None
        scene.present(first, parameters["scene.background"])
    except (KeyError, ValueError, OSError, SimulatorUnavailableError) as error:
        reason = error.args[0] if isinstance(error, KeyError) else error
        raise StartError(f"{reason} (parameters scene.*)") from error
    return scene


def main() -> int:
    """Run the simulated camera until it is told to stop; return the exit code."""
    return run_node(SimulatedCameraNode, sys.argv)


if __name__ == "__main__":
    sys.exit(main())
