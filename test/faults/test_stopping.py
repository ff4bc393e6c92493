"""Every process ends on SIGINT and SIGTERM: at once, with exit code 0 and without a traceback."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import LearnerStatus
from ros_processes import START_SECONDS, Probe, running

from faults.teaching import Teacher, start_learner

pytestmark = pytest.mark.ros

WITHIN = 3.0
"""The most seconds that a node may take to end."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _every_node(probe: Probe, directory: Path) -> list[NodeProcess]:
    pytest.importorskip("pybullet")
    settings: dict[str, dict[str, Any]] = {
        "learner": {"store.directory": str(directory / "store"), "training.nice": 0},
        "recognizer": {},
        "simulated_camera": {"image.rate": 30.0},
        "image_source": {"source.path": _pictures(directory), "image.compressed": True},
        "panel": {"port": 0},
    }
    return [
        NodeProcess(name, probe.namespace, probe.domain_id, directory, parameters=parameters)
        for name, parameters in settings.items()
    ]


def _pictures(directory: Path) -> str:
    import cv2  # noqa: PLC0415 - slow to load, and most tests here need none
    import numpy as np  # noqa: PLC0415

    folder = directory / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "grey.png"), np.full((48, 64, 3), 128, np.uint8))
    return str(folder)


def _wait_until_all_work(probe: Probe, nodes: list[NodeProcess]) -> None:
    """Each node has published diagnostics, so its executor spins."""
    inbox = probe.listen(DiagnosticArray, "/diagnostics")
    for node in nodes:
        inbox.wait(
            lambda array, name=f"{probe.namespace}/{node.module}": any(
                name in status.name for status in array.status
            ),
            timeout=START_SECONDS,
        )


def _start_and_stop_all(probe: Probe, directory: Path, numbers: Iterable[int]) -> list[float]:
    nodes = _every_node(probe, directory)
    with running(*nodes):
        _wait_until_all_work(probe, nodes)
        return [node.stop(number) for node, number in zip(nodes, numbers, strict=False)]


def test_every_node_stops(own_probe: Probe, tmp_path: Path) -> None:
    """By one signal or the other; by each of both many times in the longer test."""
    assert max(_start_and_stop_all(own_probe, tmp_path, itertools.cycle(SIGNALS))) < WITHIN


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_node_stops_twenty_times(own_probe: Probe, tmp_path: Path) -> None:
    seconds = []
    for turn, number in zip(range(20), itertools.cycle(SIGNALS), strict=False):
        seconds += _start_and_stop_all(own_probe, tmp_path / str(turn), itertools.repeat(number))
        assert max(seconds) < WITHIN
    print(
        f"stopped {len(seconds)} of {len(seconds)} processes, the slowest in {max(seconds):.2f} s"
    )


@pytest.fixture
def training(own_probe: Probe, tmp_path: Path) -> Iterator[tuple[NodeProcess, Teacher]]:
    """Return a learner in the midst of a long training."""
    node = start_learner(
        own_probe,
        tmp_path,
        {"training.strategy": "default", "training.while_looking": False, "training.threads": 2},
    )
    with running(node):
        teacher = Teacher(own_probe)
        teacher.wait_until_ready()
        session_id = teacher.send_session("mug", frames=60)
        teacher.statuses.wait(
            lambda s: s.session_id == session_id and s.state == LearnerStatus.TRAINING
        )
        yield node, teacher


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)],
    ids=lambda number: number.name,
)
def test_stops_while_it_trains(
    training: tuple[NodeProcess, Teacher], number: int, own_probe: Probe, tmp_path: Path
) -> None:
    """It ends at once, and the session that it was told of is learned at the next start."""
    node, teacher = training
    session_id = teacher.statuses.messages[-1].session_id
    assert node.stop(number) < WITHIN
    assert not any(s.classes for s in teacher.statuses.messages), "it trained before it was stopped"
    teacher.models.messages.clear()
    again = start_learner(own_probe, tmp_path, {"training.strategy": "default"})
    with running(again):
        own_probe.forget_clients()
        teacher.wait_until_ready()
        teacher.statuses.wait(lambda s: s.session_id == session_id and s.classes, START_SECONDS)
        assert teacher.classes() == ["mug"]
        again.stop()
