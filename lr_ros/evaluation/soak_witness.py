"""Listens to what the robot recognizes and says of its sessions, to find what is wrong."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from rclpy.qos import QoSProfile, ReliabilityPolicy

from lr_ros import msg
from lr_ros.client import LearnerState, Recognition, Status
from lr_ros.client.connection import Connection
from lr_ros.evaluation.system import System

SESSION_SECONDS = 120.0
REMEMBERED = 200
"""Versions and sessions remembered; older ones are not spoken of any more."""


class Witness:
    """Counts recognitions; ``wrong`` lists those that name what their model does not know."""

    def __init__(self, connection: Connection, late_ms: float) -> None:
        self.recognitions = self.late = self.named = self.named_rightly = 0
        self.wrong: list[str] = []
        self._late_ms = late_ms
        self._expected: str | None = None
        self._version = 0
        self._lock = threading.Lock()
        self._classes: OrderedDict[int, frozenset[str]] = OrderedDict()
        self._given: OrderedDict[int, set[str]] = OrderedDict()
        self._ended: OrderedDict[str, Status] = OrderedDict()
        qos = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
        node = connection.node
        connection.run(
            lambda: (
                node.create_subscription(msg.Recognition, "recognition", self._recognized, qos),
                node.create_subscription(msg.LearnerStatus, "learner_status", self._told, qos),
            )
        )

    def expect(self, name: str | None) -> None:
        """From now on, a named object in view must have this name; None: it is not counted."""
        self._expected = name

    def knows(self, version: int, classes: tuple[str, ...]) -> None:
        """Say which classes a version knows; what it has named so far is held against that."""
        with self._lock:
            self._classes[version] = frozenset(classes)
            self._judge(version)
            _trim(self._classes)

    def wait_for_version(self, version: int, timeout: float) -> bool:
        """Wait until a recognition is of this version or a newer one; false if none is."""
        deadline = time.monotonic() + timeout
        while self._version < version:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def wait_for_session(self, session_id: str, system: System) -> Status:
        """Wait for the end of a session; return the status that told of it."""
        system.wait(lambda: session_id in self._ended, SESSION_SECONDS, f"session {session_id}")
        return self._ended[session_id]

    def _recognized(self, message: msg.Recognition) -> None:
        recognition = Recognition.from_message(message)
        with self._lock:
            self.recognitions += 1
            self.late += recognition.latency_ms > self._late_ms
            self._version = recognition.model_version
            given = self._given.setdefault(recognition.model_version, set())
            given |= {hypothesis.class_name for hypothesis in recognition.hypotheses}
            _trim(self._given)
            self._judge(recognition.model_version)
            if self._expected is not None and recognition.segment_id:
                self.named += 1
                self.named_rightly += recognition.name == self._expected

    def _judge(self, version: int) -> None:
        known = self._classes.get(version)
        strangers = self._given.get(version, set()) - known if known is not None else set()
        if strangers:
            self.wrong.append(f"model {version} names {sorted(strangers)}, which it must not know")
            self._given[version] -= strangers

    def _told(self, message: msg.LearnerStatus) -> None:
        status = Status.from_message(message)
        if status.session_id and status.state in {LearnerState.IDLE, LearnerState.FAILED}:
            self._ended[status.session_id] = status
            _trim(self._ended)


def _trim(memory: OrderedDict[object, object]) -> None:
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)
