"""The simulated camera: shows objects when asked to, and publishes what a camera would see."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.timer import Timer
from std_msgs.msg import Header

from lr_ros.msg import Scene
from lr_ros.nodes.camera_publisher import CameraPublisher
from lr_ros.nodes.scene_services import SceneServices, to_scene
from lr_ros.nodes.simulated_clock import SimulatedClock
from lr_ros.nodes.source_tables import SIMULATED_CAMERA
from lr_ros.ros import qos
from lr_ros.ros.diagnostics import Diagnostics, Level, Report
from lr_ros.ros.parameters import Parameters
from lr_ros.ros.spin import StartError, run_node
from lr_ros.ros.worker import NewestWorker
from lr_ros.sim.catalogue import CATALOGUE, choose, objects_in
from lr_ros.sim.mesh import SimulatorUnavailableError
from lr_ros.sim.motion import Motion
from lr_ros.sim.scene import SceneConfig, SimulatedScene
from lr_ros.sim.table import MOST_OBJECTS, Spot
from lr_ros.sources.calibration import pinhole


class SimulatedCameraNode(Node):
    """Publishes the scene at a set rate; the scene's time advances by one step a picture.

    The pictures follow the node's clock, or with ``clock.publish`` one of its own.
    """

    def __init__(self) -> None:
        super().__init__("simulated_camera", start_parameter_services=False)
        self.parameters = Parameters(self, SIMULATED_CAMERA, self._on_change)
        self._own_clock = bool(self.parameters["clock.publish"])
        if self._own_clock and self.get_parameter("use_sim_time").value:
            raise StartError(
                "clock.publish and use_sim_time are both true: the camera that makes the clock "
                "cannot follow one; set use_sim_time for the other nodes only"
            )
        self._scene = _scene(self.parameters)
        self._scene_lock = threading.Lock()
        self._time = 0.0
        self._index = 0
        config = self._scene.config
        self._calibration = pinhole(config.width, config.height, config.focal)
        self._camera = CameraPublisher(self, self.parameters)
        self._truth = self.create_publisher(Scene, "scene", qos.results(100))
        self._offered = SceneServices(
            self, self._scene, self._scene_lock, self.parameters["scene.placed_size"]
        )
        self._worker: NewestWorker[bool] | None = None
        self._own_time: SimulatedClock | None = None
        self._start()
        self._diagnostics = Diagnostics(self, self._report)
        count = len(self._scene.objects)
        self.get_logger().info(
            f"{count} objects can be shown at {config.width} x {config.height} pixels"
        )

    def close(self) -> None:
        """End the thread and give the simulator's memory back."""
        if self._own_time is not None:
            self._own_time.close()
        if self._worker is not None:
            self._timer.cancel()
            self._worker.close()
        self._scene.close()

    def _start(self) -> None:
        if self._own_clock:
            self._own_time = SimulatedClock(
                self,
                rate=lambda: self.parameters["image.rate"],
                speed=lambda: self.parameters["clock.speed"],
                lockstep=self.parameters["clock.lockstep"],
                step=self._take,
                on_fault=self._on_fault,
            )
            return
        self._worker = NewestWorker("camera", self._step, lambda _, error: self._on_fault(error))
        self._timer = self._start_timer(self._worker)

    def _start_timer(self, worker: NewestWorker[bool]) -> Timer:
        return self.create_timer(1.0 / self.parameters["image.rate"], lambda: worker.put(True))

    def _on_change(self, names: set[str]) -> None:
        if "image.rate" in names and self._worker is not None:
            self._timer.cancel()
            self.destroy_timer(self._timer)
            self._timer = self._start_timer(self._worker)

    def _step(self, _tick: bool) -> None:
        """Take the next picture by the node's clock."""
        self._take(self._time + 1.0 / self.parameters["image.rate"], None)

    def _take(self, t: float, stamp: Time | None) -> None:
        """Take and publish the picture of the scene's time ``t`` [s]; no stamp: the present."""
        with self._scene_lock:
            self._time = t
            domain = self._scene.domain
            view = self._scene.render(t)
        stamp = stamp or self.get_clock().now().to_msg()
        frame_id = self.parameters["image.frame_id"]
        truth = to_scene(view, domain, Header(stamp=stamp, frame_id=frame_id))
        self._offered.newest = truth
        self._truth.publish(truth)
        name = view.seen[0].name if view.seen else ""
        self._camera.publish(view.image, stamp, name, self._index, self._calibration)
        self._index += 1

    def _on_fault(self, error: Exception) -> None:
        self.get_logger().error(f"no picture: {error}", throttle_duration_sec=5.0)

    def _report(self) -> Report:
        rate = self._camera.rate.rate
        wanted = self.parameters["image.rate"]
        if self._own_clock:
            wanted *= self.parameters["clock.speed"]
        slow = rate < 0.8 * wanted and self._time > 5.0
        words = "publishing"
        if slow:
            words = f"{rate:.1f} pictures a second, {wanted:g} are wanted"
        values: dict[str, object] = {
            "object": self._scene.presented or "(nobody)",
            "objects in the scene": len(self._offered.newest.objects),
            "background": self._scene.background,
            "pictures published": self._camera.published,
            "pictures left out": self._worker.replaced if self._worker is not None else 0,
            "rate [1/s]": rate,
            "subscribers": self._camera.subscribers,
        }
        if self._own_time is not None:
            values["simulated time [s]"] = self._own_time.now
            values["pictures without an answer"] = self._own_time.unanswered
        # Slower than a clock of its own was asked to go, the simulation is still right.
        return Report(Level.WARN if slow and not self._own_clock else Level.OK, words, values)


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
            occlusion=parameters["scene.occlusion"],
            table=parameters["scene.table"],
            seed=parameters["scene.seed"],
        )
        scene = SimulatedScene(config)
        first = parameters["scene.first_object"] or None
        scene.present(first, parameters["scene.background"])
        if scene.config.table:
            placed = _placed(parameters["scene.placed"], scene.objects)
            for name, spot in _rows(placed, parameters["scene.placed_size"]):
                scene.place(name, spot)
    except (KeyError, ValueError, OSError, SimulatorUnavailableError) as error:
        reason = error.args[0] if isinstance(error, KeyError) else error
        raise StartError(f"{reason} (parameters scene.*)") from error
    return scene


def _placed(asked: str, objects: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of what stands on the table at first: those asked for, or so many."""
    if asked.strip().isdecimal() and asked.strip() not in objects:
        count = min(int(asked), len(objects) // 2, MOST_OBJECTS)
        return objects[len(objects) - count :]
    return tuple(name.strip() for name in asked.split(",") if name.strip())


def _rows(names: tuple[str, ...], size: float) -> Iterator[tuple[str, Spot]]:
    """Yield the names with places on the table: a row at the back, then one in front of it."""
    back = (len(names) + 1) // 2
    for row, y in ((names[:back], 0.22), (names[back:], -0.05)):
        for number, name in enumerate(row):
            share = (number + 0.5) / len(row)
            yield name, Spot((2 * share - 1) * 0.38, y, size=size)


def main() -> int:
    """Run the simulated camera until it is told to stop; return the exit code."""
    return run_node(SimulatedCameraNode, sys.argv)


if __name__ == "__main__":
    sys.exit(main())
