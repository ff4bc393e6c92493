"""An object that leaves over the picture's edge ends its segment at once, another begins one."""

from __future__ import annotations

import numpy as np
import pytest

from lr_ros.stream.departure import Departure
from lr_ros.stream.geometry import Box
from lr_ros.stream.segmenter import Segmenter

from .synthetic import FPS, HEIGHT, WIDTH, Thing, texture

SIZE = (WIDTH, HEIGHT)


def seen(*boxes: Box, step: float = 0.1) -> Departure:
    departure = Departure()
    for number, box in enumerate(boxes):
        departure.add(box, number * step)
    return departure


@pytest.mark.parametrize(
    "boxes",
    [
        [Box(120, 60, 100, 120), Box(180, 60, 100, 120), Box(240, 60, 80, 120)],
        [Box(90, 60, 100, 120), Box(40, 60, 100, 120), Box(0, 60, 70, 120)],
        [Box(200, 60, 120, 120), Box(265, 60, 55, 120)],
        [Box(100, 60, 100, 120), Box(100, 0, 100, 100)],
        [Box(100, 60, 100, 180), Box(100, 120, 100, 120), Box(100, 180, 100, 60)],
    ],
    ids=["right", "left", "shrinking", "top", "sinking"],
)
def test_it_was_on_its_way_out(boxes):
    assert seen(*boxes).is_over_edge(*SIZE)


@pytest.mark.parametrize(
    "boxes",
    [
        [],
        [Box(240, 60, 80, 120)],
        [Box(110, 60, 100, 120), Box(120, 60, 100, 120)],
        [Box(200, 60, 120, 120), Box(205, 62, 115, 118), Box(200, 60, 120, 120)],
        [Box(100, 60, 100, 180), Box(110, 90, 100, 150)],
        [Box(240, 60, 80, 120), Box(180, 60, 100, 120), Box(120, 60, 100, 120)],
    ],
    ids=["never", "once", "amid", "at the edge", "held from below", "coming in"],
)
def test_it_was_not(boxes):
    assert not seen(*boxes).is_over_edge(*SIZE)


def test_a_way_of_long_ago_does_not_count():
    assert not seen(Box(100, 60, 100, 120), Box(220, 60, 100, 120), step=1.0).is_over_edge(*SIZE)


@pytest.mark.parametrize("empty", [1, 2, 3])
def test_one_object_after_another_makes_two_segments_however_short_the_moment_between(empty):
    rng = np.random.default_rng(empty)
    ground = texture(rng, WIDTH, HEIGHT)
    first, second = Thing(rng), Thing(rng)
    ways = [(first, [160] * 20 + [210, 270, 335, 400]), (None, [0] * empty)]
    ways += [(second, [400, 335, 270, 210] + [160] * 20)]
    segmenter, owners, frame = Segmenter(), {}, 0
    for thing, way in [(None, [0] * 10), *ways]:
        for x in way:
            image = ground.copy()
            if thing is not None:
                thing.draw(image, x, HEIGHT / 2, 3.0 * frame)
            noisy = image + rng.normal(0, 3, image.shape)
            view = segmenter.update(np.clip(noisy, 0, 255).astype(np.uint8), frame / FPS)
            frame += 1
            if view.in_view:
                owners.setdefault(view.segment_id, set()).add(thing)
    assert sorted(map(len, owners.values())) == [1, 1]
    assert set.union(*owners.values()) == {first, second}
