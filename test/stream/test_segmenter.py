from __future__ import annotations

import math

import numpy as np
import pytest

from lr_ros.stream.segmenter import Box, Segmenter, SegmenterConfig

from .synthetic import FPS, HEIGHT, WIDTH, Scene, Stream, Thing, make_stream, run, texture

SCENES = {
    "still": Scene(),
    "panning": Scene(pan=(80, 30)),
    "shaking": Scene(pan=(30, 10), shake=2.0),
    "changing light": Scene(pan=(40, 10), light=0.15),
    "swinging light": Scene(pan=(60, 20), light=0.25, period=1.5),
    "swinging coloured light": Scene(pan=(40, 20), light=0.25, period=1.5, tint=(1.0, 0.85, 0.7)),
    "swinging light in a bright room": Scene(pan=(40, 20), light=0.25, period=1.5, bright=1.5),
    "noisy": Scene(pan=(40, 10), noise=10.0),
    "plain wall": Scene(contrast=0.1),
    "held by a hand": Scene(pan=(40, 10), hand=True),
}


@pytest.mark.parametrize("name", SCENES)
def test_objects_are_found_where_and_when_they_are_shown(name):
    stream = make_stream(SCENES[name], seed=1, appearances=2, stay=2.0, gap=1.2)
    views = run(Segmenter(), stream)
    found = {v.segment_id: (v.start, v.end) for v in views if v.event != "none"}
    assert len(found) == 2
    for (start, end), (first, last) in zip(found.values(), stream.segments, strict=True):
        assert abs(start - first) <= 0.3
        assert abs(end - last) <= 0.3
    overlaps = [
        box.iou(view.roi)
        for box, view in zip(stream.boxes, views, strict=False)
        if box is not None and view.roi is not None
    ]
    assert np.mean(overlaps) > (0.4 if SCENES[name].hand else 0.5)
    assert not any(v.in_view for box, v in zip(stream.boxes, views, strict=False) if box is None)


def test_light_that_swings_does_not_matter_where_a_hand_holds_the_object():
    boxes = []
    for light in (0.0, 0.25):
        scene = Scene(pan=(60, 20), light=light, period=1.5, hand=True)
        stream = make_stream(scene, seed=2, appearances=1, stay=2.5, gap=1.2)
        views = run(Segmenter(), stream)
        assert {v.segment_id for v in views} == {0, 1}
        boxes.append([v.roi for v in views if v.in_view])
    same = [one.iou(other) for one, other in zip(*boxes, strict=False)]
    assert abs(len(boxes[0]) - len(boxes[1])) <= 1
    assert np.mean(same) > 0.85


def test_a_panning_camera_alone_makes_no_segment():
    stream = make_stream(Scene(pan=(100, 40), shake=1.0, light=0.1), seed=3, appearances=0, gap=8)
    assert {v.segment_id for v in run(Segmenter(), stream)} == {0}


def turning(seconds: float, seed: int, ground: np.ndarray, thing: Thing | None) -> Stream:
    """An object, if any, turning in the middle of the image, as the simulated camera shows it."""
    rng = np.random.default_rng(seed)
    stream = Stream()
    for i in range(int(seconds * FPS)):
        image, box = ground.copy(), None
        if thing is not None:
            squeeze = 0.7 + 0.3 * math.cos(i / 4)
            mask = thing.draw(image, WIDTH / 2, HEIGHT / 2, 12.0 * i, squeeze)
            ys, xs = np.nonzero(mask)
            box = Box(int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1)
        image += rng.normal(0, 3, image.shape)
        stream.frames.append(np.clip(image, 0, 255).astype(np.uint8))
        stream.boxes.append(box)
    return stream


@pytest.fixture
def grounds():
    rng = np.random.default_rng(5)
    return [texture(rng, WIDTH, HEIGHT) for _ in range(2)]


@pytest.fixture
def things():
    rng = np.random.default_rng(6)
    return [Thing(rng, 60) for _ in range(2)]


def test_an_object_that_appears_and_disappears_at_once(grounds, things):
    segmenter, ids = Segmenter(), []
    clock = 0.0
    for thing in (None, things[0], None, things[1], None):
        views = [
            segmenter.update(frame, clock + i / FPS)
            for i, frame in enumerate(turning(2.0, 1, grounds[0], thing).frames)
        ]
        ids.append({v.segment_id for v in views if v.in_view})
        clock += 2.0
    assert ids == [set(), {1}, set(), {2}, set()]


def test_an_object_in_view_from_the_first_frame_is_found_once_it_turns(grounds, things):
    segmenter = Segmenter()
    shown = turning(4.0, 1, grounds[0], things[0])
    views = [segmenter.update(f, i / FPS) for i, f in enumerate(shown.frames)]
    assert any(v.in_view for v in views[:10])
    # Of its region less can be said: what hides the background all the time is learned with it.
    assert np.mean([v.in_view for v in views[15:]]) > 0.8
    empty = turning(2.0, 2, grounds[0], None)
    after = [segmenter.update(f, 4.0 + i / FPS) for i, f in enumerate(empty.frames)]
    assert not any(v.in_view for v in after[14:])
    assert [v.event for v in after].count("end") == 1


def test_an_object_stays_the_same_segment_when_the_background_is_switched(grounds, things):
    segmenter, seen = Segmenter(), []
    parts = [
        turning(1.5, 1, grounds[0], None),
        turning(2.0, 2, grounds[0], things[0]),
        turning(2.0, 3, grounds[1], things[0]),
    ]
    frames = [frame for part in parts for frame in part.frames]
    # The switched part goes on turning where the one before stopped.
    views = [segmenter.update(f, i / FPS) for i, f in enumerate(frames)]
    seen = [v.segment_id for v in views[20:] if v.in_view]
    assert len(seen) > 25
    assert len(set(seen)) <= 2


def test_a_switched_background_alone_makes_no_segment(grounds):
    segmenter = Segmenter()
    frames = turning(1.5, 1, grounds[0], None).frames + turning(1.5, 2, grounds[1], None).frames
    assert {segmenter.update(f, i / FPS).segment_id for i, f in enumerate(frames)} == {0}


def test_what_stands_still_for_long_becomes_background(grounds, things):
    segmenter = Segmenter(SegmenterConfig(still_seconds=2.0))
    empty = turning(1.0, 1, grounds[0], None).frames
    placed = turning(0.1, 1, grounds[0], things[0]).frames[0]
    views = [segmenter.update(f, i / FPS) for i, f in enumerate([*empty, *[placed.copy()] * 50])]
    events = [v.event for v in views]
    assert events.count("start") == 1
    assert events.count("end") == 1
    assert not views[-1].in_view


def grey(value: int = 90) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


REGION = Box(100, 80, 60, 50)


def start_segment(segmenter: Segmenter, stamp: float = 0.0) -> float:
    for _ in range(5):
        view = segmenter.update(grey(), stamp, REGION)
        stamp += 0.1
    assert view.in_view
    return stamp


def test_a_given_region_wins():
    stream = make_stream(Scene(), seed=1, appearances=1)
    segmenter = Segmenter()
    views = [segmenter.update(f, i / FPS, REGION) for i, f in enumerate(stream.frames)]
    assert {v.roi for v in views if v.in_view} == {REGION}
    assert sum(v.event == "start" for v in views) == 1


def test_an_empty_region_says_that_nothing_is_there():
    stream = make_stream(Scene(), seed=1, appearances=1)
    segmenter = Segmenter()
    nothing = Box(0, 0, 0, 0)
    views = [segmenter.update(f, i / FPS, nothing) for i, f in enumerate(stream.frames)]
    assert {v.segment_id for v in views} == {0}


def test_a_region_outside_the_image_is_clipped():
    segmenter = Segmenter()
    for i in range(5):
        view = segmenter.update(grey(), i * 0.1, Box(280, 200, 100, 100))
    assert view.roi == Box(280, 200, 40, 40)


def test_ids_rise_and_are_never_used_again():
    segmenter, ids, stamp = Segmenter(), [], 0.0
    for turn in range(4):
        stamp = start_segment(segmenter, stamp)
        closed = segmenter.close(stamp)
        assert closed is not None
        ids.append(closed.segment_id)
        if turn % 2:
            segmenter.reset()
        stamp += 1.0
    assert ids == [1, 2, 3, 4]
    assert segmenter.close(stamp) is None


@pytest.mark.parametrize("stamp", [-1.0, 60.0], ids=["backwards", "long pause"])
def test_a_jump_of_the_stamps_ends_the_segment(stamp):
    segmenter = Segmenter()
    start_segment(segmenter)
    view = segmenter.update(grey(), stamp, REGION)
    assert (view.event, view.segment_id, view.end) == ("end", 1, pytest.approx(0.4))
    assert segmenter.update(grey(), stamp + 0.1, REGION).event == "none"
    assert segmenter.update(grey(), stamp + 0.3, REGION).segment_id == 2


def test_another_image_size_ends_the_segment():
    segmenter = Segmenter()
    stamp = start_segment(segmenter)
    view = segmenter.update(np.zeros((480, 640, 3), np.uint8), stamp)
    assert view.event == "end"
    assert segmenter.update(np.zeros((480, 640, 3), np.uint8), stamp + 0.1).event == "none"


def test_a_moment_out_of_view_does_not_end_a_segment():
    segmenter = Segmenter()
    stamp = start_segment(segmenter)
    gone = segmenter.update(grey(), stamp)
    assert (gone.segment_id, gone.roi, gone.event) == (0, None, "none")
    back = segmenter.update(grey(), stamp + 0.1, REGION)
    assert (back.segment_id, back.event) == (1, "running")


def test_equal_stamps_are_taken():
    segmenter = Segmenter()
    for _ in range(5):
        assert segmenter.update(grey(), 1.0, REGION).event == "none"


@pytest.mark.parametrize("shape", [(8, 8, 3), (1080, 1920, 3), (240, 60, 3), (61, 333, 3)])
def test_any_image_size(shape):
    rng = np.random.default_rng(0)
    segmenter = Segmenter()
    for i in range(4):
        segmenter.update(rng.integers(0, 255, shape, dtype=np.uint8), i * 0.1)


@pytest.mark.parametrize(
    ("image", "stamp"),
    [
        (np.zeros((10, 10), np.uint8), 0.0),
        (np.zeros((10, 10, 4), np.uint8), 0.0),
        (np.zeros((10, 10, 3), np.float32), 0.0),
        (np.zeros((2, 10, 3), np.uint8), 0.0),
        (np.zeros((10, 10, 3), np.uint8), math.nan),
    ],
)
def test_bad_input_is_refused(image, stamp):
    with pytest.raises(ValueError, match=r"image|stamp"):
        Segmenter().update(image, stamp)


@pytest.mark.parametrize(
    "bad",
    [
        {"work_width": 8},
        {"least_area": 0.0},
        {"confirm_seconds": -1.0},
        {"largest_gap": 0.0},
        {"least_aspect": 2.0},
        {"arm": math.inf},
    ],
)
def test_bad_configurations_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        SegmenterConfig(**bad)
