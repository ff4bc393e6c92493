"""What can go wrong with a store; every message names the value or the path, and the remedy."""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """Base of all errors of the store."""


class StoreLockedError(StoreError):
    """Another process owns the store."""


class IncompatibleStoreError(StoreError):
    """Written in a newer format than this program reads."""


class InvalidNameError(StoreError):
    """A name that is none, or a path outside the directory for exports."""


class UnknownModelError(StoreError):
    """No model of that name is saved."""


class ExistsError(StoreError):
    """A model of that name is saved already, or the file there is not a model."""


class DamagedError(StoreError):
    """Bytes that are not a whole snapshot: truncated, altered, or of something else."""


class UnknownVersionError(StoreError):
    """No version of that number is kept."""


class NothingToUndoError(StoreError):
    """No earlier version is kept."""


class JournalFullError(StoreError):
    """The journal holds as many sessions as it may."""


class StoreIOError(StoreError):
    """The operating system refused to read or write (disk full, read-only, no permission)."""

    @classmethod
    def of(cls, error: OSError, path: Path, doing: str) -> StoreIOError:
        """Return the error for ``error``, met while ``doing`` something at ``path``."""
        return cls(f"{doing} {path} failed: {error.strerror or error}")
