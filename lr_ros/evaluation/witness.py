"""What is truly in the simulated scene, what the robot says, and where it is told to look."""

from __future__ import annotations

import threading

from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import RegionOfInterest

from lr_ros import msg
from lr_ros.client import Recognition, Scene
from lr_ros.client.connection import Connection

_KEPT = 20_000


class Witness:
    """Listens to `scene` and `recognition`, and speaks on `region` for an upstream detector.

    ``attend`` names an object that stands on the table: its true region is told to the recognizer
    with every picture. An empty name: nothing is in view. None: the recognizer finds out itself.
    """

    def __init__(self, connection: Connection) -> None:
        self._news = threading.Condition()
        self._scenes: dict[float, Scene] = {}
        self._answers: dict[float, Recognition] = {}
        self.attend: str | None = None
        qos = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
        node = connection.node

        def create() -> None:
            self._region = node.create_publisher(RegionOfInterest, "region", 1)
            node.create_subscription(msg.Scene, "scene", self._on_scene, qos)
            node.create_subscription(msg.Recognition, "recognition", self._on_answer, qos)

        connection.run(create)

    def _on_scene(self, message: msg.Scene) -> None:
        scene = Scene.from_message(message)
        attend = self.attend
        if attend is not None:
            region = RegionOfInterest()
            for each in message.objects:
                if each.name == attend and each.roi.width:
                    region = each.roi
            self._region.publish(region)
        with self._news:
            _keep(self._scenes, scene.stamp, scene)
            self._news.notify_all()

    def _on_answer(self, message: msg.Recognition) -> None:
        answer = Recognition.from_message(message)
        with self._news:
            _keep(self._answers, answer.stamp, answer)
            self._news.notify_all()

    @property
    def now(self) -> float:
        """Stamp of the newest picture [s]; 0 before the first."""
        with self._news:
            return max(self._scenes, default=0.0)

    @property
    def scene(self) -> Scene | None:
        """The scene of the newest picture."""
        with self._news:
            return self._scenes[max(self._scenes)] if self._scenes else None

    def answers_after(self, stamp: float) -> list[Recognition]:
        """Return the answers to pictures later than ``stamp`` [s], in order."""
        with self._news:
            return [self._answers[s] for s in sorted(self._answers) if s > stamp]

    def wait(self, timeout: float) -> None:
        """Wait for a message, at most so long [s]."""
        with self._news:
            self._news.wait(timeout)


def _keep(found: dict[float, Scene] | dict[float, Recognition], stamp: float, new: object) -> None:
    found[stamp] = new  # type: ignore[assignment, index]  # each dictionary gets its own kind
    while len(found) > _KEPT:
        found.pop(min(found))
