"""Error codes and the exception that carries them to whoever asked."""

from __future__ import annotations

from enum import IntEnum


class ErrorCode(IntEnum):
    """Why a request was refused or failed; the same numbers as in ``msg/ErrorCode.msg``."""

    NONE = 0
    INVALID_NAME = 1
    INVALID_ARGUMENT = 2
    BUSY = 3
    NO_IMAGES = 4
    TOO_FEW_FRAMES = 5
    UNKNOWN_CLASS = 6
    UNKNOWN_SEGMENT = 7
    CANCELED = 8
    TRAINING_FAILED = 9
    IO_ERROR = 10
    INCOMPATIBLE_MODEL = 11
    CAPACITY = 12
    NO_SESSION = 13
    CLASS_EXISTS = 14
    NOTHING_TO_UNDO = 15
    PAUSED = 16
    NOT_ACTIVE = 17
    UNKNOWN_OBJECT = 18
    UNKNOWN_MODEL = 19


class TeachingError(Exception):
    """A request that was refused or failed; ``str()`` says why and what to do."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
