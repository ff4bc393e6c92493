"""Cameras that stop, flood, or send 8K images: the recognizer lives on in bounded memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import Recognition
from ros_processes import START_SECONDS, Inbox, Probe, running
from sensor_msgs.msg import CompressedImage, Image

from faults.system import TRANSPORT
from lr_ros.evaluation.memory import resident_mb

pytestmark = pytest.mark.ros

FLOOD = 200
"""Images a second."""

FLOOD_GROWTH = 100.0
"""Megabytes that the recognizer may grow by while it is flooded with small images."""

LARGE_GROWTH = 1000.0
"""Megabytes that it may grow by for 8K images: one is 100 MB, and some copies live at once."""


@pytest.fixture
def recognizer(own_probe: Probe, tmp_path: Path, request) -> Iterator[NodeProcess]:
    parameters = getattr(request, "param", {})
    node = NodeProcess(
        "recognizer",
        own_probe.namespace,
        own_probe.domain_id,
        tmp_path,
        parameters={"image.timeout": 1.0, **parameters},
        environment=TRANSPORT,
    )
    with running(node):
        yield node
        node.assert_alive()
        node.stop()


def _image(seconds: int, width: int = 64, height: int = 48) -> Image:
    message = Image(height=height, width=width, step=3 * width, encoding="rgb8")
    message.header.stamp = Time(sec=seconds)
    message.data = bytes(3 * width * height)
    return message


def _until_recognized(publisher, answers: Inbox[Recognition], image) -> Recognition:
    """Publish an image until it is recognized: best effort may lose one."""
    deadline = time.monotonic() + START_SECONDS
    start = len(answers.messages)
    while True:
        publisher.publish(image)
        try:
            return answers.wait(lambda r: r.header.stamp == image.header.stamp, 1.0, start)
        except AssertionError:
            if time.monotonic() > deadline:
                raise


def test_a_camera_that_stops_and_comes_back(own_probe: Probe, recognizer: NodeProcess) -> None:
    answers = own_probe.listen(Recognition, "recognition")
    diagnostics = own_probe.listen(DiagnosticArray, "/diagnostics")

    def status(array: DiagnosticArray) -> DiagnosticStatus | None:
        name = f"{own_probe.namespace}/recognizer"
        return next((s for s in array.status if s.name == name), None)

    def noticed(array: DiagnosticArray, what: str) -> int:
        found = status(array)
        pairs = found.values if found is not None else []
        return next((int(p.value) for p in pairs if p.key == f"noticed: {what}"), 0)

    stopped = came_back = 0
    for turn in range(1, 3):
        publisher = own_probe.publisher(Image, "image")
        _until_recognized(publisher, answers, _image(100 * turn))
        own_probe.node.destroy_publisher(publisher)
        silent = diagnostics.wait(
            lambda a, before=stopped: (
                noticed(a, "stopped") > before and status(a).level == DiagnosticStatus.ERROR
            ),
            START_SECONDS,
            len(diagnostics.messages),
        )
        stopped = noticed(silent, "stopped")
        assert noticed(silent, "came back") >= came_back
        came_back = noticed(silent, "came back")
    assert came_back >= 1
    publisher = own_probe.publisher(Image, "image")
    _until_recognized(publisher, answers, _image(1000))
    assert recognizer.output.count("no images on") <= stopped


def _flood(own_probe: Probe, recognizer: NodeProcess, seconds: float) -> None:
    answers = own_probe.listen(Recognition, "recognition")
    publisher = own_probe.publisher(Image, "image")
    _until_recognized(publisher, answers, _image(1))
    before = worst = resident_mb(recognizer.pid)
    pause, began, sent = threading.Event(), time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        publisher.publish(_image(2 + sent // FLOOD, 320, 240))
        sent += 1
        worst = max(worst, resident_mb(recognizer.pid))
        pause.wait(max(sent / FLOOD - elapsed, 0.0))
    start = len(answers.messages)
    _until_recognized(publisher, answers, _image(10_000))
    print(
        f"{sent} images in {seconds:.0f} s ({sent / seconds:.0f} a second), {start} recognized; "
        f"{before:.0f} MB before, at most {worst:.0f}"
    )
    assert sent > 0.5 * FLOOD * seconds, "the machine was too busy to flood"
    assert worst - before < FLOOD_GROWTH


def test_two_hundred_images_a_second(own_probe: Probe, recognizer: NodeProcess) -> None:
    _flood(own_probe, recognizer, 4.0)


@pytest.mark.slow
def test_two_hundred_images_a_second_for_a_minute(
    own_probe: Probe, recognizer: NodeProcess
) -> None:
    _flood(own_probe, recognizer, 60.0)


@pytest.mark.parametrize(
    "recognizer", [{"image.reliability": "reliable"}], indirect=True, ids=["reliable"]
)
def test_raw_images_of_8k(own_probe: Probe, recognizer: NodeProcess) -> None:
    answers = own_probe.listen(Recognition, "recognition")
    publisher = own_probe.publisher(Image, "image")
    _until_recognized(publisher, answers, _image(1))
    before = worst = resident_mb(recognizer.pid)
    for number in range(2):
        answer = _until_recognized(publisher, answers, _image(2 + number, 7680, 4320))
        assert answer.roi.width <= 7680
        worst = max(worst, resident_mb(recognizer.pid))
    _until_recognized(publisher, answers, _image(10))
    print(f"8K raw: {before:.0f} MB before, at most {worst:.0f}")
    assert worst - before < LARGE_GROWTH


@pytest.mark.parametrize(
    "recognizer", [{"image.compressed": True}], indirect=True, ids=["compressed"]
)
def test_compressed_images_of_8k(own_probe: Probe, recognizer: NodeProcess) -> None:
    answers = own_probe.listen(Recognition, "recognition")
    publisher = own_probe.publisher(CompressedImage, "image/compressed")
    for number, size in enumerate([(48, 64), (4320, 7680), (48, 64)]):
        _, data = cv2.imencode(".jpg", np.full((*size, 3), 90, np.uint8))
        message = CompressedImage(format="jpeg", data=data.tobytes())
        message.header.stamp = Time(sec=1 + number)
        _until_recognized(publisher, answers, message)
