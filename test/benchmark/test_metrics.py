from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lr_ros.benchmark.metrics import accuracy_by_class, forgetting, steepest_fall


def test_accuracy_by_class_counts_each_class_for_itself():
    truth = np.array([0, 0, 0, 1, 3])
    answer = np.array([0, 1, 0, 1, -1])
    found = accuracy_by_class(truth, answer, 4)
    np.testing.assert_allclose(found, [2 / 3, 1, np.nan, 0])


def test_forgetting_is_what_was_lost_since_the_best():
    history = np.array([[0.9, 0.0], [0.5, 0.8], [0.6, 0.7]])
    assert forgetting(history, np.array([0, 1])) == pytest.approx((0.3 + 0.1) / 2)


def test_a_class_first_shown_in_the_last_batch_cannot_be_forgotten():
    history = np.array([[0.9, 0.0], [0.5, 0.8]])
    assert forgetting(history, np.array([0, 1])) == pytest.approx(0.4)
    assert forgetting(history[:1], np.array([0, -1])) == 0.0


def test_classes_without_test_frames_do_not_count():
    history = np.array([[0.9, np.nan], [0.5, np.nan]])
    assert forgetting(history, np.array([0, 0])) == pytest.approx(0.4)


@given(hnp.arrays(np.float64, (5, 3), elements=st.floats(0, 1)))
def test_forgetting_lies_between_its_bounds_and_is_zero_or_less_where_nothing_falls(history):
    known = np.zeros(3, np.int64)
    assert -1 <= forgetting(history, known) <= 1
    assert forgetting(np.sort(history, axis=0), known) <= 0


def test_the_steepest_fall_is_looked_for_from_a_batch_on():
    assert steepest_fall([0.9, 0.1, 0.5, 0.4, 0.6], 0) == pytest.approx(0.8)
    assert steepest_fall([0.9, 0.1, 0.5, 0.4, 0.6], 1) == pytest.approx(0.1)
    assert steepest_fall([0.1, 0.2], 0) == 0.0
    assert steepest_fall([0.1], 0) == 0.0
