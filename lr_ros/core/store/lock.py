"""One owner a store: a lock that the kernel lets go when the process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from lr_ros.core.store.errors import StoreIOError, StoreLockedError


class OwnerLock:
    """The lock of ``directory``, held from construction to :meth:`release`.

    Raises StoreLockedError, naming the owner, when another process (or another store object of this
    one) holds it, and StoreIOError when the lock file cannot be written.
    """

    NAME = "lock"

    def __init__(self, directory: Path) -> None:
        path = directory / self.NAME
        try:
            self._file = open(path, "a+", encoding="ascii", opener=_private)  # noqa: SIM115 - held open
        except OSError as error:
            raise StoreIOError.of(error, path, "opening the lock") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = _owner(path)
            self._file.close()
            raise StoreLockedError(
                f"the store {directory} is in use by {owner}; "
                "stop it first, or give this process a directory of its own"
            ) from error
        self._write_owner(path)

    def _write_owner(self, path: Path) -> None:
        try:
            self._file.truncate(0)
            self._file.write(f"{os.getpid()}\n")
            self._file.flush()
        except OSError as error:
            self._file.close()
            raise StoreIOError.of(error, path, "writing the lock") from error

    def release(self) -> None:
        """Let another process own the directory; calling it again does nothing."""
        self._file.close()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _owner(path: Path) -> str:
    text = path.read_text(encoding="ascii", errors="replace").strip()
    return f"process {text}" if text.isdigit() else "another process"
