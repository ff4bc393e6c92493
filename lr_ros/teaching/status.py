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


class StatusBoard:
    """The present status; every change is told to the listener. Safe from every thread."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._status = Status(since=time.monotonic())

    @property
    def status(self) -> Status:
        """The present status."""
        return self._status

    def update(self, **changes: Any) -> None:
        """Change fields of the status by name and tell the listener."""
        with self._lock:
            if changes.get("phase", self._status.phase) != self._status.phase:
                changes["since"] = time.monotonic()
            self._status = replace(self._status, **changes)
            self._listener.on_status(self._status)
