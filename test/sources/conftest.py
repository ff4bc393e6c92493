import pytest

from .making import write_video


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "clip.avi")
