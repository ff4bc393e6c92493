from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.stream.smoothing import Smoother, SmootherConfig

NAMES = ("cup", "pen", "can")
frames = st.lists(
    st.tuples(
        st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3).filter(lambda p: sum(p) > 0.1),
        st.floats(0.0, 1.0),
        st.integers(0, 2),
        st.floats(0.0, 0.5),
    ),
    min_size=1,
    max_size=20,
)


@given(frames)
def test_results_are_probabilities_whatever_comes(sequence):
    smoother, stamp = Smoother(), 0.0
    for raw, unknown, segment, step in sequence:
        stamp += step
        own = np.array(raw) / sum(raw)
        smooth, score = smoother.update(own, unknown, segment, stamp, NAMES)
        assert smooth.dtype == np.float32
        assert np.all(smooth >= 0)
        assert smooth.sum() == pytest.approx(1.0, abs=1e-5)
        assert 0.0 <= score <= 1.0


@given(frames)
def test_nothing_is_carried_into_the_next_segment(sequence):
    used, fresh, stamp = Smoother(), Smoother(), 0.0
    for raw, unknown, _, step in sequence:
        stamp += step
        used.update(np.array(raw) / sum(raw), unknown, 1, stamp, NAMES)
    one, score = used.update([0.2, 0.5, 0.3], 0.4, 2, stamp + 0.1, NAMES)
    other, expected = fresh.update([0.2, 0.5, 0.3], 0.4, 2, stamp + 0.1, NAMES)
    np.testing.assert_array_equal(one, other)
    assert score == expected


def test_a_single_odd_frame_does_not_change_the_answer():
    smoother = Smoother(SmootherConfig(seconds=0.6))
    for i in range(8):
        smoother.update([0.7, 0.2, 0.1], 0.1, 5, i * 0.1, NAMES)
    smooth, unknown = smoother.update([0.05, 0.9, 0.05], 0.9, 5, 0.8, NAMES)
    assert smooth.argmax() == 0
    assert unknown < 0.5


def test_steady_evidence_is_left_as_it_is():
    smoother = Smoother()
    for i in range(10):
        smooth, unknown = smoother.update([0.6, 0.3, 0.1], 0.25, 1, i * 0.1, NAMES)
    np.testing.assert_allclose(smooth, [0.6, 0.3, 0.1], atol=1e-4)
    assert unknown == pytest.approx(0.25)


def test_the_answer_follows_when_the_evidence_changes_for_good():
    smoother = Smoother(SmootherConfig(seconds=0.5))
    for i in range(10):
        smoother.update([0.9, 0.05, 0.05], 0.0, 1, i * 0.1, NAMES)
    for i in range(10, 20):
        smooth, _ = smoother.update([0.05, 0.9, 0.05], 0.0, 1, i * 0.1, NAMES)
    assert smooth.argmax() == 1


@pytest.mark.parametrize(
    ("segment", "stamp", "names"),
    [(2, 0.1, NAMES), (1, 0.1, ("cup", "pen", "fork")), (1, -5.0, NAMES), (1, 60.0, NAMES)],
    ids=["other segment", "other classes", "stamp runs backwards", "long pause"],
)
def test_it_begins_anew(segment, stamp, names):
    smoother = Smoother()
    smoother.update([1.0, 0.0, 0.0], 1.0, 1, 0.0, NAMES)
    smooth, unknown = smoother.update([0.1, 0.1, 0.8], 0.2, segment, stamp, names)
    np.testing.assert_allclose(smooth, [0.1, 0.1, 0.8], atol=1e-5)
    assert unknown == pytest.approx(0.2)


def test_frames_without_a_segment_stand_alone():
    smoother = Smoother()
    smoother.update([1.0, 0.0, 0.0], 0.0, 1, 0.0, NAMES)
    smooth, unknown = smoother.update([0.0, 1.0, 0.0], 1.0, 0, 0.1, NAMES)
    np.testing.assert_allclose(smooth, [0.0, 1.0, 0.0])
    assert unknown == 1.0


def test_zero_seconds_switch_it_off():
    smoother = Smoother(SmootherConfig(seconds=0.0))
    smoother.update([1.0, 0.0, 0.0], 0.0, 1, 0.0, NAMES)
    smooth, _ = smoother.update([0.0, 1.0, 0.0], 0.0, 1, 0.1, NAMES)
    np.testing.assert_allclose(smooth, [0.0, 1.0, 0.0])


def test_no_classes_yet():
    smooth, unknown = Smoother().update([], 1.0, 1, 0.0, ())
    assert smooth.shape == (0,)
    assert unknown == 1.0


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="2 probabilities for 3 class names"):
        Smoother().update([0.5, 0.5], 0.0, 1, 0.0, NAMES)
