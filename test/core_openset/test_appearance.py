"""Whether two segments show the same thing is told by the thing, not by what is behind it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lr_ros.core.backbone import BackboneSpec, FrozenStage
from lr_ros.core.model_features import appearance

SIDE = 160


@pytest.fixture(scope="module")
def encoder():
    return FrozenStage(BackboneSpec(input_size=SIDE), 1)


def scene(seed):
    coarse = np.random.default_rng(seed).integers(90, 150, (6, 6, 3), dtype=np.uint8)
    return cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def painted(thing, turn):
    """A thing of 100 pixels, and where it is."""
    picture = np.zeros((100, 100, 3), np.uint8)
    if thing == "checkers":
        picture[:] = 240
        picture[np.indices((100, 100)).sum(axis=0) // 16 % 2 > 0] = (220, 20, 20)
    elif thing == "rings":
        for radius, colour in ((46, (40, 200, 30)), (28, (20, 60, 200)), (12, (250, 250, 90))):
            cv2.circle(picture, (50, 50), radius, colour, -1)
    else:
        cv2.rectangle(picture, (35, 5), (65, 95), (250, 160, 20), -1)
        cv2.circle(picture, (50, 20), 18, (30, 30, 30), -1)
    matrix = cv2.getRotationMatrix2D((50, 50), turn, 0.9)
    mask = cv2.warpAffine(np.full((100, 100), 255, np.uint8), matrix, (100, 100)) > 127
    turned = cv2.warpAffine(picture, matrix, (100, 100))
    return turned, mask & (turned.sum(axis=2) > 0)


def segment(encoder, thing, background, light, start):
    frames = []
    for number in range(8):
        image = background.copy()
        picture, mask = painted(thing, start + 5.0 * number)
        image[30:130, 30:130][mask] = picture[mask]
        frames.append(np.clip(image * light, 0, 255).astype(np.uint8))
    return appearance(encoder.spec, encoder.encode(frames))


def test_one_thing_is_nearer_to_itself_elsewhere_than_to_another_in_its_place(encoder):
    here, there = scene(0), scene(1)
    things = ("checkers", "rings", "bottle")
    first = [segment(encoder, thing, here, 1.0, 0.0) for thing in things]
    again = [segment(encoder, thing, there, 0.8, 10.0) for thing in things]
    alike = np.array([[float(a @ b) for b in again] for a in first])
    beside = np.array([[float(a @ b) for b in first] for a in first])
    assert np.diag(alike).min() > 0.8
    assert beside[~np.eye(len(things), dtype=bool)].max() < 0.8
