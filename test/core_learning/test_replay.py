"""The replay memory: filled until full, fair when full, and restorable."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lr_ros.core.quantize import Quantizer
from lr_ros.core.replay import ReplayMemory, patterns_in
from lr_ros.core.replay_policy import POLICIES
from lr_ros.core.state import State

SHAPE = (2, 1, 1)


def marked(label: int, numbers) -> np.ndarray:
    """Patterns that carry their class and their own number."""
    numbers = np.asarray(numbers, np.float32)
    return np.stack([np.full_like(numbers, label), numbers], axis=1).reshape(-1, *SHAPE)


def memory(capacity=10, policy="balanced", **more) -> ReplayMemory:
    return ReplayMemory(capacity, SHAPE, 32, policy, **more)


def contents(stored: ReplayMemory) -> np.ndarray:
    return stored.take(np.arange(len(stored))).latents.reshape(-1, 2)


@settings(deadline=None)
@given(
    policy=st.sampled_from(list(POLICIES)),
    capacity=st.integers(1, 30),
    sessions=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20)), min_size=1, max_size=8),
)
def test_holds_what_was_shown_filled_until_full(policy, capacity, sessions):
    stored = memory(capacity, policy)
    shown = 0
    for number, (label, count) in enumerate(sessions):
        stored.add(marked(label, shown + np.arange(count)), label, f"clip{number}")
        shown += count
        assert len(stored) == min(capacity, shown)
    sample = stored.take(np.arange(len(stored)))
    # Every pattern still carries the class it came with, and none is there twice.
    np.testing.assert_array_equal(sample.latents[:, 0, 0, 0], sample.labels)
    assert len(set(sample.latents[:, 1, 0, 0].tolist())) == len(stored)


@settings(deadline=None)
@given(
    policy=st.sampled_from(["balanced", "similarity"]),
    capacity=st.integers(4, 40),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5),
)
def test_classes_have_equal_shares_as_far_as_they_can(policy, capacity, sizes):
    stored = memory(capacity, policy)
    for label, size in enumerate(sizes):
        stored.add(marked(label, np.arange(size)), label, "clip")
    counts = np.array([stored.counts().get(label, 0) for label in range(len(sizes))])
    short = counts < np.array(sizes)
    if short.any():
        assert counts[short].max() - counts[short].min() <= 1
        assert counts.max() <= counts[short].min() + 1


def test_balanced_policy_keeps_all_clips_of_a_class():
    stored = memory(12)
    for clip in range(4):
        stored.add(marked(0, clip * 100 + np.arange(50)), 0, f"clip{clip}")
    assert stored.clips(0) == {f"clip{clip}": 3 for clip in range(4)}


def test_similarity_policy_keeps_the_typical():
    stored = memory(3, "similarity")
    angles = np.array([0.0, 0.1, -0.1, 1.5, -1.4])
    latents = np.stack([np.cos(angles), np.sin(angles)], axis=1).reshape(-1, *SHAPE)
    stored.add(latents.astype(np.float32), 0, "clip")
    assert np.abs(contents(stored)[:, 1]).max() < 0.2


def test_paper_policy_replaces_its_share_once_full():
    stored = memory(100, "paper")
    stored.add(marked(0, np.arange(100)), 0, "first")
    stored.add(marked(1, np.arange(100)), 1, "second")
    assert stored.counts() == {0: 50, 1: 50}
    stored.add(marked(2, np.arange(100)), 2, "third")
    assert stored.counts()[2] == 33
    assert len(stored) == 100


def test_reservoir_keeps_each_pattern_with_the_same_probability():
    kept = np.zeros(60)
    for seed in range(400):
        stored = memory(15, "reservoir", seed=seed)
        for start in range(0, 60, 12):
            stored.add(marked(0, start + np.arange(12)), 0, "clip")
        kept[contents(stored)[:, 1].astype(int)] += 1
    # 400 draws with probability 1/4: mean 100, deviation 8.7; five deviations either way.
    assert kept.min() > 56
    assert kept.max() < 144


def test_sampling_is_without_replacement_and_seeded():
    stored = memory(20)
    stored.add(marked(0, np.arange(20)), 0, "clip")
    one, other = (stored.sample(8, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.latents, other.latents)
    assert len(set(one.latents[:, 1, 0, 0].tolist())) == 8
    assert len(stored.sample(99, np.random.default_rng(0)).labels) == 20


def test_nothing_can_be_drawn_from_an_empty_memory():
    sample = memory().sample(5, np.random.default_rng(0))
    assert sample.latents.shape == (0, *SHAPE)


def test_forgetting_a_class_moves_the_later_ones_down():
    stored = memory(30)
    for label in range(3):
        stored.add(marked(label, np.arange(4)), label, f"clip{label}")
    stored.forget(1)
    assert stored.counts() == {0: 4, 1: 4}
    assert set(contents(stored)[:, 0].tolist()) == {0.0, 2.0}
    assert "clip1" not in json.dumps(stored.state().meta)


def test_copies_go_separate_ways():
    stored = memory(10)
    stored.add(marked(0, np.arange(8)), 0, "clip")
    twin = stored.copy()
    before = contents(stored).copy()
    twin.add(marked(1, np.arange(8)), 1, "other")
    np.testing.assert_array_equal(contents(stored), before)
    stored.add(marked(1, np.arange(8)), 1, "other")
    np.testing.assert_array_equal(contents(stored), contents(twin))


@pytest.mark.parametrize("policy", list(POLICIES))
def test_restored_memory_goes_on_the_same(policy):
    stored = memory(10, policy)
    stored.add(marked(0, np.arange(15)), 0, "clip")
    state = stored.state()
    twin = ReplayMemory.restored(State(state.arrays, json.loads(json.dumps(state.meta))))
    for one in (stored, twin):
        one.add(marked(1, np.arange(15)), 1, "other")
    np.testing.assert_array_equal(contents(stored), contents(twin))


@pytest.mark.parametrize("damage", ["labels", "clips", "codes", "clip_ids", "capacity"])
def test_damaged_states_are_refused(damage):
    stored = memory(10)
    stored.add(marked(0, np.arange(8)), 0, "clip")
    state = stored.state()
    arrays, meta = dict(state.arrays), dict(state.meta)
    if damage == "clip_ids":
        meta["clip_ids"] = []
    elif damage == "capacity":
        meta["capacity"] = 3
    else:
        arrays[damage] = arrays[damage][:-1]
    with pytest.raises(ValueError, match=r"replay"):
        ReplayMemory.restored(State(arrays, meta))


def test_capacity_in_megabytes():
    assert patterns_in(10.752, (112, 8, 8), 8) == 1500
    assert patterns_in(10.752, (112, 8, 8), 1) == 12000
    assert patterns_in(0.000001, (112, 8, 8), 32) == 1


def test_memory_takes_only_what_is_stored():
    stored = ReplayMemory(1_000_000, (112, 8, 8), 8)
    assert stored.nbytes == 0
    stored.add(np.ones((3, 112, 8, 8), np.float32), 0, "clip")
    assert stored.nbytes == 3 * 112 * 8 * 8


def test_refused_patterns_change_nothing():
    stored = memory(10)
    broken = marked(0, [1, np.nan])
    for latents, label, clip in [
        (broken, 0, "clip"),
        (marked(0, [1]), -1, "clip"),
        (marked(0, [1, 2]), 0, ["one"]),
        (np.zeros((1, 3, 1, 1), np.float32), 0, "clip"),
    ]:
        with pytest.raises(ValueError, match=r"latents|label|clip"):
            stored.add(latents, label, clip)
    assert len(stored) == 0
    assert stored.quantizer is None


@pytest.mark.parametrize("bits", [8, 6, 4])
def test_later_patterns_of_a_wider_range_are_not_clipped(bits):
    stored = ReplayMemory(50, SHAPE, bits)
    stored.add(marked(0, np.zeros(5)) + 1, 0, "narrow")
    stored.add(marked(0, np.linspace(-7, 7, 30)), 0, "wide")
    step = stored.quantizer.scale
    values = np.sort(contents(stored)[:, 1])
    wanted = np.sort(np.concatenate([np.ones(5), np.linspace(-7, 7, 30)]))
    np.testing.assert_allclose(values, wanted, atol=2.1 * step)
    assert step < 14 * 1.3 / (2**bits - 1)


def test_a_given_quantizer_is_kept():
    quantizer = Quantizer(8, 0.5, 3)
    stored = ReplayMemory(5, SHAPE, 8, quantizer=quantizer)
    stored.add(marked(0, [1, 2]), 0, "clip")
    stored.add(marked(0, [1e4]), 0, "clip")
    assert stored.quantizer == quantizer


@pytest.mark.parametrize("policy", list(POLICIES))
def test_smaller_memory_keeps_a_fair_part(policy):
    stored = memory(60, policy)
    for label, count in enumerate([40, 14, 6]):
        stored.add(marked(label, np.arange(count)), label, f"clip{label}")
    small = stored.fitted_to(memory(21, "balanced"))
    assert (small.capacity, small.policy) == (21, "balanced")
    assert small.counts() == {0: 8, 1: 7, 2: 6} or small.counts() == {0: 7, 1: 8, 2: 6}
    np.testing.assert_array_equal(contents(small)[:, 0], small.labels)
    assert {tuple(row) for row in contents(small)} <= {tuple(row) for row in contents(stored)}
    assert len(stored) == 60
    small.add(marked(3, np.arange(20)), 3, "new")
    assert len(small) == 21
    assert small.counts()[3] in {5, 6}


def test_larger_memory_is_filled_up():
    stored = memory(10)
    stored.add(marked(0, np.arange(30)), 0, "clip")
    large = stored.fitted_to(memory(25))
    np.testing.assert_array_equal(contents(large), contents(stored))
    large.add(marked(1, np.arange(30)), 1, "other")
    assert len(large) == 25


@pytest.mark.parametrize(("before", "after"), [(32, 8), (8, 4), (8, 1), (4, 8), (16, 32), (1, 16)])
def test_memory_of_other_bits_holds_the_same_latents(before, after):
    shape = (4, 3, 3)
    latents = np.random.default_rng(0).uniform(-4, 4, (30, *shape)).astype(np.float32)
    stored = ReplayMemory(40, shape, before)
    stored.add(latents, np.arange(30) % 3, "clip")
    other = stored.fitted_to(ReplayMemory(40, shape, after))
    assert other.bits == after
    assert other.nbytes == 30 * Quantizer(after).packed_size(36)
    was, now = (m.take(np.arange(30)) for m in (stored, other))
    np.testing.assert_array_equal(was.labels, now.labels)
    if after == 1:
        np.testing.assert_array_equal(was.latents > 0, now.latents > 0)
    else:
        np.testing.assert_allclose(now.latents, was.latents, atol=16 / 2**after)
    other.add(latents, np.arange(30) % 3, "more")
    assert len(other) == 40


def test_empty_memory_of_other_bits_takes_patterns():
    other = memory(5).fitted_to(ReplayMemory(5, SHAPE, 4))
    other.add(marked(0, [1, 2]), 0, "clip")
    assert other.nbytes == 2


def test_memory_of_the_same_measures_is_the_same():
    stored = memory(10)
    stored.add(marked(0, np.arange(30)), 0, "clip")
    one, other = stored.state(), stored.fitted_to(memory(10)).state()
    assert one.meta == other.meta
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])
