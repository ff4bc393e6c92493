"""One owner a store: a lock that the kernel lets go when the process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from lr_ros.core.store.errors import StoreIOError, StoreLockedError


class OwnerLock:
    """The lock of ``directory``, held from construction to :meth:`release`.

    Raises StoreLockedError, naming the owner, when another process (or another store object of this
    one) holds it, and StoreIOError when the lock file cannot be opened.
    """

    NAME = "lock"

    def __init__(self, directory: Path) -> None:
        path = directory / self.NAME
        try:
            self._descriptor = _open(path)
        except OSError as error:
            raise StoreIOError.of(error, path, "opening the lock") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = _owner(path)
            self.release()
            raise StoreLockedError(
                f"the store {directory} is in use by {owner}; "
                "stop it first, or give this process a directory of its own"
            ) from error
        self._write_owner()

    def _write_owner(self) -> None:
        # On a full or read-only disk the lock holds all the same; it only cannot name its owner.
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another process own the directory; calling it again does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _open(path: Path) -> int:
    """Open the lock for writing, or for reading where what is stored can only be read."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(path, os.O_RDONLY)


def _owner(path: Path) -> str:
    text = path.read_text(encoding="ascii", errors="replace").strip()
    return f"process {text}" if text.isdigit() else "another process"
