"""Finds the object in each frame: what moves before, or looks unlike, the learned background."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.alignment import Floats
from lr_ros.stream.arm import without_arm
from lr_ros.stream.background import Background, Mask
from lr_ros.stream.foreground import difference, region, unlike
from lr_ros.stream.geometry import Box
from lr_ros.stream.scene import is_cut, is_ghost, stayed

Image = NDArray[np.uint8]

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
    """A frame at working size: float32 [H, W, 3], and its grey [H, W]."""

    frame: Floats
    grey: Floats


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
        look = self._prepare(image)
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

    def _prepare(self, image: Image) -> Look:
        width = self.config.width
        height = max(2, round(image.shape[0] * width / image.shape[1] / 2) * 2)
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        smooth = cv2.GaussianBlur(small, (3, 3), 0)
        grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY)
        return Look(smooth.astype(np.float32), grey.astype(np.float32))

    def _compare(
        self, background: Background, look: Look, seconds: float
    ) -> tuple[Mask | None, bool]:
        background.follow(look.grey, self._useful(look.grey))
        expected, known = background.expected()
        np.clip(expected, 0.0, 255.0, out=expected)  # as the camera does
        np.copyto(expected, look.frame, where=(known == 0)[..., None])
        mask = unlike(difference(look.frame, expected, self._noise), FAINT, CLEAR)
        if is_cut(mask, known):
            return self._begin_again(look)
        found = self._find(mask)
        # Where the camera saturates nothing can be told of the light.
        lit = (look.frame.max(axis=2) < 250.0) & (look.frame.min(axis=2) > 3.0)
        calm = ((mask == 0) & (known > 0) & lit).astype(np.uint8)
        background.adapt_light(look.frame, expected, calm)
        self._measure_noise(look.frame, expected, calm)
        if found is not None and self._fades(look, expected, found, seconds):
            return None, False
        if found is not None and self._age <= YOUNG and not self._guessed:
            self._guess(background, found)
        if found is None:
            self._guessed = False  # the guess was good enough: the object has left it
        self._learn(background, look, known, found, seconds)
        return found, False

    def _useful(self, grey: Floats) -> Floats:
        """Return 1 where background is to be expected, to align with."""
        use = np.ones_like(grey)
        if self._object is not None:
            use -= cv2.dilate(self._object, np.ones((9, 9), np.uint8))
        return use if use.mean() > 0.2 else np.ones_like(grey)

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

    def _fades(self, look: Look, expected: Floats, found: Mask, seconds: float) -> bool:
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
            everywhere = np.ones(look.grey.shape, np.uint8)
            self._background.learn(look.frame, look.grey, everywhere, 1.0)
            self._ghost = self._still = 0.0
            self._guessed = False
            return True
        return ghost

    def _is_still(self, look: Look, found: Mask) -> bool:
        if self._before is None:
            return False
        change = np.abs(look.grey - self._before.grey)[found > 0]
        return float(np.quantile(change, 0.95)) < 3.0 * self._noise

    def _measure_noise(self, frame: Floats, expected: Floats, calm: Mask) -> None:
        rows = calm[::4, ::4] > 0
        if int(rows.sum()) < 50:
            return
        residual = np.abs(frame[::4, ::4][rows] - expected[::4, ::4][rows])
        now = 1.5 * float(np.median(residual))
        self._noise = float(np.clip(0.9 * self._noise + 0.1 * now, 2.5, 12.0))

    def _learn(
        self, background: Background, look: Look, known: Mask, found: Mask | None, seconds: float
    ) -> None:
        """Let the background follow, except where the object is.

        Ground that comes into sight next to the object may be a part of the object.
        """
        rate = 1.0 - float(np.exp(-seconds / self.config.learn_seconds))
        keep_out = np.zeros(known.shape, np.uint8)
        if found is not None:
            around = found
            if self._object is not None:
                around = np.maximum(around, self._object)
            near = cv2.dilate(around, np.ones((9, 9), np.uint8))
            keep_out = np.where(known == 0, near, cv2.dilate(found, np.ones((5, 5), np.uint8)))
        background.learn(look.frame, look.grey, (keep_out == 0).astype(np.uint8), rate)

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
