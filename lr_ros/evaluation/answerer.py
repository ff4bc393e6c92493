"""Answers the robot's own questions about a stream with the truth, as an operator would."""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lr_ros.client import LearnError, Question
from lr_ros.evaluation.teacher import Lesson
from lr_ros.evaluation.truth import Appearance, Truth
from lr_ros.msg import ErrorCode

PATIENCE = 30.0
"""How long a busy learner is asked again after the stream's end [s]."""


class Robot(Protocol):
    """The part of the client that answering needs."""

    def label_segment(self, segment_id: int, name: str) -> str:
        """Name a segment and return the id of the session made of it."""


@dataclass
class Asked:
    """A question about an object (None: nobody was there), and the lesson that answered it."""

    segment_id: int
    appearance: Appearance | None
    lesson: Lesson | None = None


class Answerer:
    """Names what the robot asks about once it has left view, so that all of it is learned from.

    Takes the place of :class:`lr_ros.evaluation.teacher.Teacher`. ``stamps`` maps the stamp of
    each published image [s] to the number of its frame; it grows while the stream plays.
    """

    def __init__(
        self,
        robot: Robot,
        truth: Truth,
        questions: queue.SimpleQueue[Question],
        stamps: Mapping[float, int],
        on_note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.lessons: list[Lesson] = []
        self.asked: list[Asked] = []
        self.teaching = ""
        self._robot = robot
        self._truth = truth
        self._questions = questions
        self._stamps = stamps
        self._on_note = on_note
        self._pending: list[Asked] = []

    def on_frame(self, index: int) -> None:
        """React to the publication of a frame: look at questions, answer those that are due."""
        self._listen()
        for asked in list(self._pending):
            if asked.appearance is not None and index > asked.appearance.last:
                self._answer(asked)

    def finish(self) -> None:
        """Answer what is still open when the stream is over."""
        self._listen()
        deadline = time.monotonic() + PATIENCE
        while self._pending and time.monotonic() < deadline:
            for asked in list(self._pending):
                self._answer(asked)
            if self._pending:
                time.sleep(0.2)  # it is training; nothing announces to this thread that it is over

    def figures(self) -> dict[str, Any]:
        """Return how the robot asked: ``asked_share`` is that of the objects asked about."""
        names = [asked.appearance.name for asked in self.asked if asked.appearance is not None]
        objects = {appearance.name for appearance in self._truth.appearances}
        return {
            "questions": len(self.asked),
            "asked_share": round(len(set(names)) / len(objects), 4),
            "asked_for_nothing": len(self.asked) - len(names),
            "asked_again": len(names) - len(set(names)),
        }

    def _listen(self) -> None:
        while not self._questions.empty():
            question = self._questions.get()
            asked = Asked(question.segment_id, self._shown(question))
            self.asked.append(asked)
            if asked.appearance is None:
                self._on_note(f"asked about segment {asked.segment_id}, where nobody was")
            else:
                self._pending.append(asked)

    def _shown(self, question: Question) -> Appearance | None:
        """Return what was in view in most of the segment's frames."""
        first, last = question.start - 1e-3, question.start + question.duration + 1e-3
        indices = [index for stamp, index in dict(self._stamps).items() if first <= stamp <= last]
        seen = Counter(
            appearance
            for index in indices
            for appearance in self._truth.appearances
            if appearance.first <= index <= appearance.last
        )
        if not seen:
            return None
        appearance, frames = seen.most_common(1)[0]
        return appearance if 2 * frames > len(indices) else None

    def _answer(self, asked: Asked) -> None:
        assert asked.appearance is not None  # noqa: S101 - only such questions are pending
        name = asked.appearance.name
        try:
            session_id = self._robot.label_segment(asked.segment_id, name)
        except LearnError as error:
            if error.code == ErrorCode.BUSY:
                return
            self._on_note(f"segment {asked.segment_id} cannot be named {name!r}: {error}")
        else:
            asked.lesson = Lesson(asked.appearance, session_id)
            self.lessons.append(asked.lesson)
        self._pending.remove(asked)
