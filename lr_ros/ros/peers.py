"""What the other node says of itself on /diagnostics."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from lr_ros.ros import qos
from lr_ros.ros.health import OtherNode, OtherSide

VERSION = "model version"
"""The value under which both nodes tell the version of their model."""


class Peer:
    """The model's version in another node of the same namespace, by its diagnostics."""

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._name = f"{node.get_namespace().rstrip('/')}/{name}".lstrip("/")
        self._other = OtherNode()
        self._subscription = node.create_subscription(
            DiagnosticArray, "/diagnostics", self._hear, qos.results()
        )

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._subscription)

    def beside(self, mine: int) -> OtherSide:
        """Return what is known of the other node, where our model is ``mine``."""
        return self._other.beside(mine, time.monotonic())

    def _hear(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name == self._name:
                version = next((v.value for v in status.values if v.key == VERSION), "")
                if version.isascii() and version.isdigit() and len(version) < 20:
                    self._other.hear(int(version), time.monotonic())
