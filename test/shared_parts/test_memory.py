"""What a process frees goes back to the system where glibc would keep it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from lr_ros.ros import memory


def test_giving_back_may_be_asked_at_any_time() -> None:
    memory.give_back_memory()
    memory.give_back_memory()


def test_the_kernels_are_limited_unless_somebody_has_said_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.setenv(name, "7")
    memory.limit_kernels()
    assert os.environ[name] == "7"
    monkeypatch.delenv(name)
    memory.limit_kernels()
    assert 0 < int(os.environ[name]) < 1024, "oneDNN's default"


HEAPS = """
import ctypes, tempfile, threading
from lr_ros.ros.memory import share_heaps
share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(8)
def work():
    together.wait()
    libc.malloc(100_000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(file.read().count(b"<heap nr="))
"""


def heaps(**environment: str) -> int:
    """Return how many heaps eight threads of a process get that asks for few."""
    command = [sys.executable, "-P", "-c", HEAPS]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps are glibc's")
def test_threads_share_heaps_unless_somebody_has_said_how_many() -> None:
    assert heaps() <= 2
    assert heaps(MALLOC_ARENA_MAX="6") > 2
