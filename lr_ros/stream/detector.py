"""Finds the object in each frame: what moves before, or looks unlike, the learned background."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.arm import without_arm
from lr_ros.stream.background import Background, Image, Mask, not_dazzled
from lr_ros.stream.foreground import difference, region, unlike
from lr_ros.stream.geometry import Box
from lr_ros.stream.scene import is_cut, is_ghost, stayed

FAINT, CLEAR = 4.0, 7.0  # standard deviations: an object's least, and what starts one
YOUNG = 0.5  # an object found so soon [s] was there when the background was begun
STILL_GUESS = 1.0  # what moves no more in front of a guessed background has left it [s]
GHOST_SECONDS = 0.3  # what looks like a ghost so long is taken into the background


@dataclass(frozen=True)
class DetectorConfig:
    """See the fields of the same names of ``SegmenterConfig``."""

    width: int
    least_area: float
    learn_seconds: float
    still_seconds: float
    arm: float


@dataclass(frozen=True)
class Detection:
    """What one frame shows."""

    box: Box | None
    """Of the object, in pixels of the frame; None: only background."""
    cut: bool = False
    """The scene changed at once, and nothing stayed."""


@dataclass(frozen=True)
class Look:
    """A frame at working size: uint8 [H, W, 3], and its grey [H, W]."""

    frame: Image
    grey: NDArray[np.uint8]


def look_at(image: Image, width: int) -> Look:
    """Return an image [H, W, 3] at working size, a little smoothed."""
    height = max(2, round(image.shape[0] * width / image.shape[1] / 2) * 2)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    smooth = np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)
    # At the border it mixes in what lies further in: new ground would be laid down too far out.
    smooth[[0, -1]], smooth[:, [0, -1]] = small[[0, -1]], small[:, [0, -1]]
    return Look(smooth, np.asarray(cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY), np.uint8))


class ObjectDetector:
    """Keeps a background and finds what stands in front of it."""

    def __init__(self, config: DetectorConfig) -> None:
        self.config = config
        self.reset()

    def reset(self) -> None:
        """Forget the background."""
        self._background: Background | None = None
        self._noise = 4.0
        self._restart()

    def _restart(self) -> None:
        self._object: Mask | None = None
        self._before: Look | None = None
        self._age = 0.0
        self._ghost = 0.0
        self._still = 0.0
        self._guessed = False

    def update(self, image: Image, seconds: float) -> Detection:
        """Look at the next frame (uint8 [H, W, 3] RGB), ``seconds`` after the last one."""
        look = look_at(image, self.config.width)
        if self._background is None:
            self._background = Background(look.frame, look.grey)
            self._before = look
            return Detection(None)
        self._age += seconds
        found, cut = self._compare(self._background, look, seconds)
        self._object, self._before = found, look
        if found is None:
            return Detection(None, cut)
        return Detection(self._scaled(self._region(look, found), image))

    def _compare(
        self, background: Background, look: Look, seconds: float
    ) -> tuple[Mask | None, bool]:
        use = self._useful(look.frame)
        background.follow(look.grey, use)
        expected, known = background.expected(look.frame, use)
        apart = difference(look.frame, expected)
        mask = unlike(apart, FAINT * self._noise, CLEAR * self._noise)
        if is_cut(mask, known):
            return self._begin_again(look)
        found = self._find(mask)
        self._measure_noise(look.frame, expected, known & (1 - mask))
        if found is not None and self._fades(look, expected, found, seconds):
            return None, False
        if found is not None and self._age <= YOUNG and not self._guessed:
            self._guess(background, found)
        if found is None:
            self._guessed = False  # the guess was good enough: the object has left it
        self._learn(background, look, known, found, seconds)
        return found, False

    def _useful(self, frame: Image) -> Mask:
        """Return 1 where background is to be expected, to align with and to tell the light from."""
        # Where the camera saturates nothing can be told of the light.
        use = np.minimum(not_dazzled(frame), np.uint8(1))
        if self._object is None:
            return use
        near = cv2.dilate(self._object, np.ones((9, 9), np.uint8))
        free = np.asarray(cv2.subtract(use, near), np.uint8)
        return free if cv2.countNonZero(free) > 0.2 * free.size else use

    def _find(self, mask: Mask) -> Mask | None:
        gap = max(3, self.config.width // 16)
        return region(mask, self.config.least_area * mask.size, gap)

    def _begin_again(self, look: Look) -> tuple[Mask | None, bool]:
        """Begin another background; an object that stayed where it was is kept."""
        kept, before = self._object, self._before
        self._restart()
        self._background = Background(look.frame, look.grey)
        if kept is None or before is None or not stayed(before.frame, look.frame, kept):
            return None, True
        self._guess(self._background, kept)
        return kept, False

    def _guess(self, background: Background, found: Mask) -> None:
        """Fill in the background behind an object that was there when it was begun."""
        background.guess(_hull(found))
        self._guessed = True

    def _fades(self, look: Look, expected: Image, found: Mask, seconds: float) -> bool:
        """Say whether the region is no object (any more), and let the background have it in time.

        A ghost is none at once; what has not moved for long is part of the scene. Where the
        background is a guess, that it shows again is known by nothing moving any more.
        """
        assert self._background is not None  # noqa: S101 - the caller has just used it
        ghost = is_ghost(look.frame, expected, found)
        self._ghost = self._ghost + seconds if ghost else 0.0
        self._still = self._still + seconds if self._is_still(look, found) else 0.0
        patience = self.config.still_seconds
        if self._guessed:
            patience = min(patience, STILL_GUESS)
        if self._still >= patience or self._ghost >= GHOST_SECONDS:
            self._background.learn(look.frame, np.ones_like(found), 1.0)
            self._ghost = self._still = 0.0
            self._guessed = False
            return True
        return ghost

    def _is_still(self, look: Look, found: Mask) -> bool:
        if self._before is None:
            return False
        change = cv2.absdiff(look.grey, self._before.grey)
        moving = cv2.threshold(change, 3.0 * self._noise, 1, cv2.THRESH_BINARY)[1]
        return cv2.countNonZero(cv2.min(moving, found)) < 0.05 * cv2.countNonZero(found)

    def _measure_noise(self, frame: Image, expected: Image, calm: Mask) -> None:
        """Follow the residual [grey levels] where there is background."""
        residual = np.asarray(cv2.absdiff(frame, expected))[::4, ::4]
        counts = np.bincount(residual[calm[::4, ::4] > 0].ravel(), minlength=256)
        total = int(counts.sum())
        if total < 150:
            return
        now = 1.5 * _middle(counts, total)
        self._noise = float(np.clip(0.9 * self._noise + 0.1 * now, 2.5, 12.0))

    def _learn(
        self, background: Background, look: Look, known: Mask, found: Mask | None, seconds: float
    ) -> None:
        """Let the background follow, except where the object is.

        Ground that comes into sight next to the object may be a part of the object.
        """
        rate = 1.0 - float(np.exp(-seconds / self.config.learn_seconds))
        free = np.ones_like(known)
        if found is not None:
            around = found if self._object is None else np.maximum(found, self._object)
            near = cv2.dilate(around, np.ones((9, 9), np.uint8))
            here = cv2.dilate(found, np.ones((5, 5), np.uint8))
            free = np.asarray(1 - np.where(known == 0, near, here), np.uint8)
        background.learn(look.frame, free, rate)

    def _region(self, look: Look, found: Mask) -> Box:
        """Return the object's box with as much of the arm as is wanted."""
        height, width = found.shape
        whole = Box(*cv2.boundingRect(found))
        body = Box(*cv2.boundingRect(without_arm(look.frame, found)))
        return whole.common(body.padded(self.config.arm, width, height))

    def _scaled(self, box: Box, image: Image) -> Box:
        scale = image.shape[1] / self.config.width
        left, top = int(box.x * scale), int(box.y * scale)
        right = round((box.x + box.width) * scale)
        bottom = round((box.y + box.height) * scale)
        return Box(left, top, right - left, bottom - top).clipped(image.shape[1], image.shape[0])


def _hull(mask: Mask) -> Mask:
    """Return the convex hull of a mask, a little larger."""
    points = cv2.findNonZero(mask)
    filled = np.zeros_like(mask)
    cv2.fillConvexPoly(filled, cv2.convexHull(points), 1)
    return np.asarray(cv2.dilate(filled, np.ones((7, 7), np.uint8)), dtype=np.uint8)


def _middle(counts: NDArray[np.int64], total: int) -> float:
    """Return the median of ``total`` whole numbers of which there are ``counts``, interpolated."""
    below = np.cumsum(counts)
    level = int(np.searchsorted(below, total / 2))
    return level + 0.5 - float(below[level] - total / 2) / float(counts[level])
