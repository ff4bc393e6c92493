from __future__ import annotations

import cv2
import numpy as np
import pytest

from lr_ros.stream.alignment import Aligner, Pose
from lr_ros.stream.arm import without_arm
from lr_ros.stream.background import spread_into_holes
from lr_ros.stream.scene import is_cut, is_ghost

from .synthetic import texture


@pytest.mark.parametrize("step", [(0.0, 0.0), (3.3, -1.7), (-5.5, 2.5)])
@pytest.mark.parametrize("gain", [1.0, 0.8])
def test_alignment_finds_shift_and_light(step, gain):
    ground = cv2.GaussianBlur(texture(np.random.default_rng(1), 480, 360), (0, 0), 3)
    grey = cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY)
    aligner = Aligner(160, 120)
    plane = np.dstack([grey, np.ones_like(grey)])
    home = Pose.at(239.5, 179.5)
    truth = home.moved(np.array([*step, 0.0, 0.0]))
    frame = aligner.reduce(gain * aligner.view(grey, truth) + 5)
    found = aligner.align(plane, frame, np.ones_like(frame), home, (1.0, 0.0))
    np.testing.assert_allclose(found.pose.t, truth.t, atol=0.3)
    assert found.gain == pytest.approx(gain, abs=0.06)


def test_an_object_does_not_pull_the_alignment_along():
    ground = cv2.GaussianBlur(texture(np.random.default_rng(2), 480, 360), (0, 0), 3)
    grey = cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY)
    aligner = Aligner(160, 120)
    home = Pose.at(239.5, 179.5)
    view = aligner.view(grey, home)
    view[30:90, 40:110] = 255 - np.roll(view, 13, axis=1)[30:90, 40:110]
    plane = np.dstack([grey, np.ones_like(grey)])
    frame = aligner.reduce(view)
    found = aligner.align(plane, frame, np.ones_like(frame), home, (1.0, 0.0))
    np.testing.assert_allclose(found.pose.t, home.t, atol=0.5)


def test_holes_are_filled_with_what_is_around():
    image = np.full((60, 80, 2), 50.0, np.float32)
    image[20:40, 20:60] = 999.0
    known = np.ones((60, 80), np.float32)
    known[20:40, 20:60] = 0.0
    np.testing.assert_allclose(spread_into_holes(image, known), 50.0, rtol=1e-4)


def held(colour: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """An object with an arm of that colour from the lower border."""
    frame = np.full((120, 160, 3), 90.0, np.float32)
    mask = np.zeros((120, 160), np.uint8)
    cv2.rectangle(frame, (70, 70), (85, 119), colour, -1)
    cv2.rectangle(mask, (70, 70), (85, 119), 1, -1)
    cv2.rectangle(frame, (50, 25), (110, 75), (30.0, 60.0, 200.0), -1)
    cv2.rectangle(mask, (50, 25), (110, 75), 1, -1)
    return frame, mask


@pytest.mark.parametrize("colour", [(200.0, 150.0, 120.0), (70.0, 45.0, 35.0), (40.0, 160.0, 60.0)])
def test_the_arm_is_taken_off_whatever_its_colour(colour):
    frame, mask = held(colour)
    x, y, width, height = cv2.boundingRect(without_arm(frame, mask))
    assert abs(x - 50) <= 3
    assert abs(y - 25) <= 3
    assert abs(width - 61) <= 6
    assert height <= 60


def test_an_object_cut_by_the_border_stays_whole():
    frame = np.full((120, 160, 3), 90.0, np.float32)
    mask = np.zeros((120, 160), np.uint8)
    frame[60:, 40:120], mask[60:, 40:120] = (200.0, 30.0, 30.0), 1
    np.testing.assert_array_equal(without_arm(frame, mask), mask)


def test_a_ghost_has_its_outline_in_the_background():
    plain = np.full((120, 160, 3), 90.0, np.float32)
    shown = plain.copy()
    shown[40:80, 60:100] = 200.0
    mask = np.zeros((120, 160), np.uint8)
    mask[40:80, 60:100] = 1
    assert is_ghost(plain, shown, mask)
    assert not is_ghost(shown, plain, mask)


def test_a_cut_changes_the_rim_and_a_large_object_does_not():
    known = np.ones((120, 160), np.uint8)
    large = np.zeros_like(known)
    large[10:, 30:130] = 1
    assert not is_cut(large, known)
    assert is_cut(known, known)
