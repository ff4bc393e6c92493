"""What an operator can ask of the robot through the page."""

from __future__ import annotations

from typing import Protocol


class RefusedError(Exception):
    """The robot refused, failed, or does not answer; the message says why and what to do."""


class Operator(Protocol):
    """Every method blocks until the robot has answered, and raises :class:`RefusedError`.

    Each returns a sentence for the operator.
    """

    def teach(self, name: str, frames: int | None) -> str:
        """Begin a session with what is in view; ``frames`` None: as many as the learner's."""

    def finish(self) -> str:
        """End the capture and learn from what was gathered."""

    def cancel(self) -> str:
        """Give the session up; nothing is changed."""

    def rename(self, old: str, new: str, merge: bool) -> str:
        """Give a class another name; ``merge``: the two become one if there is one of that name."""

    def forget(self, name: str) -> str:
        """Forget a class."""

    def undo(self) -> str:
        """Take the last change back."""

    def pause(self, paused: bool) -> str:
        """Pause learning, or go on."""

    def answer(self, segment_id: int, name: str) -> str:
        """Name a segment that the robot asked about."""

    def dismiss(self, segment_id: int) -> str:
        """Take a question away without an answer."""
