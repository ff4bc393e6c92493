"""The load test's figures, from what was published, answered and told."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from lr_ros.msg import LearnerStatus

from lr_ros.client import LearnerState, Status
from lr_ros.evaluation.load import Interval, Trainings, service
from lr_ros.evaluation.load_stream import paint_stream
from lr_ros.evaluation.scoring import Result


def test_only_images_of_the_time_in_question_count() -> None:
    published = {float(stamp): stamp for stamp in range(10)}
    results = [Result(float(stamp), None, 0, 10.0 * stamp) for stamp in range(0, 10, 2)]
    found = service(published, results, [Interval(0.0, 3.0), Interval(6.0, 9.0)])
    assert (found.seconds, found.published, found.recognized) == (6.0, 6, 4)
    assert found.share == pytest.approx(4 / 6)
    assert (found.p50, found.p95, found.worst) == (20.0, 80.0, 80.0)


def test_a_time_without_images_has_no_figures() -> None:
    found = service({}, [], [Interval(0.0, 1.0)])
    assert (found.share, found.p50, found.worst) == (0.0, None, None)


def test_the_stream_shows_an_object_and_then_nobody(tmp_path: Path) -> None:
    assert paint_stream(tmp_path / "stream.avi", 160, 120, 10.0, 3.0) == 30
    reader = cv2.VideoCapture(str(tmp_path / "stream.avi"))
    frames = [reader.read()[1] for _ in range(30)]
    reader.release()
    empty = frames[-1]
    assert empty.shape == (120, 160, 3)
    assert cv2.absdiff(frames[12], empty).mean() > 10
    assert cv2.absdiff(frames[-2], empty).mean() < 5


def test_trainings_are_taken_from_the_status() -> None:
    trainings = Trainings()
    states = [LearnerState.CAPTURING, *[LearnerState.TRAINING] * 3, *[LearnerState.IDLE] * 2]
    for second, state in enumerate([*states, LearnerState.TRAINING, LearnerState.FAILED]):
        message = LearnerStatus(state=int(state))
        message.header.stamp.sec = second
        trainings.note(Status.from_message(message))
    assert trainings.intervals == [Interval(1.0, 4.0), Interval(6.0, 7.0)]
    assert trainings.seconds == 4.0
