"""Small made-up camera streams with their truth: nothing but numpy and OpenCV."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from lr_ros.stream.geometry import Box
from lr_ros.stream.segmenter import Segmenter, SegmentView

WIDTH, HEIGHT, FPS = 320, 240, 10.0


def texture(rng: np.random.Generator, width: int, height: int, contrast: float = 1.0) -> np.ndarray:
    """A cloudy colour picture with some shapes on it, float32 [height, width, 3]."""
    image = np.zeros((height, width, 3), np.float32)
    for scale, strength in ((40, 45), (12, 25), (4, 10)):
        coarse = rng.normal(0, 1, (height // scale + 2, width // scale + 2, 3)).astype(np.float32)
        cloud = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        image += strength * contrast * cloud / cloud.std()
    image += rng.uniform(90, 160, 3)
    for _ in range(int(12 * contrast)):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        size = (int(rng.integers(15, 60)), int(rng.integers(15, 60)))
        colour = tuple(float(c) for c in rng.uniform(20, 235, 3))
        cv2.ellipse(image, (centre, size, float(rng.uniform(0, 180))), colour, -1)
    return np.clip(image, 0, 255)


class Thing:
    """A textured convex object that can be turned and scaled."""

    def __init__(self, rng: np.random.Generator, size: float = 70.0) -> None:
        self.size = size
        side = 200
        self._picture = np.clip(texture(rng, side, side, 1.5) * rng.uniform(0.4, 1.5, 3), 0, 255)
        mask = np.zeros((side, side), np.float32)
        angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
        radii = rng.uniform(70, 98, 7)
        points = np.stack([100 + radii * np.cos(angles), 100 + radii * np.sin(angles)], 1)
        hull = cv2.convexHull(points.astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 1.0)
        self._mask = mask

    def draw(self, image: np.ndarray, x: float, y: float, angle: float, squeeze: float = 1.0):
        """Paint the object centred at (x, y); return the mask of what it covers."""
        matrix = cv2.getRotationMatrix2D((100, 100), angle, self.size / 100)
        matrix[0] *= squeeze
        matrix[:, 2] += [x - 100 * squeeze, y - 100]
        size = (image.shape[1], image.shape[0])
        mask = cv2.warpAffine(self._mask, matrix, size)
        picture = cv2.warpAffine(self._picture, matrix, size)
        image[:] = image * (1 - mask[..., None]) + picture * mask[..., None]
        return mask > 0.5


def arm(image: np.ndarray, x: float, y: float, side: float) -> None:
    """A skin-coloured arm from the lower border to (x, y)."""
    start = (int(x + side * 60), image.shape[0] + 20)
    cv2.line(image, start, (int(x), int(y)), (205.0, 160.0, 130.0), 26)
    cv2.circle(image, (int(x), int(y)), 20, (195.0, 150.0, 120.0), -1)


@dataclass
class Stream:
    """Frames with, for each, the object's box or None."""

    frames: list[np.ndarray] = field(default_factory=list)
    boxes: list[Box | None] = field(default_factory=list)

    @property
    def segments(self) -> list[tuple[float, float]]:
        """First and last stamp of each appearance."""
        result: list[tuple[float, float]] = []
        before = False
        for i, box in enumerate(self.boxes):
            if box is not None and not before:
                result.append((i / FPS, i / FPS))
            elif box is not None:
                result[-1] = (result[-1][0], i / FPS)
            before = box is not None
        return result


@dataclass
class Scene:
    """What may disturb: how the camera moves, how the light changes, noise, a hand."""

    pan: tuple[float, float] = (0.0, 0.0)  # pixels a second
    shake: float = 0.0  # pixels
    light: float = 0.0  # amplitude of a change of brightness, as a share
    period: float = 2 * np.pi  # of that change [s]
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)  # how much of it each channel gets
    bright: float = 1.0  # what the picture is multiplied by before: from about 1.5 on it saturates
    noise: float = 3.0  # grey levels
    hand: bool = False
    contrast: float = 1.0


def make_stream(
    scene: Scene, seed: int, appearances: int = 3, stay: float = 3.0, gap: float = 2.0
) -> Stream:
    """Objects slide in from a side, stay and turn, and slide out again."""
    rng = np.random.default_rng(seed)
    ground = texture(rng, 3 * WIDTH, 2 * HEIGHT, scene.contrast)
    things = [Thing(rng, rng.uniform(45, 85)) for _ in range(appearances)]
    stream = Stream()
    period = gap + stay
    total = int((appearances * period + gap) * FPS)
    x, y = float(WIDTH), HEIGHT / 2
    sides = rng.choice([-1, 1], appearances)
    spots = rng.uniform(-30, 30, (appearances, 2))
    for i in range(total):
        time = i / FPS
        x += scene.pan[0] / FPS * np.sin(time / 4)
        y += scene.pan[1] / FPS * np.cos(time / 3)
        jitter = rng.normal(0, scene.shake, 2) if scene.shake else np.zeros(2)
        camera = np.array([[1, 0, -(x + jitter[0])], [0, 1, -(y + jitter[1])]])
        image = cv2.warpAffine(ground, camera, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        box = None
        number, phase = int((time - gap) // period), (time - gap) % period
        if time >= gap and number < appearances and phase < stay:
            away = max(0.0, 1 - phase / 0.5, 1 - (stay - phase) / 0.5) * sides[number]
            centre = np.array([WIDTH / 2, HEIGHT / 2]) + spots[number]
            centre[0] += away * WIDTH * 0.8
            mask = things[number].draw(image, *centre, 40 * time, 0.75 + 0.25 * np.sin(2 * time))
            if scene.hand:
                arm(image, centre[0], centre[1] + 0.6 * things[number].size, sides[number])
            if mask.sum() > 60:
                box = Box(*cv2.boundingRect(mask.astype(np.uint8)))
        swing = scene.light * np.sin(2 * np.pi * time / scene.period)
        image *= scene.bright * (1 + swing * np.array(scene.tint, np.float32))
        image += rng.normal(0, scene.noise, image.shape)
        stream.frames.append(np.clip(image, 0, 255).astype(np.uint8))
        stream.boxes.append(box)
    return stream


def run(segmenter: Segmenter, stream: Stream, start: float = 0.0) -> list[SegmentView]:
    """Show a stream to a segmenter; the last segment is closed and its end is the last view."""
    views = [segmenter.update(f, start + i / FPS) for i, f in enumerate(stream.frames)]
    last = segmenter.close(start + len(stream.frames) / FPS)
    return [*views, last] if last is not None else views
