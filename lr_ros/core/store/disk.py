"""Durable files: what these functions have returned from is on the disk, whole, or not there.

A file is written beside its place under a temporary name, flushed to the disk, renamed over its
place, and the directory is flushed too, so that a power cut at any moment leaves the old content or
the new one. Everything is readable by the owner only.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from lr_ros.core.store.errors import DamagedError, StoreIOError

TEMPORARY = ".writing-"
"""Names of unfinished files begin with this; they were never acknowledged."""


def make_directory(path: Path) -> None:
    """Make ``path`` and its parents, for the owner only; an existing one is closed to others.

    Raises StoreIOError.
    """
    try:
        if not path.is_dir():
            path.mkdir(mode=0o700, parents=True)
            sync_directory(path.parent)
        elif stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise StoreIOError.of(error, path, "making the directory") from error


def sync_directory(path: Path) -> None:
    """Flush the entries of a directory (new names, renames) to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Put what ``fill`` writes at ``path``, atomically and durably; an existing file is replaced.

    Raises StoreIOError, and whatever ``fill`` raises; then ``path`` is as it was (only if the last
    step fails, flushing the directory, a file that was there before may hold the new content).
    """
    existed = path.exists()
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}")
    try:
        with _unfinished(temporary) as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        if not existed:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        raise StoreIOError.of(error, path, "writing") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _unfinished(path: Path) -> Iterator[BinaryIO]:
    """Open a new, empty file; while it is open, :func:`remove_unfinished` leaves it alone."""
    with os.fdopen(_open_locked(path), "wb") as file:
        os.ftruncate(file.fileno(), 0)
        yield file


def _open_locked(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
    while True:
        descriptor = os.open(path, flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        # Between the two calls somebody took it for one that was left behind.
        os.close(descriptor)


def write_bytes(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` as :func:`write_file` does. Raises StoreIOError."""

    def fill(file: BinaryIO) -> None:
        file.write(data)

    write_file(path, fill)


def remove_file(path: Path) -> None:
    """Remove ``path`` durably; one that is not there is no error. Raises StoreIOError."""
    try:
        path.unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise StoreIOError.of(error, path, "removing") from error


def read_file(path: Path, most: int | None = None) -> bytes:
    """Return the bytes of a regular file of at most ``most`` bytes (None: any length).

    Raises FileNotFoundError and other OSErrors as they come; DamagedError if it is something else
    than a regular file, or larger.
    """
    # Not blocking: opening a named pipe would wait for a writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise DamagedError(f"{path} is not a regular file")
        if most is not None and status.st_size > most:
            raise DamagedError(f"{path} has {status.st_size} bytes, more than the {most} allowed")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def is_damage(error: OSError) -> bool:
    """Return whether ``error``, met in reading, says that the medium itself lost the bytes."""
    return error.errno in (errno.EIO, errno.EUCLEAN, errno.EBADMSG)


def remove_unfinished(directory: Path) -> None:
    """Remove what killed processes were writing; nobody was told that it was there.

    The files of processes that still write are left alone.
    """
    for path in directory.glob(f"{TEMPORARY}*"):
        # What cannot be opened or is being written is not ours to remove.
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(descriptor)
