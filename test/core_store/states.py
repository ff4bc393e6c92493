"""States to store, and how to compare them."""

from __future__ import annotations

import numpy as np

from lr_ros.core.state import State


def make_state(number: int = 0, size: int = 40) -> State:
    """Return a small state that differs for each ``number``."""
    rng = np.random.default_rng(number)
    arrays = {
        "replay.codes": rng.integers(0, 256, (size, 3), dtype=np.uint8),
        "head.weight": rng.normal(size=(4, 5)).astype(np.float32),
        "head.count": np.array(number, dtype=np.int64),
        "empty": np.zeros((0, 7), dtype=np.float16),
        "mask": rng.random(9) > 0.5,
    }
    return State(arrays, {"number": number, "classes": ["mug", "Tasse ☕"], "rate": 0.25})


def assert_equal(found: State, expected: State) -> None:
    """Assert that both hold the same, bit for bit."""
    assert found.meta == expected.meta
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert found.arrays[name].dtype == array.dtype, name
        assert found.arrays[name].shape == array.shape, name
        np.testing.assert_array_equal(found.arrays[name], array, err_msg=name)
