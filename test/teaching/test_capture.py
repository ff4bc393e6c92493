"""Which frames belong to a session, and when it ends."""

from __future__ import annotations

import numpy as np
import pytest

from lr_ros.stream.memory import PackedLatent
from lr_ros.teaching.capture import Capture, CaptureConfig, End, LatentRecord
from lr_ros.teaching.errors import ErrorCode
from lr_ros.teaching.guards import too_few
from lr_ros.teaching.requests import LearnRequest, Region

SHAPE = (2, 3, 3)


class Camera:
    """Sends frames at 10 a second to a capture; each is a new view unless told otherwise."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self.count = 0
        self._random = np.random.default_rng(0)
        self._view = self._draw()

    def _draw(self) -> np.ndarray:
        return self._random.normal(size=SHAPE).astype("<f4")

    def send(
        self,
        frames: int,
        segment: int = 0,
        region: Region = Region(),  # noqa: B008 - a constant
        still: bool = False,
        sharpness: float = 100.0,
    ) -> None:
        for _ in range(frames):
            if not still:
                self._view = self._draw()
            stamp = 0.1 * self.count
            packed = PackedLatent(
                stamp, self._view.reshape(-1).view(np.uint8), SHAPE, 32, sharpness=sharpness,
                brightness=0.5,
            )  # fmt: skip
            self.capture.offer(LatentRecord(packed, segment, region), self._view, now=stamp)
            self.count += 1


def capture(frames: int = 100, duration: float = 60.0, region: Region | None = None) -> Capture:
    request = LearnRequest("mug", frames, duration, region or Region())
    return Capture("s1", request, CaptureConfig(rate=5.0, min_frames=3))


def test_takes_frames_at_its_rate_until_it_has_enough() -> None:
    session = capture(frames=10)
    camera = Camera(session)
    camera.send(16)
    assert session.frames == pytest.approx(8, abs=1)
    assert session.end is None
    camera.send(4)
    assert (session.frames, session.end) == (10, End.COMPLETE)


def test_what_came_before_the_object_is_dropped() -> None:
    session = capture()
    camera = Camera(session)
    camera.send(10)
    before = session.generation
    camera.send(10, segment=7)
    assert session.frames == pytest.approx(5, abs=1)
    assert session.generation == before + 1


def test_frames_between_two_segments_do_not_count_and_the_second_object_ends_it() -> None:
    session = capture()
    camera = Camera(session)
    camera.send(10, segment=1)
    camera.send(10)
    assert session.frames == pytest.approx(5, abs=1)
    assert session.end is None
    camera.send(1, segment=2)
    assert session.end is End.OBJECT_LEFT


def test_ends_with_its_own_segment_only() -> None:
    session = capture()
    Camera(session).send(10, segment=4)
    session.segment_ended(3)
    assert session.end is None
    session.segment_ended(4)
    assert session.end is End.OBJECT_LEFT


def test_without_any_segment_the_end_of_none_changes_nothing() -> None:
    session = capture()
    Camera(session).send(4)
    session.segment_ended(0)
    assert session.end is None


def test_a_named_region_takes_only_its_frames() -> None:
    asked = Region(1, 2, 30, 40)
    session = capture(region=asked)
    camera = Camera(session)
    camera.send(10, segment=1)
    assert session.frames == 0
    camera.send(10, region=asked)
    assert session.frames == pytest.approx(5, abs=1)


def test_a_region_outside_the_image_ends_the_session_soon() -> None:
    session = capture(region=Region(9000, 0, 30, 40))
    camera = Camera(session)
    camera.send(29, region=Region(0, 0, 320, 240))
    assert session.end is None
    camera.send(1, region=Region(0, 0, 320, 240))
    assert session.end is End.OUTSIDE
    code, text = too_few(session)
    assert code is ErrorCode.INVALID_ARGUMENT
    assert "9000" in text


def test_time_is_over() -> None:
    session = capture(duration=1.0)
    Camera(session).send(30)
    assert session.end is End.TIME_OVER
    assert session.frames == pytest.approx(6, abs=1)


def test_blurred_frames_are_refused_and_counted() -> None:
    session = capture()
    camera = Camera(session)
    camera.send(10)
    camera.send(10, sharpness=1.0)
    assert session.frames == pytest.approx(5, abs=1)
    assert session.refused["blurred"] >= 5


def test_an_object_that_stands_still_ends_the_session_with_the_least_frames() -> None:
    session = capture()
    camera = Camera(session)
    camera.send(200, still=True)
    assert session.end is End.STILL
    assert camera.count == 200
    assert session.frames == 1
    assert session.fill_up()
    assert session.frames == 3


def test_nothing_good_is_too_few() -> None:
    session = capture()
    Camera(session).send(10, sharpness=0.0)
    assert not session.fill_up()
    assert session.frames == 0
