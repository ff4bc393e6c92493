"""Changes to what is known that need no session: forget, rename, undo, reset, save, load."""

from __future__ import annotations

from collections.abc import Callable

from lr_ros.core.store import (
    DamagedError,
    ExistsError,
    IncompatibleStoreError,
    InvalidNameError,
    NothingToUndoError,
    StoreError,
    UnknownModelError,
)
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.knowledge import Knowledge
from lr_ros.teaching.requests import check_class_name


class Changes:
    """The operations, each whole or not at all. Used from the engine's thread only."""

    def __init__(self, knowledge: Knowledge, renamed: Callable[[str, str], None]) -> None:
        self._knowledge = knowledge
        self._renamed = renamed
        self._learner = knowledge.learner

    def forget(self, name: str) -> int:
        """Forget a class; return the new model version."""
        self._require(name)
        self._learner.forget(name)
        self._knowledge.changed(f"forget {name}")
        return self._knowledge.version

    def rename(self, old: str, new: str, merge: bool = False) -> int:
        """Rename a class, or with ``merge`` join it to another; return the new model version."""
        new = check_class_name(new)
        self._require(old)
        if new in self._learner.classes and (not merge or new == old):
            raise TeachingError(
                ErrorCode.CLASS_EXISTS,
                f"there is a class {new!r} already; rename it, or ask to merge the two",
            )
        self._learner.rename(old, new)
        self._renamed(old, new)
        self._knowledge.changed(f"rename {old} to {new}")
        return self._knowledge.version

    def undo(self) -> str:
        """Go back to the version before; return a note that says which."""
        try:
            return self._knowledge.undo()
        except StoreError as error:
            raise _translated(error) from error

    def reset(self) -> int:
        """Forget everything (``undo`` brings it back); return the new model version."""
        self._learner.reset()
        self._knowledge.changed("reset")
        return self._knowledge.version

    def save(self, name: str, overwrite: bool) -> str:
        """Save all that is known under ``name``; return the path."""
        try:
            return str(self._knowledge.store.save(self._learner.state(), name, overwrite))
        except StoreError as error:
            raise _translated(error) from error

    def load(self, name: str) -> tuple[int, tuple[str, ...]]:
        """Replace all that is known; return the new version and the classes."""
        try:
            state = self._knowledge.store.read(name)
        except StoreError as error:
            raise _translated(error) from error
        self._knowledge.adopt(state)
        self._knowledge.changed(f"load {name}")
        return self._knowledge.version, self._learner.classes

    def _require(self, name: str) -> None:
        check_class_name(name)
        if name not in self._learner.classes:
            known = ", ".join(self._learner.classes[:10]) or "none yet"
            raise TeachingError(
                ErrorCode.UNKNOWN_CLASS, f"no class {name!r} is known; known are: {known}"
            )


def _translated(error: StoreError) -> TeachingError:
    codes: tuple[tuple[type[StoreError], ErrorCode], ...] = (
        (InvalidNameError, ErrorCode.INVALID_NAME),
        (UnknownModelError, ErrorCode.UNKNOWN_MODEL),
        (ExistsError, ErrorCode.INVALID_NAME),
        (NothingToUndoError, ErrorCode.NOTHING_TO_UNDO),
        (IncompatibleStoreError, ErrorCode.INCOMPATIBLE_MODEL),
        (DamagedError, ErrorCode.INCOMPATIBLE_MODEL),
    )
    for kind, code in codes:
        if isinstance(error, kind):
            return TeachingError(code, str(error))
    return TeachingError(ErrorCode.IO_ERROR, str(error))
