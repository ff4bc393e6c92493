from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lr_ros.stream.session import PackedLatent, SegmentMemory, SegmentMemoryConfig


def latent(stamp: float, nbytes: int = 10) -> PackedLatent:
    return PackedLatent(stamp, np.zeros(nbytes, np.uint8), (nbytes, 1, 1))


class MemoryMachine(RuleBasedStateMachine):
    """Whatever happens, the bounds hold and the books are right."""

    def __init__(self):
        super().__init__()
        self.config = SegmentMemoryConfig(segments=3, frames=4, max_bytes=200, longest_pause=5.0)
        self.memory = SegmentMemory(self.config)
        self.stamp = 0.0

    @rule(
        segment=st.integers(1, 6),
        step=st.floats(-1, 8),
        nbytes=st.integers(1, 250),
    )
    def add(self, segment, step, nbytes):
        self.stamp += step
        item = latent(self.stamp, nbytes)
        kept = self.memory.add(segment, item)
        found = self.memory.get(segment)
        assert kept == (found is not None and item in found.latents)

    @rule(segment=st.integers(1, 6))
    def name(self, segment):
        known = self.memory.get(segment) is not None
        assert self.memory.name(segment, "cup") == known
        assert self.memory.guess(segment, "pen", 0.5) == known

    @rule(segment=st.integers(1, 6))
    def drop(self, segment):
        self.memory.drop(segment)
        assert self.memory.get(segment) is None

    @rule()
    def clear(self):
        self.memory.clear()
        assert self.memory.nbytes == 0

    @invariant()
    def bounds_hold(self):
        segments = self.memory.list()
        assert len(segments) <= self.config.segments
        assert all(len(s.latents) <= self.config.frames for s in segments)
        assert self.memory.nbytes == sum(s.nbytes for s in segments)
        assert self.memory.nbytes <= self.config.max_bytes
        for segment in segments:
            assert segment.latents
            times = [item.stamp for item in segment.latents]
            assert times == sorted(times)


TestMemoryMachine = MemoryMachine.TestCase


def test_a_long_segment_is_thinned_out_evenly():
    memory = SegmentMemory(SegmentMemoryConfig(frames=10))
    for i in range(200):
        memory.add(1, latent(i * 0.1))
    segment = memory.get(1)
    assert segment is not None
    stamps = [item.stamp for item in segment.latents]
    assert 5 <= len(stamps) <= 10
    assert stamps[0] == 0.0
    assert segment.duration > 15.0
    assert np.ptp(np.diff(stamps)) < 1e-6


def test_the_oldest_segment_goes_first():
    memory = SegmentMemory(SegmentMemoryConfig(segments=2))
    for segment in (1, 2, 3):
        memory.add(segment, latent(segment))
    assert [s.segment_id for s in memory.list()] == [2, 3]


def test_an_id_that_comes_again_after_a_restart_is_another_segment():
    memory = SegmentMemory()
    memory.add(1, latent(100.0))
    memory.name(1, "cup")
    memory.add(1, latent(500.0))
    segment = memory.get(1)
    assert segment is not None
    assert (segment.start, segment.label, len(segment.latents)) == (500.0, "", 1)


def test_segment_zero_is_refused():
    with pytest.raises(ValueError, match="no object is in view"):
        SegmentMemory().add(0, latent(0.0))


@given(st.sampled_from(["segments", "frames", "max_bytes"]), st.integers(-5, 0))
def test_bounds_must_be_positive(name, value):
    with pytest.raises(ValueError, match=name):
        SegmentMemoryConfig(**{name: value})
