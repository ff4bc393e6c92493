"""Shared memory of processes that were killed is given back; that of the living is left alone."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import rclpy
from ros_processes import environment_for

from lr_ros.ros.leftovers import SHARED_MEMORY, YOUNG, clear_leftovers

DOMAIN_ID = 34
NODE = "import rclpy; rclpy.init(); n = rclpy.create_node('a'); print(flush=True); input()"


def _segment(directory: Path, number: int, age: float = 2 * YOUNG) -> Path:
    segment = directory / f"fastdds_{number:016x}"
    segment.write_bytes(bytes(1000))
    lock = segment.with_name(f"{segment.name}_el")
    lock.touch()
    then = time.time() - age
    os.utime(lock, (then, then))
    return lock


def test_what_nobody_holds_is_given_back(tmp_path: Path) -> None:
    for number in range(3):
        _segment(tmp_path, number)
    assert clear_leftovers(tmp_path) == 3000
    assert list(tmp_path.iterdir()) == []
    assert clear_leftovers(tmp_path / "not there") == 0


def test_what_is_held_or_young_or_something_else_stays(tmp_path: Path) -> None:
    held = _segment(tmp_path, 1)
    _segment(tmp_path, 2, age=0.0)
    for name in ("fastdds_port7000_el", "fastdds_port7000", "fastdds_x_el", "other_el"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / f"fastdds_{3:016x}_el").symlink_to(tmp_path / "other_el")
    before = sorted(tmp_path.iterdir())
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert clear_leftovers(tmp_path) == 0
    assert sorted(tmp_path.iterdir()) == before
    assert clear_leftovers(tmp_path) == 1000, "its process is gone now"


def _locks(pid: int) -> list[Path]:
    """Return the locks of segments that a process has made."""
    opened = {Path(os.readlink(link)) for link in Path(f"/proc/{pid}/fd").iterdir()}
    return [path for path in opened if path.match(f"{SHARED_MEMORY}/fastdds_*_el")
            and "port" not in path.name]  # fmt: skip


@pytest.mark.ros
@pytest.mark.skipif(
    "fastrtps" not in rclpy.get_rmw_implementation_identifier(), reason="Fast DDS's segments"
)
def test_fast_dds_locks_its_segments_while_it_lives() -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", NODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment_for(DOMAIN_ID),
    )
    with process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            locks = _locks(process.pid)
            if not locks:
                pytest.skip("there is no shared memory on this machine")
            for lock in locks:
                os.utime(lock, (0, 0))
            clear_leftovers()
            assert all(lock.exists() for lock in locks)
        finally:
            process.kill()
            process.wait()
    clear_leftovers()
    assert not any(lock.exists() for lock in locks)
    assert not any(lock.with_name(lock.name.removesuffix("_el")).exists() for lock in locks)
