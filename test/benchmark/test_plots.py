"""The plots take whatever figures there may be."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from lr_ros.benchmark.plots import draw_accuracy, draw_memory, draw_update_time
from lr_ros.benchmark.record import Record


def runs(final: float, seeds: int = 3) -> list[Record]:
    return [
        Record("", "slda", seed, [0], [final / 2, final], [], [0.1, 0.2]) for seed in range(seeds)
    ]


@pytest.mark.parametrize("draw", [draw_accuracy, draw_memory, draw_update_time])
@pytest.mark.parametrize("final", [k / 700 for k in (0, 332, 333, 467, 700)])
def test_seeds_that_agree_to_the_last_digit_are_drawn(draw, final):
    assert np.mean([final] * 3) == pytest.approx(final)
    draw(Figure().subplots(), {"slda": runs(final)})
