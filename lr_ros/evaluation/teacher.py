"""Teaches each object of a stream at its first appearance, as an operator would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lr_ros.client import LearnError, SessionStart
from lr_ros.evaluation.truth import Appearance, Truth
from lr_ros.msg import ErrorCode

_TRY_AGAIN = {ErrorCode.BUSY, ErrorCode.NO_IMAGES}
_ENDED_ITSELF = {ErrorCode.NO_SESSION, ErrorCode.BUSY}


class Robot(Protocol):
    """The part of the client that teaching needs."""

    def learn_class(self, name: str) -> SessionStart:
        """Begin a session and return its id, with advice."""

    def stop_session(self, keep: bool = True) -> int:
        """End the capture and learn from it; return its frames."""


@dataclass
class Lesson:
    """One object taught: its first appearance, the session (empty: refused), and what went wrong.

    ``ended_early`` is true where the learner had ended the capture before the object left.
    """

    appearance: Appearance
    session_id: str = ""
    note: str = ""
    frames: int = 0
    ended_early: bool = False


class Teacher:
    """Follows the stream frame by frame and calls the learner's services."""

    def __init__(
        self, robot: Robot, truth: Truth, on_note: Callable[[str], None] = lambda _: None
    ) -> None:
        self.lessons: list[Lesson] = []
        self._robot = robot
        self._on_note = on_note
        self._waiting = [a for a in truth.appearances if a.number == 0]
        self._lesson: Lesson | None = None

    @property
    def teaching(self) -> str:
        """Name of the object that is being taught now; empty: none."""
        return self._lesson.appearance.name if self._lesson and self._lesson.session_id else ""

    def on_frame(self, index: int) -> None:
        """React to the publication of a frame; begins and ends sessions."""
        if self._lesson is not None and index > self._lesson.appearance.last:
            self._end()
        if self._lesson is None and self._waiting and index >= self._waiting[0].first:
            self._lesson = Lesson(self._waiting.pop(0))
            self.lessons.append(self._lesson)
        if self._lesson is not None and not self._lesson.session_id:
            self._begin(self._lesson)

    def finish(self) -> None:
        """End what still runs when the stream is over."""
        if self._lesson is not None:
            self._end()

    def _begin(self, lesson: Lesson) -> None:
        if lesson.note and not lesson.note.startswith("waiting"):
            return  # it was refused for good
        name = lesson.appearance.name
        try:
            lesson.session_id = self._robot.learn_class(name).session_id
            lesson.note = ""
        except LearnError as error:
            waits = error.code in _TRY_AGAIN
            lesson.note = f"waiting: {error}" if waits else str(error)
            if not waits:
                self._on_note(f"{name!r} cannot be taught: {error}")

    def _end(self) -> None:
        lesson, self._lesson = self._lesson, None
        assert lesson is not None  # noqa: S101 - both callers have looked
        name = lesson.appearance.name
        if not lesson.session_id:
            self._on_note(f"{name!r} was not taught: {lesson.note or 'it was gone too soon'}")
            return
        try:
            lesson.frames = self._robot.stop_session(keep=True)
        except LearnError as error:
            lesson.ended_early = error.code in _ENDED_ITSELF
            if not lesson.ended_early:
                lesson.note = str(error)
                self._on_note(f"{name!r} was not learned: {error}")
