"""A recognizer and a learner that work together, fed with pictures by the test."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import ErrorCode, LearnerStatus, ModelUpdate, Recognition
from lr_ros.srv import LearnClass, ListClasses
from ros_processes import LATCHED, START_SECONDS, Probe
from sensor_msgs.msg import Image

from faults.teaching import QUICK

ROOT = Path(__file__).resolve().parents[2]
TRANSPORT = {"FASTDDS_DEFAULT_PROFILES_FILE": str(ROOT / "config" / "fastdds.xml")}
RATE = 10.0
"""Pictures a second of the test's camera."""


class Camera:
    """Publishes pictures in a thread of its own, with the stamps that ``clock`` gives [s]."""

    def __init__(self, probe: Probe, rate: float = RATE) -> None:
        self._publisher = probe.publisher(Image, "image")
        self._rng = np.random.default_rng(0)
        self._scenes = [_scene(seed) for seed in range(4)]
        self._stop = threading.Event()
        self._interval = 1.0 / rate
        self.scene = 0
        self.clock = time.time
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Camera:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            self._publisher.publish(self._picture())

    def _picture(self) -> Image:
        scene = self._scenes[self.scene]
        moved = np.roll(scene, self._rng.integers(-12, 13, 2), (0, 1))
        noise = self._rng.integers(0, 12, moved.shape, dtype=np.uint8)
        stamp = self.clock()
        message = Image(height=120, width=160, step=480, encoding="rgb8")
        message.header.stamp = Time(sec=int(stamp), nanosec=int(stamp % 1 * 1e9))
        message.data = (moved + noise).tobytes()
        return message


def _scene(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 240, (6, 8, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((20, 20, 1), np.uint8))


class System:
    """The two nodes, each of which can be killed and started anew, and what they say."""

    def __init__(self, probe: Probe, directory: Path, **parameters: Any) -> None:
        self.probe = probe
        self._directory = directory
        self._parameters = parameters
        self.recognitions = probe.listen(Recognition, "recognition")
        self.statuses = probe.listen(LearnerStatus, "learner_status", LATCHED)
        self.models = probe.listen(ModelUpdate, "model", LATCHED)
        self.diagnostics = probe.listen(DiagnosticArray, "/diagnostics")
        self.nodes: dict[str, NodeProcess] = {}

    def start(self, *names: str) -> None:
        for name in names:
            own = {"region.mode": "whole", "region.require_segment": False}
            if name == "learner":
                own = {**QUICK, "store.directory": str(self._directory / "store")}
            self.nodes[name] = NodeProcess(
                name,
                self.probe.namespace,
                self.probe.domain_id,
                self._directory,
                parameters={**own, **self._parameters},
                environment=TRANSPORT,
            )

    def kill(self, name: str) -> None:
        self.nodes[name].kill()
        self.probe.forget_clients()

    def end(self) -> None:
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.kill()

    def teach(self, name: str, frames: int = 6, within: float = START_SECONDS) -> LearnerStatus:
        """Teach what is in view until that succeeds: the nodes may still look for each other."""
        deadline = time.monotonic() + within
        while True:
            start = len(self.statuses.messages)
            answer = self.call(
                LearnClass,
                "learn_class",
                LearnClass.Request(class_name=name, frames=frames, duration=30.0),
                deadline,
            )
            if answer.success:
                status = self.result(answer.session_id, start)
                if status.error_code == ErrorCode.NONE:
                    return status
            assert time.monotonic() < deadline, answer.message
            threading.Event().wait(0.2)

    def result(self, session_id: str, start: int = 0) -> LearnerStatus:
        """Wait for the status that tells how a session ended."""
        ended = (LearnerStatus.IDLE, LearnerStatus.FAILED)
        return self.statuses.wait(
            lambda s: s.session_id == session_id and s.state in ended, START_SECONDS, start
        )

    def classes(self) -> list[str]:
        answer = self.call(ListClasses, "list_classes", ListClasses.Request())
        assert answer.success, answer.message
        return [info.name for info in answer.classes]

    def call(self, kind: Any, name: str, request: Any, deadline: float | None = None) -> Any:
        """Call a service; again where nobody heard it, since DDS may believe in a dead server."""
        deadline = deadline or time.monotonic() + START_SECONDS
        while True:
            try:
                return self.probe.call(kind, name, request, 3.0)
            except AssertionError:
                for node in self.nodes.values():
                    node.assert_alive()
                if time.monotonic() > deadline:
                    raise
                self.probe.forget_clients()

    def recognized_by(self, version: int, timeout: float = START_SECONDS) -> Recognition:
        """Wait for a recognition, from now on, of a model of at least this version."""
        start = len(self.recognitions.messages)
        return self.recognitions.wait(lambda r: r.model_version >= version, timeout, start)

    def value(self, node: str, key: str) -> str:
        """Return a value of a node's newest diagnostics; empty where it is not there (yet)."""
        for array in reversed(self.diagnostics.messages):
            for status in array.status:
                if status.name.endswith(f"{self.probe.namespace}/{node}"):
                    return next((pair.value for pair in status.values if pair.key == key), "")
        return ""
