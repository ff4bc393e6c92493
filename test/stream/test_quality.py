from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.stream.quality import REASONS, QualityConfig, QualityGate, measure

from .synthetic import texture


@pytest.fixture
def picture():
    return texture(np.random.default_rng(0), 120, 90).astype(np.uint8)


def test_blur_lowers_sharpness_and_leaves_brightness(picture):
    sharp, bright = measure(picture)
    blurred, same = measure(cv2.GaussianBlur(picture, (0, 0), 4))
    assert blurred < 0.2 * sharp
    assert same == pytest.approx(bright, abs=0.02)


@pytest.mark.parametrize(("value", "reason"), [(5, "too_dark"), (252, "too_bright")])
def test_over_and_under_exposed_regions_are_refused(value, reason):
    region = np.full((50, 60, 3), value, np.uint8)
    assert QualityGate().check(*measure(region)) == reason


def test_a_blurred_frame_is_refused_among_sharp_ones():
    gate = QualityGate()
    assert [gate.check(200.0, 0.5) for _ in range(5)] == [None] * 5
    assert gate.check(20.0, 0.5) == "blurred"
    assert gate.check(150.0, 0.5) is None


def test_a_plain_object_is_not_a_blurred_one():
    gate = QualityGate()
    assert [gate.check(20.0, 0.5) for _ in range(5)] == [None] * 5


def test_frames_refused_for_blur_count_as_usual_in_the_end():
    gate = QualityGate(QualityConfig(history=10))
    for _ in range(5):
        gate.check(1000.0, 0.5)
    answers = [gate.check(50.0, 0.5) for _ in range(20)]
    assert answers[0] == "blurred"
    assert answers[-1] is None


def test_duplicates_are_those_of_accepted_frames_only():
    rng = np.random.default_rng(0)
    gate = QualityGate()
    first, other = rng.normal(0, 1, (2, 8, 4, 4)).astype(np.float32)
    nearly = first + 0.01 * rng.normal(0, 1, first.shape).astype(np.float32)
    assert gate.check(100.0, 0.5, first) is None
    assert gate.check(100.0, 0.5, nearly) == "duplicate"
    assert gate.check(100.0, 0.01, other) == "too_dark"
    assert gate.check(100.0, 0.5, other) is None
    assert gate.check(100.0, 0.5, other) == "duplicate"
    gate.reset()
    assert gate.check(100.0, 0.5, first) is None


@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.floats(0, 1), st.none() | st.integers(0, 3)), max_size=30
    )
)
def test_every_answer_has_a_name(frames):
    gate = QualityGate()
    for sharpness, brightness, latent in frames:
        array = None if latent is None else np.eye(4, dtype=np.float32)[latent]
        assert gate.check(sharpness, brightness, array) in {None, *REASONS}


@pytest.mark.parametrize("shape", [(0, 10, 3), (10, 10), (10, 10, 4)])
def test_a_region_must_have_pixels(shape):
    with pytest.raises(ValueError, match="region"):
        measure(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    "bad", [{"sharpness_floor": -1.0}, {"brightest": 2.0}, {"history": 0}, {"darkest": np.nan}]
)
def test_bad_limits_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        QualityConfig(**bad)
