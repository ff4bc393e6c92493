"""What a process frees goes back to the system where glibc would keep it."""

from __future__ import annotations

import os

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
