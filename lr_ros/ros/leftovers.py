"""Shared memory that killed processes have left behind, given back."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux has it; nothing is made there

YOUNG = 60.0
"""Segments this young are left alone: their process may be about to lock them [s]."""

_LOCK = re.compile(r"fastdds_[0-9a-f]{16}_el")


def clear_leftovers(directory: Path = SHARED_MEMORY) -> int:
    """Remove Fast DDS's segments whose process has ended; return the bytes given back.

    A process that is killed leaves 0.5 to 17 MB, which stay until the machine is restarted. Where
    all the shared memory is used up (a container has 64 MB), new nodes can only use UDP. While a
    segment's process lives, it holds a lock on the file beside the segment.
    """
    given_back = 0
    for lock in directory.glob("fastdds_*_el"):
        if _LOCK.fullmatch(lock.name):
            with contextlib.suppress(OSError):  # it is in use, somebody else's, or just went
                given_back += _clear(lock)
    return given_back


def _clear(lock: Path) -> int:
    """Remove a segment and its lock if nobody holds it."""
    if time.time() - lock.stat().st_mtime < YOUNG:
        return 0
    descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        segment = lock.with_name(lock.name.removesuffix("_el"))
        size = segment.stat().st_size if segment.exists() else 0
        segment.unlink(missing_ok=True)
        lock.unlink()
        return size
    finally:
        os.close(descriptor)
