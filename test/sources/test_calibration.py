import pytest

from lr_ros.sources.base import SourceError
from lr_ros.sources.calibration import load_calibration, pinhole

WHOLE = """
image_width: 640
image_height: 480
camera_name: left
camera_matrix: {rows: 3, cols: 3, data: [500, 0, 320, 0, 501, 240, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, -0.2, 0.001, 0.002, 0.0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [490, 0, 321, 0, 0, 491, 241, 0, 0, 0, 1, 0]}
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "camera.yaml"


def test_a_whole_file_is_read(file):
    file.write_text(WHOLE)
    calibration = load_calibration(file)
    assert (calibration.width, calibration.height) == (640, 480)
    assert calibration.camera_matrix[4] == 501.0
    assert calibration.distortion == (0.1, -0.2, 0.001, 0.002, 0.0)
    assert calibration.projection[5] == 491.0


def test_without_rectification_the_camera_matrix_projects(file):
    file.write_text("\n".join(WHOLE.splitlines()[:7]))
    calibration = load_calibration(file)
    assert calibration.rectification == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert calibration.projection == (500, 0, 320, 0, 0, 501, 240, 0, 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("image_width: 640", "", "image_width = None"),
        ("image_width: 640", "image_width: -3", "image_width = -3"),
        ("image_height: 480", "image_height: tall", "image_height = 'tall'"),
        ("[500, 0, 320, 0", "[500, 0", "camera_matrix needs"),
        ("[500, 0", "[.nan, 0", "camera_matrix needs"),
        ("plumb_bob", "fish", "distortion_model 'fish'"),
        ("0.002, 0.0]", "0.002]", "distortion_coefficients needs"),
        ("image_width", "[", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(file, old, new, message):
    file.write_text(WHOLE.replace(old, new))
    with pytest.raises(SourceError, match=message):
        load_calibration(file)


@pytest.mark.parametrize("content", [b"", b"- 1", b"\xff\xfe\x00", b"x: " + b"1" * (1 << 20)])
def test_files_that_are_no_calibration_are_named(file, content):
    file.write_bytes(content)
    with pytest.raises(SourceError, match=r"camera\.yaml"):
        load_calibration(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match="nothing"):
        load_calibration(tmp_path / "nothing.yaml")


def test_the_ideal_camera_looks_at_the_middle():
    calibration = pinhole(320, 240, 300.0)
    assert calibration.camera_matrix == (300.0, 0.0, 159.5, 0.0, 300.0, 119.5, 0.0, 0.0, 1.0)
    assert calibration.projection[3] == 0.0
