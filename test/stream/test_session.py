from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.stream.session import SessionBuffer, SessionConfig

stamps = st.lists(st.floats(-1e4, 1e4), max_size=80)
refusals = st.sampled_from([None, None, None, "blurred", "too_dark"])


@given(
    st.lists(st.tuples(st.floats(-100, 1e4), refusals), max_size=80),
    st.integers(1, 20),
    st.floats(0.5, 30),
)
def test_bounds_hold_for_any_stamps(offers, target, rate):
    buffer: SessionBuffer[float] = SessionBuffer(
        SessionConfig(target=target, minimum=min(3, target), rate=rate, longest=1e6)
    )
    for stamp, refusal in offers:
        taken = buffer.offer(stamp, stamp, refusal)
        assert not (taken and refusal)
        assert buffer.frames <= target
        assert 0.0 <= buffer.progress <= 1.0
        assert (buffer.outcome == "done") == (buffer.frames == target)
    assert buffer.frames + sum(buffer.refused.values()) <= len(offers)
    assert buffer.finish() == ("done" if buffer.frames >= min(3, target) else "too_few")


@given(st.floats(1, 10), st.floats(10, 60), st.floats(0, 1e9))
def test_the_rate_is_kept_at_any_camera_rate(rate, camera, first):
    buffer: SessionBuffer[int] = SessionBuffer(SessionConfig(target=10_000, rate=rate, longest=99))
    for i in range(int(camera * 10)):
        buffer.offer(first + i / camera, i)
    assert abs(buffer.frames - rate * 10) <= 0.1 * rate * 10 + 2


def test_jittering_stamps_lose_no_slot():
    buffer: SessionBuffer[int] = SessionBuffer(SessionConfig(target=50, rate=5.0))
    for i in range(50):
        buffer.offer(i * 0.2 + (0.03 if i % 2 else -0.03), i)
    assert buffer.frames == 50


def test_a_refused_frame_leaves_its_slot_to_the_next():
    buffer: SessionBuffer[str] = SessionBuffer(SessionConfig(target=5, minimum=1, rate=1.0))
    assert buffer.offer(0.0, "a")
    assert not buffer.offer(0.9, "b", "blurred")
    assert buffer.offer(1.0, "c")
    assert buffer.items == ["a", "c"]
    assert buffer.refused == {"blurred": 1}


def test_frames_between_slots_are_not_judged():
    buffer: SessionBuffer[int] = SessionBuffer(SessionConfig(rate=1.0))
    assert buffer.offer(0.0, 0)
    assert not buffer.wants(0.1)
    assert not buffer.offer(0.1, 1, "blurred")
    assert not buffer.refused


def test_it_ends_at_the_target_and_takes_nothing_after():
    buffer: SessionBuffer[int] = SessionBuffer(SessionConfig(target=3, minimum=2, rate=5))
    for i in range(10):
        buffer.offer(i * 0.2, i)
    assert buffer.outcome == "done"
    assert buffer.items == [0, 1, 2]


@pytest.mark.parametrize(("count", "outcome"), [(4, "too_few"), (5, "done")])
def test_the_object_leaves(count, outcome):
    buffer: SessionBuffer[int] = SessionBuffer(SessionConfig(target=50, minimum=5, rate=5))
    for i in range(count):
        buffer.offer(i * 0.2, i)
    assert buffer.finish() == outcome
    assert not buffer.offer(100.0, 99)


def test_time_is_that_of_the_stamps():
    buffer: SessionBuffer[int] = SessionBuffer(
        SessionConfig(target=50, minimum=5, rate=5, longest=2.0)
    )
    for i in range(11):
        buffer.offer(i * 0.2, i)
    assert buffer.outcome == "running"
    assert not buffer.offer(2.2, 11)
    assert buffer.outcome == "done"


def test_stamps_that_run_backwards_keep_what_was_gathered():
    buffer: SessionBuffer[int] = SessionBuffer(SessionConfig(target=50, minimum=5, rate=5))
    for i in range(5):
        buffer.offer(100 + i * 0.2, i)
    assert buffer.offer(3.0, 5)
    assert buffer.offer(3.2, 6)
    assert buffer.frames == 7


@pytest.mark.parametrize("stamp", [math.nan, math.inf])
def test_stamps_must_be_finite(stamp):
    with pytest.raises(ValueError, match="stamp"):
        SessionBuffer[int]().offer(stamp, 0)


@pytest.mark.parametrize(
    "bad", [{"minimum": 0}, {"minimum": 61}, {"rate": 0.0}, {"rate": math.nan}, {"longest": -1.0}]
)
def test_bad_configurations_are_refused(bad):
    with pytest.raises(ValueError, match=r"minimum|rate|longest"):
        SessionConfig(**bad)
