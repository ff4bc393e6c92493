"""The image source: publishes a camera, a video, pictures, a data set or a recording."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from builtin_interfaces.msg import Time
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.timer import Timer
from std_srvs.srv import SetBool

from lr_ros.msg import ErrorCode
from lr_ros.nodes.camera_publisher import CameraPublisher, refuse
from lr_ros.nodes.source_tables import IMAGE_SOURCE
from lr_ros.ros.diagnostics import Diagnostics, Level, Report
from lr_ros.ros.parameters import Parameters
from lr_ros.ros.spin import StartError, run_node
from lr_ros.ros.worker import NewestWorker
from lr_ros.sources.base import Frame, SourceError, UnknownClipError
from lr_ros.sources.calibration import Calibration, load_calibration
from lr_ros.sources.library import Wanted, open_library
from lr_ros.sources.player import ClipEnded, Player, State
from lr_ros.srv import ListObjects, PlayClip, Seek

# A subscriber that was found may not have found this publisher yet; its first frames were lost.
_SETTLING = 0.5


class ImageSourceNode(Node):
    """Publishes the frames of one clip at a time; which one, and from where, by service."""

    def __init__(self) -> None:
        super().__init__("image_source", start_parameter_services=False)
        self.parameters = Parameters(self, IMAGE_SOURCE, self._on_change)
        self._calibration = self._load_calibration()
        self._player = self._open()
        self._camera = CameraPublisher(self, self.parameters)
        self._awaited: int = self.parameters["source.wait_for"]
        self._there_since: float | None = None
        self._worker = NewestWorker("source", self._step, self._on_fault)
        self._timer: Timer | None = None
        self._start_timer()
        self.create_service(ListObjects, "list_clips", self._on_list)
        self.create_service(PlayClip, "play_clip", self._on_play)
        self.create_service(Seek, "seek", self._on_seek)
        self.create_service(SetBool, "pause", self._on_pause)
        self._diagnostics = Diagnostics(self, self._report)

    def close(self) -> None:
        """End the thread and give file or device back."""
        if self._timer is not None:
            self._timer.cancel()
        self._worker.close()
        self._player.close()

    # ---- playing ------------------------------------------------------------------------------

    def _open(self) -> Player:
        p = self.parameters
        wanted = Wanted(p["image.width"], p["image.height"], p["image.rate"])
        try:
            player = Player(open_library(p["source.path"], p["source.kind"], wanted))
            self.get_logger().info(f"{len(player.names)} clips in {p['source.path']}")
            if p["source.autoplay"]:
                player.play(p["source.clip"] or player.names[0], p["source.loop"])
        except (SourceError, UnknownClipError) as error:
            raise StartError(f"{error} (parameter source.path or source.clip)") from error
        return player

    def _load_calibration(self) -> Calibration | None:
        path = self.parameters["source.calibration"]
        try:
            return load_calibration(Path(path).expanduser()) if path else None
        except SourceError as error:
            raise StartError(f"{error} (parameter source.calibration)") from error

    def _start_timer(self) -> None:
        """Tick at the rate of what plays now, by the node's clock."""
        if self._timer is not None:
            self._timer.cancel()
            self.destroy_timer(self._timer)
        rate = self._player.rate(self.parameters["image.rate"])
        self._timer = self.create_timer(1.0 / rate, lambda: self._worker.put(True))

    def _on_change(self, names: set[str]) -> None:
        if "image.rate" in names:
            self._start_timer()

    def _step(self, _tick: bool) -> None:
        """Publish the next frame, if one is due."""
        if not self._all_there():
            return
        try:
            frame = self._player.next()
        except ClipEnded as ended:
            self.get_logger().info(str(ended))
            self._camera.publish_end(self._now(0.0), ended.clip)
            return
        if frame is not None:
            self._publish(frame)

    def _all_there(self) -> bool:
        """Whether the awaited subscribers are there, and were already a moment ago."""
        if self._awaited == 0:
            return True
        if self._camera.subscribers < self._awaited:
            self._there_since = None
            return False
        if self._there_since is None:
            self._there_since = time.monotonic()
        if time.monotonic() - self._there_since < _SETTLING:
            return False
        self._awaited = 0
        return True

    def _publish(self, frame: Frame) -> None:
        height, width = frame.image.shape[:2]
        calibration = self._calibration
        if calibration is None or (calibration.width, calibration.height) != (width, height):
            if calibration is not None:
                self.get_logger().warning(
                    f"calibration is for {calibration.width} x {calibration.height} pixels, not "
                    f"{width} x {height}: camera_info says 'not calibrated'",
                    throttle_duration_sec=60.0,
                )
            calibration = Calibration(width, height)
        clip = self._player.standing.clip
        self._camera.publish(frame.image, self._now(frame.age), clip, frame.index, calibration)

    def _now(self, age: float) -> Time:
        now = self.get_clock().now()
        # Simulated time may be younger than the frame.
        age = min(age, now.nanoseconds * 1e-9)
        return (now - Duration(seconds=age)).to_msg()

    def _on_fault(self, _tick: bool, error: Exception) -> None:
        self.get_logger().error(f"no frame: {error}", throttle_duration_sec=5.0)

    # ---- services -----------------------------------------------------------------------------

    def _on_list(
        self, _request: ListObjects.Request, response: ListObjects.Response
    ) -> ListObjects.Response:
        response.success = True
        response.names = list(self._player.names)
        response.current = self._player.standing.clip
        response.message = f"{len(response.names)} clips"
        return response

    def _on_play(self, request: PlayClip.Request, response: PlayClip.Response) -> PlayClip.Response:
        try:
            response.frames = self._player.play(request.name, request.loop)
        except UnknownClipError as error:
            return refuse(response, ErrorCode.UNKNOWN_OBJECT, str(error))
        except SourceError as error:
            return refuse(response, ErrorCode.IO_ERROR, str(error))
        self._awaited = self.parameters["source.wait_for"]
        self._start_timer()
        response.success = True
        response.message = f"clip {request.name!r} plays"
        return response

    def _on_seek(self, request: Seek.Request, response: Seek.Response) -> Seek.Response:
        try:
            response.frame = self._player.seek(request.position, self.parameters["image.rate"])
        except SourceError as error:
            return refuse(response, ErrorCode.INVALID_ARGUMENT, str(error))
        response.success = True
        response.message = f"the next frame is {response.frame}"
        return response

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        changed = self._player.pause(request.data)
        state = self._player.standing.state
        response.success = changed or (state is State.PAUSED) == request.data
        response.message = state.value
        return response

    # ---- diagnostics --------------------------------------------------------------------------

    def _report(self) -> Report:
        standing = self._player.standing
        level, summary = Level.OK, standing.state.value
        if standing.state is State.LOST:
            level, summary = Level.ERROR, standing.error
        elif self._camera.subscribers < self._awaited:
            summary = f"waiting for {self._awaited} subscribers"
        elif standing.skipped:
            level, summary = Level.WARN, f"{standing.skipped} damaged frames passed over"
        return Report(
            level,
            summary,
            {
                "state": standing.state.value,
                "clip": standing.clip,
                "next frame": standing.next_index,
                "frames in clip": "unknown" if standing.length is None else standing.length,
                "damaged frames": standing.skipped,
                "frames published": self._camera.published,
                "ticks without time for a frame": self._worker.replaced,
                "rate [1/s]": self._camera.rate.rate,
                "subscribers": self._camera.subscribers,
            },
        )


def main() -> int:
    """Run the image source until it is told to stop; return the exit code."""
    return run_node(ImageSourceNode, sys.argv)


if __name__ == "__main__":
    sys.exit(main())
