from __future__ import annotations

import cv2
import numpy as np
import pytest

from lr_ros.stream.alignment import Aligner, Pose
from lr_ros.stream.arm import without_arm
from lr_ros.stream.background import Background, spread_into_holes
from lr_ros.stream.detector import look_at
from lr_ros.stream.light import Light, refit
from lr_ros.stream.scene import is_cut, is_ghost

from .synthetic import texture

ALL = np.ones((120, 160), np.uint8)


def known(image: np.ndarray) -> np.ndarray:
    return np.full(image.shape[:2], 255, np.uint8)


def seen(ground: np.ndarray, pose: Pose) -> np.ndarray:
    """What a camera of 160 x 120 pixels sees of the ground."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(ground, pose.matrix(160, 120), (160, 120), flags=flags)


def grey_of(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.clip(image, 0, 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize("step", [(0.0, 0.0), (3.3, -1.7), (-5.5, 2.5)])
@pytest.mark.parametrize("gain", [1.0, 0.8])
def test_alignment_finds_shift_and_light(step, gain):
    ground = cv2.GaussianBlur(texture(np.random.default_rng(1), 480, 360), (0, 0), 3)
    aligner = Aligner(160, 120)
    home = Pose.at(239.5, 179.5)
    truth = home.moved(np.array([*step, 0.01, -0.01]))
    frame = aligner.reduce(grey_of(gain * seen(ground, truth) + 5))
    template = aligner.template(ground, known(ground), home)
    found = aligner.align(template, frame, np.ones_like(frame), (1.0, 0.0))
    pose = home.after(found.motion)
    np.testing.assert_allclose(pose.t, truth.t, atol=0.2)
    np.testing.assert_allclose(pose.a, truth.a, atol=0.003)
    assert found.gain == pytest.approx(gain, abs=0.06)


def test_an_object_does_not_pull_the_alignment_along():
    ground = cv2.GaussianBlur(texture(np.random.default_rng(2), 480, 360), (0, 0), 3)
    aligner = Aligner(160, 120)
    home = Pose.at(239.5, 179.5)
    view = seen(ground, home)
    view[30:90, 40:110] = 255 - np.roll(view, 13, axis=1)[30:90, 40:110]
    frame = aligner.reduce(grey_of(view))
    template = aligner.template(ground, known(ground), home)
    found = aligner.align(template, frame, np.ones_like(frame), (1.0, 0.0))
    np.testing.assert_allclose(home.after(found.motion).t, home.t, atol=0.5)


def test_the_mosaic_stays_straight_while_the_camera_pans_slowly():
    rng = np.random.default_rng(3)
    ground = texture(rng, 500, 300, 0.8)
    background = None
    for i in range(120):
        view = cv2.warpAffine(ground, np.array([[1, 0, -30 - 1.1 * i], [0, 1, -30.0]]), (320, 240))
        noisy = np.clip(view + rng.normal(0, 3, view.shape), 0, 255).astype(np.uint8)
        look = look_at(noisy, 160)
        if background is None:
            background = Background(look.frame, look.grey)
        background.follow(look.grey, ALL)
        background.expected(look.frame, ALL)
        background.learn(look.frame, ALL, 0.1)
    np.testing.assert_allclose(background.pose.t, [239.5 + 0.55 * 119, 179.5], atol=0.2)
    np.testing.assert_allclose(background.pose.a, np.eye(2), atol=0.0015)


def patchwork(rng: np.random.Generator) -> np.ndarray:
    """A picture of 160 x 120 pixels that no gain of the tests below saturates."""
    return cv2.GaussianBlur(rng.uniform(0, 255, (120, 160, 3)), (0, 0), 6).astype(np.float32) * 0.8


@pytest.mark.parametrize("gain", [(0.75, 0.75, 0.75), (1.25, 1.1, 0.9)])
def test_the_light_is_told_channel_for_channel_beside_an_object(gain):
    rng = np.random.default_rng(4)
    picture = patchwork(rng)
    frame = np.clip(picture * np.array(gain) + rng.normal(0, 3, picture.shape), 0, 255)
    frame[20:90, 40:120] = (250, 20, 200)
    light = refit(Light.same(), frame.astype(np.uint8), picture, ALL)
    np.testing.assert_allclose(light.gain * 100 + light.bias, 100 * np.array(gain), atol=2.5)


def test_the_gain_does_not_creep_as_the_background_follows():
    rng = np.random.default_rng(5)
    picture = patchwork(rng)
    background = Background(picture.astype(np.uint8), grey_of(picture))
    for _ in range(100):
        noisy = np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
        background.follow(grey_of(noisy), ALL)
        background.expected(noisy, ALL)
        background.learn(noisy, ALL, 0.1)
    np.testing.assert_allclose(background.light.gain, 1.0, atol=0.05)
    np.testing.assert_allclose(background.light.bias, 0.0, atol=5.0)


def test_ground_too_bright_for_the_camera_is_expected_no_darker():
    rng = np.random.default_rng(6)
    picture = patchwork(rng)
    picture[40:60, 40:80] = 280.0
    dazzled = np.clip(picture, 0, 255).astype(np.uint8)
    background = Background(dazzled, grey_of(dazzled))
    darker = np.clip(picture * 0.7, 0, 255).astype(np.uint8)
    darker[45:55, 50:60] = 90  # something in front of it
    background.follow(grey_of(darker), ALL)
    expected, sure = background.expected(darker, ALL)
    assert sure[50, 70] == 1
    assert abs(int(expected[50, 70, 0]) - 196) < 5
    assert expected[50, 55].min() > 160


def test_holes_are_filled_with_what_is_around():
    image = np.full((60, 80, 2), 50.0, np.float32)
    image[20:40, 20:60] = 999.0
    outside = np.ones((60, 80), np.float32)
    outside[20:40, 20:60] = 0.0
    np.testing.assert_allclose(spread_into_holes(image, outside), 50.0, rtol=1e-4)


def held(colour: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """An object with an arm of that colour from the lower border."""
    frame = np.full((120, 160, 3), 90, np.uint8)
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
    frame = np.full((120, 160, 3), 90, np.uint8)
    mask = np.zeros((120, 160), np.uint8)
    frame[60:, 40:120], mask[60:, 40:120] = (200.0, 30.0, 30.0), 1
    np.testing.assert_array_equal(without_arm(frame, mask), mask)


def test_a_ghost_has_its_outline_in_the_background():
    plain = np.full((120, 160, 3), 90, np.uint8)
    shown = plain.copy()
    shown[40:80, 60:100] = 200.0
    mask = np.zeros((120, 160), np.uint8)
    mask[40:80, 60:100] = 1
    assert is_ghost(plain, shown, mask)
    assert not is_ghost(shown, plain, mask)


def test_a_cut_changes_the_rim_and_a_large_object_does_not():
    ground = np.ones((120, 160), np.uint8)
    large = np.zeros_like(ground)
    large[10:, 30:130] = 1
    assert not is_cut(large, ground)
    assert is_cut(ground, ground)
