"""The operator panel: serves the page on which the robot is taught, watched and corrected."""

from __future__ import annotations

import sys
import time

import cv2
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

from lr_ros.client import ClientError, LearnClient, LearnerState, Question, Recognition, Status
from lr_ros.msg import LabelRequest, LearnerStatus
from lr_ros.msg import Recognition as RecognitionMessage
from lr_ros.nodes.panel_graph import look_around
from lr_ros.nodes.panel_operator import ClientOperator
from lr_ros.nodes.panel_table import PANEL
from lr_ros.panel.access import is_loopback, new_key
from lr_ros.panel.board import QUESTIONS, Board
from lr_ros.panel.facts import NodeReport
from lr_ros.panel.pictures import Pictures
from lr_ros.panel.server import PanelServer
from lr_ros.ros import qos
from lr_ros.ros.diagnostics import Diagnostics, Level, Report
from lr_ros.ros.images import ImageError, to_rgb
from lr_ros.ros.parameters import Parameters
from lr_ros.ros.spin import StartError, run_node
from lr_ros.ros.worker import NewestWorker

_LOOKED_AWAY = 3.0
"""Seconds without a browser that looks, after which the annotated picture is not drawn any more."""

_TICK = 0.5


class PanelNode(Node):
    """Pins up what it hears, fetches what it must ask for, and serves the page."""

    def __init__(self) -> None:
        super().__init__("panel", start_parameter_services=False)
        self.parameters = Parameters(self, PANEL)
        self.board = Board(self.get_namespace(), lambda: self.get_clock().now().nanoseconds * 1e-9)
        self._pictures = Pictures()
        self._last_picture = 0.0
        self._debug: Subscription | None = None
        self._classes_of: tuple[int, LearnerState] | None = None
        self._client = LearnClient(
            self.get_namespace(), node=self, timeout=3.0, answer_timeout=30.0
        )
        try:
            self._server = self._serve()
        except BaseException:
            self._client.close()
            raise
        self._encoder: NewestWorker[Image] = NewestWorker("pictures", self._encode, self._on_fault)
        self._asker: NewestWorker[Status] = NewestWorker("asker", self._ask, self._on_unanswered)
        self.create_subscription(
            RecognitionMessage, "recognition", self._on_recognition, qos.results()
        )
        self.create_subscription(LearnerStatus, "learner_status", self._on_status, qos.latched())
        self.create_subscription(
            LabelRequest, "label_request", self._on_question, qos.latched(QUESTIONS)
        )
        self.create_subscription(
            DiagnosticArray, "/diagnostics", self._on_diagnostics, qos.results(50)
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_TICK, self._watch, clock=steady)
        self._diagnostics = Diagnostics(self, self._report)

    def close(self) -> None:
        """End the server and every thread."""
        self._client.close()
        self._encoder.close()
        self._asker.close()
        self._server.close()

    def _serve(self) -> PanelServer:
        host, port = self.parameters["host"], self.parameters["port"]
        key = self.parameters["access.key"]
        if not key and not is_loopback(host):
            key = new_key()
        try:
            operator = ClientOperator(self._client, self.board)
            server = PanelServer((host, port), key, self.board, self._pictures, operator)
        except OSError as error:
            raise StartError(
                f"cannot serve the page on {host} port {port}: {error.strerror or error}; choose "
                "others with the parameters host and port"
            ) from error
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{server.port}/" + (f"?key={key}" if key else "")
        if not is_loopback(host):
            self.get_logger().warning(
                f"the panel listens on {host}, so not on this machine alone: everybody who has "
                "its key can see through the camera, teach the robot and make it forget, and the "
                "connection is not encrypted. Safer: host:=127.0.0.1 and an SSH tunnel"
            )
        self.get_logger().info(f"the panel is at {address}")
        return server

    def _report(self) -> Report:
        looked_at = self._debug is not None
        summary = "somebody looks" if looked_at else "nobody looks"
        values = {"port": self._server.port, "questions": len(self.board.questions)}
        return Report(Level.OK, summary, values)

    # ---- what is heard --------------------------------------------------------------------------

    def _on_recognition(self, message: RecognitionMessage) -> None:
        self.board.put_recognition(Recognition.from_message(message))

    def _on_status(self, message: LearnerStatus) -> None:
        try:
            status = Status.from_message(message)
        except ValueError as error:
            self.get_logger().warning(
                f"status of the learner refused: {error}", throttle_duration_sec=5.0
            )
            return
        silent = not self.board.facts().learner_speaks
        self.board.put_status(status)
        if silent or self._classes_of != (status.model_version, status.state):
            self._asker.put(status)

    def _on_question(self, message: LabelRequest) -> None:
        self.board.ask(Question.from_message(message))
        status = self.board.facts().status
        if status is not None:  # one of before this panel's start may have its answer by now
            self._asker.put(status)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        own = self.get_namespace().strip("/")
        for status in message.status:
            namespace, _, node = status.name.lstrip("/").rpartition("/")
            if namespace == own and status.hardware_id == "lr_ros":
                values = {entry.key: entry.value for entry in status.values}
                level = int.from_bytes(status.level, "little")
                self.board.put_report(node, NodeReport(level, status.message, values))

    # ---- what is asked for (in threads of their own) -------------------------------------------

    def _ask(self, status: Status) -> None:
        """Fetch the classes, and which questions can still be answered."""
        self.board.put_classes(self._client.list_classes())
        if self.board.questions:
            unnamed = {s.segment_id: s.start for s in self._client.list_segments() if not s.label}
            self.board.keep_questions(unnamed)
        self._classes_of = (status.model_version, status.state)

    def _on_unanswered(self, _status: Status, error: Exception) -> None:
        if not isinstance(error, ClientError):
            self.get_logger().error(f"cannot list the classes: {error}")
        # Otherwise the learner is gone or busy: its next status asks again.

    # ---- the live picture ----------------------------------------------------------------------

    def _watch(self) -> None:
        """Look who is there, and listen to the annotated picture only while somebody looks."""
        self.board.put_graph(*look_around(self))
        looked_at = self._pictures.idle < _LOOKED_AWAY
        if looked_at and self._debug is None:
            self._debug = self.create_subscription(
                Image, "debug_image", self._on_picture, qos.camera()
            )
        elif not looked_at and self._debug is not None:
            self.destroy_subscription(self._debug)
            self._debug = None

    def _on_picture(self, message: Image) -> None:
        now = time.monotonic()
        # A tenth less than the period, so that a camera of just this rate loses no picture.
        if now - self._last_picture > 0.9 / self.parameters["image.rate"]:
            self._last_picture = now
            self._encoder.put(message)

    def _encode(self, message: Image) -> None:
        image = to_rgb(message)
        height, width = image.shape[:2]
        scale = self.parameters["image.width"] / width
        if scale < 1.0:
            size = (round(width * scale), max(1, round(height * scale)))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        options = [cv2.IMWRITE_JPEG_QUALITY, self.parameters["image.quality"]]
        _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
        self._pictures.put(jpeg.tobytes())

    def _on_fault(self, _message: Image, error: Exception) -> None:
        reason = error.reason if isinstance(error, ImageError) else type(error).__name__
        self.get_logger().warning(
            f"picture not shown ({reason}): {error}", throttle_duration_sec=5.0
        )


def main() -> int:
    """Run the panel until it is told to stop; return the exit code."""
    return run_node(PanelNode, sys.argv)


if __name__ == "__main__":
    sys.exit(main())
