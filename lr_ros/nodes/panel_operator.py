"""The operator's wishes, carried out by the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lr_ros.client import ClientError, LearnClient, LearnError
from lr_ros.panel.board import Board
from lr_ros.panel.operator import RefusedError

Result = TypeVar("Result")


class ClientOperator:
    """A :class:`lr_ros.panel.operator.Operator` on the robot's services."""

    def __init__(self, client: LearnClient, board: Board) -> None:
        self._client = client
        self._board = board

    def teach(self, name: str, frames: int | None) -> str:
        """Begin a session."""
        _told(lambda: self._client.learn_class(name, frames))
        return f"Looking at {name}: turn it slowly"

    def finish(self) -> str:
        """End the capture."""
        frames = _told(self._client.stop_session)
        return f"Learning from {frames} frames"

    def cancel(self) -> str:
        """Give the session up."""
        return _told(self._client.cancel) or "Given up; nothing was changed"

    def rename(self, old: str, new: str, merge: bool) -> str:
        """Give a class another name."""
        _told(lambda: self._client.rename(old, new, merge))
        return f"{old} is called {new} now"

    def forget(self, name: str) -> str:
        """Forget a class."""
        _told(lambda: self._client.forget(name))
        return f"{name} is forgotten"

    def undo(self) -> str:
        """Take the last change back."""
        return _told(self._client.undo) or "The last change is taken back"

    def pause(self, paused: bool) -> str:
        """Pause learning, or go on."""
        return _told(lambda: self._client.pause(paused))

    def answer(self, segment_id: int, name: str) -> str:
        """Name a segment; a question whose segment is forgotten goes away."""
        try:
            _told(lambda: self._client.label_segment(segment_id, name))
        except RefusedError as error:
            cause = error.__cause__
            if isinstance(cause, LearnError) and cause.code_name == "UNKNOWN_SEGMENT":
                self._board.drop_question(segment_id)
            raise
        self._board.drop_question(segment_id)
        return f"Learning {name} from what was seen"

    def dismiss(self, segment_id: int) -> str:
        """Take a question away."""
        self._board.drop_question(segment_id)
        return "Not answered"


def _told(call: Callable[[], Result]) -> Result:
    """Return what the robot answers.

    Raises:
        RefusedError: It refuses or does not answer, or the request cannot be sent.
    """
    try:
        return call()
    except LearnError as error:
        raise RefusedError(error.message) from error
    except (ClientError, ValueError) as error:
        raise RefusedError(str(error)) from error
