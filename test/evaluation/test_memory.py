"""Memory over time: growth is told from noise, and from what is needed once."""

from __future__ import annotations

import os

import pytest

from lr_ros.evaluation.memory import MemorySample, MemoryWatch, growth, resident_mb


def _samples(*sizes: float) -> list[MemorySample]:
    return [MemorySample(float(at), {"learner": size}) for at, size in enumerate(sizes)]


def test_what_is_loaded_at_the_start_is_no_growth() -> None:
    assert growth(_samples(*[100.0, 300.0, 500.0, 600.0], *[600.0] * 36)) == {"learner": 0.0}


def test_a_leak_is_growth() -> None:
    grown = growth(_samples(*[100.0 + at for at in range(100)]))["learner"]
    assert 55 < grown < 65


def test_a_training_that_takes_and_gives_back_is_no_growth() -> None:
    sizes = [500.0 + (300.0 if at % 5 == 0 else 0.0) for at in range(100)]
    assert growth(_samples(*sizes)) == {"learner": 0.0}


def test_a_short_run_says_nothing() -> None:
    assert growth(_samples(*[1.0] * 12)) == {}


def test_a_process_that_is_gone_is_left_out() -> None:
    samples = [MemorySample(at, {"a": 1.0, **({"b": 2.0} if at < 20 else {})}) for at in range(40)]
    assert growth(samples) == {"a": 0.0}
    assert resident_mb(2**22 + 1) is None


def test_the_watch_samples_living_processes() -> None:
    told: list[MemorySample] = []
    with MemoryWatch(lambda: {"me": os.getpid(), "nobody": 2**22 + 1}, 0.01, told.append) as watch:
        while len(told) < 3:
            pass
    assert watch.samples == told
    assert told[0].megabytes.keys() == {"me"}
    assert told[0].megabytes["me"] == pytest.approx(resident_mb(os.getpid()), rel=0.5)
    assert told[0].at < told[-1].at
