"""Recognizer and learner killed and started anew in any order find each other without help."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ros_processes import START_SECONDS, Probe

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


@pytest.mark.timeout(400)
def test_each_is_killed_and_started_anew(system: System) -> None:
    """The recognizer, the learner, and both in either order: taught and recognized each time."""
    version = _taught_and_recognized(system, "thing 0")
    orders = [("recognizer",), ("learner",), BOTH, BOTH[::-1]]
    for number, order in enumerate(orders, start=1):
        for name in order:
            system.kill(name)
        killed = time.monotonic()
        for name in order:
            system.start(name)
        system.recognized_by(version)
        newer = _taught_and_recognized(system, f"thing {number}")
        assert newer > version
        version = newer
        print(f"killed {' and '.join(order)}: all works {time.monotonic() - killed:.1f} s later")
    assert system.classes() == [f"thing {number}" for number in range(5)]


def test_the_recognizer_serves_on_while_the_learner_is_gone(system: System) -> None:
    version = _taught_and_recognized(system, "mug")
    system.kill("learner")
    for _ in range(20):
        assert system.recognized_by(0).model_version == version
    system.start("learner")
    system.models.wait(timeout=START_SECONDS, start=len(system.models.messages))
    assert system.recognized_by(version).model_version == version


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
