"""Recognizer and learner killed and started anew in any order find each other without help."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ros_processes import Probe

from faults.system import Camera, System

pytestmark = pytest.mark.ros

BOTH = ("recognizer", "learner")


@pytest.fixture
def system(own_probe: Probe, tmp_path: Path) -> Iterator[System]:
    system = System(own_probe, tmp_path)
    try:
        with Camera(own_probe):
            system.start(*BOTH)
            yield system
    finally:
        system.end()


def _taught_and_recognized(system: System, name: str) -> int:
    status = system.teach(name)
    answer = system.recognized_by(status.model_version)
    assert name in [hypothesis.class_name for hypothesis in answer.hypotheses]
    return status.model_version


def test_the_recognizer_and_the_learner_are_killed_and_started_anew(system: System) -> None:
    """Taught and recognized each time; the recognizer serves on while the learner is gone."""
    version = _taught_and_recognized(system, "thing 0")
    system.kill("recognizer")
    system.start("recognizer")
    version = _again(system, version, "thing 1")
    system.kill("learner")
    for _ in range(20):
        assert system.recognized_by(0).model_version == version
    system.start("learner")
    _again(system, version, "thing 2")
    assert system.classes() == ["thing 0", "thing 1", "thing 2"]


def _again(system: System, version: int, name: str) -> int:
    """What was known is recognized, and another is taught; return the newer version."""
    began = time.monotonic()
    system.recognized_by(version)
    newer = _taught_and_recognized(system, name)
    assert newer > version
    print(f"{name}: all works {time.monotonic() - began:.1f} s later")
    return newer


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("order", [BOTH, BOTH[::-1]], ids="-".join)
def test_both_are_killed_and_started_anew(system: System, order: tuple[str, str]) -> None:
    version = _taught_and_recognized(system, "thing 0")
    for number in range(1, 4):
        for name in order:
            system.kill(name)
        for name in order:
            system.start(name)
        version = _again(system, version, f"thing {number}")
    assert len(system.classes()) == 4


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_kills_of_either(system: System) -> None:
    version = _taught_and_recognized(system, "thing 0")
    for number, name in zip(range(1, 21), itertools.cycle(BOTH), strict=False):
        system.kill(name)
        system.start(name)
        version = _taught_and_recognized(system, f"thing {number}")
    assert version >= 21
    assert len(system.classes()) == 21
