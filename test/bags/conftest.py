from __future__ import annotations

from pathlib import Path

import pytest

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
