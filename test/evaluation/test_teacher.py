"""When objects are taught: a robot of cardboard and made-up streams."""

from __future__ import annotations

import pytest
from lr_ros.msg import ErrorCode

from evaluation.test_truth import truth_of
from lr_ros.client import LearnError, SessionStart
from lr_ros.evaluation.teacher import Teacher


class Robot:
    """Remembers calls; answers with the error codes it is given, one a call."""

    def __init__(self, learn_errors: list[int] = (), stop_errors: list[int] = ()) -> None:
        self.calls: list[tuple[int, str]] = []
        self.index = 0
        self._learn_errors = list(learn_errors)
        self._stop_errors = list(stop_errors)
        self._sessions = 0

    def learn_class(self, name: str) -> SessionStart:
        self.calls.append((self.index, f"learn {name}"))
        if self._learn_errors and (code := self._learn_errors.pop(0)):
            raise LearnError.from_answer(code, f"no {name}")
        self._sessions += 1
        return SessionStart(f"s{self._sessions}")

    def stop_session(self, keep: bool = True) -> int:
        assert keep
        self.calls.append((self.index, "stop"))
        if self._stop_errors and (code := self._stop_errors.pop(0)):
            raise LearnError.from_answer(code, "no")
        return 7


def play(robot: Robot, pattern: str) -> tuple[Teacher, list[str]]:
    notes: list[str] = []
    teacher = Teacher(robot, truth_of(pattern), notes.append)
    for robot.index in range(len(pattern)):
        teacher.on_frame(robot.index)
    teacher.finish()
    return teacher, notes


def test_each_object_is_taught_once_from_its_first_frame_to_its_last():
    robot = Robot()
    teacher, notes = play(robot, "..aaa.......bb........aa")
    assert robot.calls == [(2, "learn a"), (5, "stop"), (12, "learn b"), (14, "stop")]
    assert [(lesson.session_id, lesson.frames) for lesson in teacher.lessons] == [
        ("s1", 7),
        ("s2", 7),
    ]
    assert notes == []


def test_a_short_gap_does_not_end_the_session():
    robot = Robot()
    play(robot, "aa.aa......")
    assert robot.calls == [(0, "learn a"), (5, "stop")]


def test_an_object_that_follows_at_once_is_taught_after_the_stop():
    robot = Robot()
    play(robot, "aabb")
    assert robot.calls == [(0, "learn a"), (2, "stop"), (2, "learn b"), (3, "stop")]


def test_a_busy_learner_is_asked_again_while_the_object_is_there():
    robot = Robot(learn_errors=[ErrorCode.BUSY, ErrorCode.NO_IMAGES, 0])
    teacher, notes = play(robot, "aaaa......")
    assert robot.calls == [(0, "learn a"), (1, "learn a"), (2, "learn a"), (4, "stop")]
    assert teacher.lessons[0].note == ""
    assert notes == []


def test_a_learner_that_stays_busy_is_noted_and_no_session_is_stopped():
    robot = Robot(learn_errors=[ErrorCode.BUSY] * 9)
    teacher, notes = play(robot, "aaa......")
    assert "stop" not in [call for _, call in robot.calls]
    assert "BUSY" in notes[0]
    assert teacher.lessons[0].session_id == ""


def test_a_refused_name_is_not_asked_for_again():
    robot = Robot(learn_errors=[ErrorCode.INVALID_NAME])
    _, notes = play(robot, "aaa......")
    assert robot.calls == [(0, "learn a")]
    assert "INVALID_NAME" in notes[0]


@pytest.mark.parametrize("code", [ErrorCode.NO_SESSION, ErrorCode.BUSY])
def test_a_session_that_ended_by_itself_is_no_fault(code):
    teacher, notes = play(Robot(stop_errors=[code]), "aaa......")
    assert teacher.lessons[0].ended_early
    assert notes == []


def test_too_few_frames_are_noted():
    teacher, notes = play(Robot(stop_errors=[ErrorCode.TOO_FEW_FRAMES]), "a......")
    assert "TOO_FEW_FRAMES" in notes[0]
    assert "TOO_FEW_FRAMES" in teacher.lessons[0].note


def test_frames_lost_at_the_beginning_or_end_do_not_disturb():
    robot = Robot()
    teacher = Teacher(robot, truth_of("..aaaaa......bb"))
    for robot.index in (4, 6, 12):
        teacher.on_frame(robot.index)
    assert robot.calls == [(4, "learn a"), (12, "stop")]
