"""Cameras that send rubbish: the recognizer lives on, and counts each kind by its reason."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from lr_ros.msg import Recognition
from ros_processes import START_SECONDS, Inbox, NodeProcess, Probe, running
from sensor_msgs.msg import Image

pytestmark = pytest.mark.ros

ROOT = Path(__file__).resolve().parents[2]
LATEST = 0.3
"""The most seconds from an image's stamp to its recognition."""


def _image(width: int = 64, height: int = 48, **fields: Any) -> Image:
    rng = np.random.default_rng(width)
    message = Image(height=height, width=width, step=3 * width, encoding="rgb8")
    message.data = rng.integers(0, 255, (height, width, 3), dtype=np.uint8).tobytes()
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def _floats(value: float) -> Image:
    image = _image(encoding="32FC1", step=4 * 64)
    image.data = np.full((48, 64), value, np.float32).tobytes()
    return image


REFUSED = {
    "step too small": (_image(step=100), "step"),
    "step zero": (_image(step=0), "step"),
    "step beyond the data": (_image(step=2**31), "short"),
    "short": (_image(data=b"\0" * 100), "short"),
    "one byte short": (_image(data=b"\0" * (64 * 48 * 3 - 1)), "short"),
    "no data": (_image(data=b""), "short"),
    "unknown encoding": (_image(encoding="rgb9"), "encoding"),
    "no encoding": (_image(encoding=""), "encoding"),
    "encoding of 10,000 characters": (_image(encoding="x" * 10_000), "encoding"),
    "not a number": (_floats(float("nan")), "encoding"),
    "infinite": (_floats(float("inf")), "encoding"),
    "no width": (_image(width=0), "empty"),
    "no height": (_image(height=0), "empty"),
    "one pixel": (_image(1, 1), "too_small"),
    "a line": (_image(500, 7), "too_small"),
    "as large as can be said": (
        Image(height=2**32 - 1, width=2**32 - 1, step=1, encoding="mono8"),
        "too_large",
    ),
}


@dataclass
class Camera:
    """What publishes images to a recognizer, and what comes back."""

    node: NodeProcess
    probe: Probe
    recognitions: Inbox[Recognition]
    diagnostics: Inbox[DiagnosticArray]

    def __post_init__(self) -> None:
        self._publisher = self.probe.publisher(Image, "image")
        self._seconds = 0

    def send(self, image: Image) -> None:
        self._publisher.publish(image)

    def stamped(self, image: Image, seconds: int | None = None) -> Image:
        self._seconds = self._seconds + 1 if seconds is None else seconds
        image.header.stamp = Time(sec=self._seconds)
        return image

    def wait_until_heard(self) -> None:
        tick = threading.Event()
        for _ in range(int(START_SECONDS / 0.05)):
            if self._publisher.get_subscription_count():
                return
            tick.wait(0.05)
        raise AssertionError(f"nobody listens to the camera:\n{self.node.output}")

    def recognized(self, image: Image) -> Recognition:
        """Send an image until it is recognized (best effort may lose one)."""
        start = len(self.recognitions.messages)
        for _ in range(20):
            self.send(image)
            try:
                return self.recognitions.wait(
                    lambda r: r.header.stamp == image.header.stamp, timeout=2.0, start=start
                )
            except AssertionError:
                self.node.assert_alive()
        raise AssertionError(f"it does not recognize any more:\n{self.node.output}")

    def count(self, reason: str) -> int:
        """Return how many images were refused for this reason, by the newest diagnostics."""
        for array in reversed(self.diagnostics.messages):
            found = _count(array, reason, self.probe.namespace)
            if found is not None:
                return found
        return 0

    def refused(self, image: Image, reason: str) -> None:
        """Send an image and wait until diagnostics count it under this reason."""
        before, start = self.count(reason), len(self.diagnostics.messages)
        for _ in range(5):
            self.send(image)
            try:
                self.diagnostics.wait(
                    lambda a: (_count(a, reason, self.probe.namespace) or 0) > before,
                    timeout=4.0,
                    start=start,
                )
            except AssertionError:
                self.node.assert_alive()
            else:
                return
        raise AssertionError(f"not counted as {reason}:\n{self.node.output}")


def _count(array: DiagnosticArray, reason: str, namespace: str) -> int | None:
    for status in array.status:
        if f"{namespace}/recognizer" in status.name:
            values = {pair.key: pair.value for pair in status.values}
            return int(values.get(f"refused: {reason}", "0"))
    return None


@pytest.fixture(scope="module")
def camera(probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Camera]:
    directory = tmp_path_factory.mktemp("recognizer")
    node = NodeProcess("recognizer", probe.namespace, probe.domain_id, directory)
    with running(node):
        camera = Camera(
            node,
            probe,
            probe.listen(Recognition, "recognition"),
            probe.listen(DiagnosticArray, "/diagnostics"),
        )
        camera.wait_until_heard()
        camera.recognized(camera.stamped(_image()))
        yield camera
        node.assert_alive()
        node.stop()


@pytest.mark.parametrize(("image", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused_and_counted(camera: Camera, image: Image, reason: str) -> None:
    camera.refused(camera.stamped(image), reason)
    assert camera.recognized(camera.stamped(_image())).model_version == 0


def test_size_and_encoding_change_in_midstream(camera: Camera) -> None:
    for image in (  # below half a megabyte, what the default transport carries
        _image(400, 300),
        _image(32, 24),
        _image(8, 500),
        _image(64, 48, encoding="bgr8"),
        _image(192, 48, encoding="mono8", step=192),
        _image(64, 48, step=64 * 3 + 30, data=bytes(48 * (64 * 3 + 30))),  # padded rows
        _image(64, 40, data=bytes(64 * 48 * 3)),  # longer than needed
        Image(width=640, height=480, step=640, encoding="mono8", data=bytes(640 * 480)),
    ):
        answer = camera.recognized(camera.stamped(image))
        assert answer.roi.x_offset + answer.roi.width <= image.width
        assert answer.roi.y_offset + answer.roi.height <= image.height


def test_stamps_of_zero_and_running_backwards(camera: Camera) -> None:
    for seconds in (10_000, 9_999, 5, 0, 2_000_000_000, 1):
        camera.recognized(camera.stamped(_image(), seconds))


def test_warnings_do_not_flood_the_log(camera: Camera) -> None:
    before = camera.node.output.count("[WARN]")
    for _ in range(200):
        camera.send(camera.stamped(_image(step=100)))
    camera.refused(camera.stamped(_image(data=b"")), "short")
    assert camera.node.output.count("[WARN]") - before < 10


def _cpu_starved(stop: threading.Event, worst: list[float]) -> None:
    """Note by how much the machine delays a thread that wants to run every 10 ms."""
    import time  # noqa: PLC0415 - only here

    while not stop.is_set():
        began = time.monotonic()
        stop.wait(0.01)
        worst.append(time.monotonic() - began - 0.01)


def test_late_frames_are_dropped_not_queued(own_probe: Probe, tmp_path: Path) -> None:
    """640x480 raw at 30 a second: the newest frame is taken, and none is answered late."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rng = np.random.default_rng(0)
    for number in range(10):
        picture = cv2.GaussianBlur(rng.integers(0, 255, (480, 640, 3), dtype=np.uint8), (9, 9), 0)
        cv2.imwrite(str(pictures / f"{number}.png"), picture)
    transport = {"FASTDDS_DEFAULT_PROFILES_FILE": str(ROOT / "config" / "fastdds.xml")}
    recognitions = own_probe.listen(Recognition, "recognition")

    def node(module: str, **parameters: Any) -> NodeProcess:
        return NodeProcess(
            module,
            own_probe.namespace,
            own_probe.domain_id,
            tmp_path,
            parameters=parameters or None,
            environment=transport,
        )

    recognizer = node("recognizer")
    source = node("image_source", **{"source.path": str(pictures), "image.rate": 30.0})
    stop, delays = threading.Event(), [0.0]
    watch = threading.Thread(target=_cpu_starved, args=(stop, delays))
    with running(recognizer, source):
        try:
            recognitions.wait(timeout=START_SECONDS)
        except AssertionError:
            print(recognizer.output, source.output)
            raise
        watch.start()
        start = len(recognitions.messages) + 5
        end = recognitions.wait(start=start).header.stamp.sec + 6
        recognitions.wait(lambda r: r.header.stamp.sec >= end, start=start)
        stop.set()
        watch.join()
        source.stop()
        recognizer.stop()
    answers = recognitions.messages[start:]
    latencies = np.array([answer.latency_ms for answer in answers]) / 1e3
    stamps = [answer.header.stamp.sec + 1e-9 * answer.header.stamp.nanosec for answer in answers]
    print(
        f"{len(answers)} of about {30 * 6} frames recognized, latency median "
        f"{np.median(latencies):.3f} s, worst {latencies.max():.3f} s; the machine delayed a "
        f"waiting thread by up to {max(delays):.3f} s, load {os.getloadavg()[0]:.1f}"
    )
    assert stamps == sorted(stamps)
    assert len(answers) >= 20
    assert np.median(latencies) < LATEST
    assert latencies.max() < LATEST + 2 * max(delays)
