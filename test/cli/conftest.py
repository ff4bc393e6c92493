from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from client.robots import DOMAIN_ID, Robot, fake_robot

import lr_ros.client
from lr_ros.cli.main import main
from lr_ros.client import LearnClient


@pytest.fixture(scope="session")
def robot() -> Iterator[Robot]:
    with fake_robot() as running:
        yield running


@pytest.fixture(scope="session")
def connected(robot: Robot) -> Iterator[LearnClient]:
    with robot.client(timeout=20) as client:
        yield client


@pytest.fixture
def lr(robot: Robot, connected: LearnClient, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `lr` in this process against the robot of cardboard.

    Its clients share one connection: the discovery of many that come and go in one process takes
    seconds each.
    """

    def client(namespace: str, **options: object) -> AbstractContextManager[LearnClient]:
        if namespace == robot.namespace:
            return nullcontext(connected)
        return LearnClient(namespace, **options)

    monkeypatch.setenv("ROS_DOMAIN_ID", str(DOMAIN_ID))
    monkeypatch.setenv("LR_NAMESPACE", robot.namespace)
    monkeypatch.setenv("COLUMNS", "160")
    profile = Path(__file__).parents[2] / "config" / "fastdds.xml"
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", str(profile))
    monkeypatch.setattr(lr_ros.client, "LearnClient", client)
    connected.pause(False)
    connected.reset()
    return lambda *arguments: main(arguments)
