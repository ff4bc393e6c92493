"""What the engine says of itself while it works."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from lr_ros.core.model import ModelExport
from lr_ros.teaching.errors import ErrorCode
from lr_ros.teaching.requests import NO_REGION, Region

if TYPE_CHECKING:
    from lr_ros.teaching.curiosity import Question
    from lr_ros.teaching.opinion import Opinion


class Phase(IntEnum):
    """What the engine does; the same numbers as in ``msg/LearnerStatus.msg``."""

    IDLE = 0
    CAPTURING = 1
    QUEUED = 2
    TRAINING = 3
    FAILED = 4


@dataclass(frozen=True)
class Status:
    """A snapshot; fields as in ``msg/LearnerStatus.msg``."""

    phase: Phase = Phase.IDLE
    paused: bool = False
    class_name: str = ""
    session_id: str = ""
    region: Region = NO_REGION
    frames: int = 0
    frames_target: int = 0
    refused: tuple[tuple[str, int], ...] = ()
    progress: float = 0.0
    loss: float = math.nan
    model_version: int = 0
    classes: tuple[str, ...] = ()
    replay_used: int = 0
    replay_capacity: int = 0
    since: float = 0.0
    error_code: ErrorCode = ErrorCode.NONE
    warnings: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class SessionResult:
    """How a session ended. ``seconds``: from its last frame to the new model."""

    success: bool
    code: ErrorCode
    message: str
    session_id: str
    frames: int = 0
    model_version: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """A model to be published."""

    version: int
    encoder_id: str
    export: ModelExport


class Listener(Protocol):
    """Who is told of changes; called from the engine's threads, must return quickly."""

    def on_status(self, status: Status) -> None:
        """Something in the status changed."""

    def on_model(self, model: Model) -> None:
        """What is known has changed."""

    def on_question(self, question: Question, opinion: Opinion) -> None:
        """The robot wants to know what a segment shows."""

    def on_log(self, level: str, text: str) -> None:
        """Something people should read; ``level`` is info, warning or error."""


_COMMON = frozenset(("paused", "model_version", "classes", "replay_used", "replay_capacity"))
"""Fields that are the same whatever session a status is of."""


class StatusBoard:
    """The status of each session that lives, one of which is shown. Safe from every thread.

    The session that gathers is shown, if there is one: the operator is busy with it, and the
    recognizer looks where it asks. Others train untold meanwhile; that one waits for its training
    or has ended is told in between, and then the one that gathers is shown again.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._common: dict[str, Any] = {}
        self._sessions: dict[str, Status] = {}
        self._shown = Status(since=time.monotonic())

    @property
    def status(self) -> Status:
        """What is shown."""
        return self._with_common(self._shown)

    def of(self, session_id: str) -> Status | None:
        """Return the status of a session; None where it has ended, or was never told of."""
        status = self._sessions.get(session_id)
        return None if status is None else self._with_common(status)

    def update(self, **changes: Any) -> None:
        """Change fields of what is shown, by name, and tell the listener."""
        with self._lock:
            self._show(_changed(self._shown, self._take_common(changes)))

    def tell(self, session_id: str, **changes: Any) -> None:
        """Change fields of a session's status, by name; tell the listener if it is its turn."""
        with self._lock:
            before = self._sessions.get(session_id) or Status(session_id=session_id)
            status = self._sessions[session_id] = _changed(before, self._take_common(changes))
            if status.phase in (Phase.IDLE, Phase.FAILED):
                del self._sessions[session_id]
            live = self._sessions.values()
            gathering = next((s for s in live if s.phase is Phase.CAPTURING), status)
            if status is not gathering and status.phase is not Phase.TRAINING:
                self._listener.on_status(self._with_common(status))
            if status is gathering or status.phase is not Phase.TRAINING:
                self._show(gathering)

    def _take_common(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Keep what concerns no session; return the rest."""
        self._common = self._common | {k: v for k, v in changes.items() if k in _COMMON}
        return {k: v for k, v in changes.items() if k not in _COMMON}

    def _with_common(self, status: Status) -> Status:
        return replace(status, **self._common)

    def _show(self, status: Status) -> None:
        self._shown = status
        self._listener.on_status(self._with_common(status))


def _changed(status: Status, changes: dict[str, Any]) -> Status:
    if status.since == 0.0 or changes.get("phase", status.phase) != status.phase:
        changes["since"] = time.monotonic()
    return replace(status, **changes)
