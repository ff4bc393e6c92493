"""Disks that fail, as far as this user may make them fail."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LARGEST = 64
"""Size of the largest disk here [MB]."""


def _run(command: str, *arguments: str) -> bool:
    program = shutil.which(command)
    if program is None:
        return False
    return subprocess.run([program, *arguments], check=False, capture_output=True).returncode == 0


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system; skip the test where this user may not."""
    assert megabytes < LARGEST
    place.mkdir()
    if not _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)):
        pytest.skip("this user may not mount a file system")
    try:
        yield place
    finally:
        assert _run("umount", str(place))


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill a disk to its last byte; there is room again afterwards."""
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(LARGEST << 20))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(directory: Path) -> Iterator[None]:
    """Make a directory read-only under the processes that have files open in it."""
    assert _run("mount", "--bind", str(directory), str(directory))
    try:
        assert _run("mount", "-o", "remount,bind,ro", str(directory))
        yield
    finally:
        assert _run("umount", str(directory))
