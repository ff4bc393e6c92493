"""Cameras that send rubbish: the recognizer lives on, and counts each kind by its reason."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import Recognition
from ros_processes import START_SECONDS, Inbox, Probe, running
from sensor_msgs.msg import Image

from lr_ros.ros.faults import WARN_SECONDS

pytestmark = pytest.mark.ros

ROOT = Path(__file__).resolve().parents[2]
LATEST = 0.3
"""The most seconds from an image's stamp to its recognition."""

SECONDS = 4
"""How long a camera floods the recognizer."""


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
    "distances": (_floats(1.5), "depth"),
    "not a number": (_floats(float("nan")), "nan"),
    "infinite": (_floats(float("inf")), "infinite"),
    "no width": (_image(width=0), "empty"),
    "no height": (_image(height=0), "empty"),
    "one pixel": (_image(1, 1), "too_small"),
    "a line": (_image(500, 7), "too_small"),
    "as large as can be said": (
        Image(height=2**32 - 1, width=2**32 - 1, step=1, encoding="mono8"),
        "too_large",
    ),
}
KINDS = Counter(reason for _, reason in REFUSED.values())
"""How many images of the list are refused for each reason."""


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
        self.probe.wait_for_graph(lambda: self._publisher.get_subscription_count() > 0)

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

    def counted(self, prefix: str) -> Counter[str]:
        """Wait for the next diagnostics; return the counters whose names begin so, by the rest."""
        name = f"{self.probe.namespace}/recognizer"

        def own(array: DiagnosticArray) -> dict[str, str] | None:
            found = next((status for status in array.status if status.name == name), None)
            return None if found is None else {pair.key: pair.value for pair in found.values}

        start = len(self.diagnostics.messages)
        values = own(self.diagnostics.wait(lambda a: own(a) is not None, START_SECONDS, start))
        chosen = [key for key in values if key.startswith(prefix)]
        return Counter({key.removeprefix(prefix): int(values[key]) for key in chosen})

    def warned(self, words: str) -> int:
        """Return how many warnings said so."""
        lines = self.node.output.splitlines()
        return sum("[WARN]" in line and words in line for line in lines)


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


def test_each_kind_is_refused_and_counted_by_its_reason(camera: Camera) -> None:
    before, found = camera.counted("refused: "), Counter[str]()
    bad: set[int] = set()
    for turn in range(20):
        for image, reason in REFUSED.values():
            if found[reason] >= KINDS[reason]:
                continue
            camera.send(camera.stamped(image))
            bad.add(image.header.stamp.sec)
            if turn == 0:  # a bad one ends nothing; but a good one may replace it in the queue
                assert camera.recognized(camera.stamped(_image())).model_version == 0
            else:
                threading.Event().wait(0.1)
        found = camera.counted("refused: ") - before
        if found >= KINDS:
            break
    assert found >= KINDS
    assert set(found) == set(KINDS)
    assert camera.recognized(camera.stamped(_image())).model_version == 0
    assert not bad & {answer.header.stamp.sec for answer in camera.recognitions.messages}


def test_each_kind_is_warned_about_now_and_then_only(camera: Camera) -> None:
    counts, pace = camera.counted("refused: "), threading.Event()
    began, before = time.monotonic(), {reason: camera.warned(f"({reason})") for reason in KINDS}
    for _ in range(10):
        for image, _reason in REFUSED.values():
            camera.send(camera.stamped(image))
            pace.wait(0.01)  # 100 images a second
    camera.recognized(camera.stamped(_image()))
    most = 1 + (time.monotonic() - began) / WARN_SECONDS
    assert (camera.counted("refused: ") - counts).total() > 3 * len(KINDS)
    for reason, told in before.items():
        assert camera.warned(f"({reason})") - told <= most, reason


def test_size_and_encoding_change_in_midstream(camera: Camera) -> None:
    before = camera.counted("noticed: ")
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
    noticed = camera.counted("noticed: ") - before
    assert noticed["size changed"] >= 6
    assert noticed["encoding changed"] >= 4
    assert noticed["too long"] >= 1
    for words in ("pixels now", "'mono8' before", "longer than its size says"):
        assert camera.warned(words) <= 3


def test_stamps_of_zero_and_running_backwards(camera: Camera) -> None:
    before = camera.counted("noticed: ")
    for seconds in (10_000, 9_999, 5, 0, 2_000_000_000, 1):
        camera.recognized(camera.stamped(_image(), seconds))
    noticed = camera.counted("noticed: ") - before
    assert noticed["stamp backwards"] >= 3
    assert noticed["stamp zero"] >= 1
    assert 1 <= camera.warned("before the last one's") <= 3


def _cpu_starved(stop: threading.Event, worst: list[float]) -> None:
    """Note by how much the machine delays a thread that wants to run every 10 ms."""
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
        end = recognitions.wait(start=start).header.stamp.sec + SECONDS
        recognitions.wait(lambda r: r.header.stamp.sec >= end, start=start)
        stop.set()
        watch.join()
        source.stop()
        recognizer.stop()
    answers = recognitions.messages[start:]
    latencies = np.array([answer.latency_ms for answer in answers]) / 1e3
    stamps = [answer.header.stamp.sec + 1e-9 * answer.header.stamp.nanosec for answer in answers]
    print(
        f"{len(answers)} of about {30 * SECONDS} frames recognized, latency median "
        f"{np.median(latencies):.3f} s, worst {latencies.max():.3f} s; the machine delayed a "
        f"waiting thread by up to {max(delays):.3f} s, load {os.getloadavg()[0]:.1f}"
    )
    assert stamps == sorted(stamps)
    assert len(answers) >= 20
    assert np.median(latencies) < LATEST
    assert latencies.max() < LATEST + 2 * max(delays)
