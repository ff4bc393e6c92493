"""How the robot's questions are answered: a robot of cardboard and made-up streams."""

from __future__ import annotations

import queue

import pytest
from lr_ros.msg import ErrorCode

from evaluation.test_truth import truth_of
from lr_ros.client import LearnError, Question
from lr_ros.evaluation.answerer import Answerer

FPS = 10


class Robot:
    def __init__(self, errors: list[int] = ()) -> None:
        self.index = -1
        self.answers: list[tuple[int, int, str]] = []
        self._errors = list(errors)

    def label_segment(self, segment_id: int, name: str) -> str:
        if self._errors and (code := self._errors.pop(0)):
            raise LearnError.from_answer(code, "not now")
        self.answers.append((self.index, segment_id, name))
        return f"s{segment_id}"


def play(robot: Robot, pattern: str, asked: dict[int, tuple[int, int]]) -> Answerer:
    """Play; ``asked`` maps the frame of a question to its segment's first and last frame."""
    questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
    stamps: dict[float, int] = {}
    answerer = Answerer(robot, truth_of(pattern), questions, stamps)
    for index in range(len(pattern)):
        robot.index = index
        stamps[100 + index / FPS] = index
        if index in asked:
            first, last = asked[index]
            start, duration = 100 + first / FPS, (last - first) / FPS
            questions.put(Question(index, start, duration, 5, "", 0.0, 0.9, (), b""))
        answerer.on_frame(index)
    answerer.finish()
    return answerer


#         0         1         2
#         0123456789012345678901234567
STREAM = "..aaaaa......bbbb......aaaaa"


def test_an_answer_is_the_object_s_name_after_it_has_left():
    robot = Robot()
    answerer = play(robot, STREAM, {5: (2, 5)})
    assert robot.answers == [(7, 5, "a")]
    assert answerer.lessons[0].session_id == "s5"
    assert answerer.lessons[0].appearance.last == 6
    assert answerer.figures() == {
        "questions": 1,
        "asked_share": 0.5,
        "asked_for_nothing": 0,
        "asked_again": 0,
    }


def test_a_question_about_nobody_is_not_answered():
    robot = Robot()
    answerer = play(robot, STREAM, {11: (8, 11)})
    assert robot.answers == []
    assert answerer.figures()["asked_for_nothing"] == 1
    assert answerer.figures()["asked_share"] == 0.0


def test_a_segment_that_is_mostly_empty_shows_nothing():
    assert play(Robot(), STREAM, {12: (6, 12)}).figures()["asked_for_nothing"] == 1


def test_a_busy_learner_is_asked_again():
    robot = Robot([ErrorCode.BUSY, ErrorCode.BUSY])
    play(robot, STREAM, {5: (2, 5)})
    assert robot.answers == [(9, 5, "a")]


def test_a_question_in_the_last_frames_is_answered_at_the_end():
    robot = Robot()
    answerer = play(robot, STREAM, {5: (2, 5), 26: (23, 26)})
    assert robot.answers == [(7, 5, "a"), (27, 26, "a")]
    assert answerer.figures()["asked_again"] == 1


@pytest.mark.parametrize("code", [ErrorCode.UNKNOWN_SEGMENT, ErrorCode.TOO_FEW_FRAMES])
def test_a_refused_answer_is_not_given_again(code):
    robot = Robot([code])
    answerer = play(robot, STREAM, {5: (2, 5)})
    assert robot.answers == []
    assert answerer.lessons == []
    assert answerer.figures()["asked_share"] == 0.5
