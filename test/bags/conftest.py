from __future__ import annotations

from pathlib import Path

import pytest

from lr_ros.bags.gathering import Span
from lr_ros.bags.learn import Plan, learn_bag
from lr_ros.bags.recording import Recording
from lr_ros.bags.settings import load_settings

from .making import PARAMS, TOPIC, images, pictures, teaching, write


@pytest.fixture(scope="session")
def frames():
    return pictures()


@pytest.fixture(scope="session")
def bag(tmp_path_factory: pytest.TempPathFactory, frames) -> Path:
    folder = tmp_path_factory.mktemp("recordings") / "walk"
    return write(folder, {TOPIC: images(frames), "/lr/learner_status": teaching()})


@pytest.fixture(scope="session")
def params(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parameters") / "params.yaml"
    path.write_text(PARAMS)
    return path


@pytest.fixture(scope="session")
def store(bag: Path, params: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is known after the mug's first stay; only to be read."""
    folder = tmp_path_factory.mktemp("known") / "store"
    with Recording(bag, TOPIC) as recording:
        plan = Plan((Span(0.0, 4.5, "mug"),), load_settings(params), folder)
        assert learn_bag(recording, plan, lambda _what, _share: None).learned == 1
    return folder
