from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.robots import Robot, fake_robot
from lr_ros.client import LearnClient


@pytest.fixture(scope="session")
def robot() -> Iterator[Robot]:
    with fake_robot() as running:
        yield running


@pytest.fixture(scope="session")
def connected(robot: Robot) -> Iterator[LearnClient]:
    with robot.client() as client:
        yield client


@pytest.fixture
def client(connected: LearnClient) -> LearnClient:
    connected.pause(False)
    connected.reset()
    return connected


@pytest.fixture
def own_robot(tmp_path: Path) -> Iterator[Robot]:
    with fake_robot(tmp_path / "profile.xml") as running:
        yield running
