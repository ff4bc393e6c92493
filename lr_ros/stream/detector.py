"""Finds the object in each frame: what moves before, or looks unlike, the learned background."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.alignment import Floats
from lr_ros.stream.background import Background, Mask
from lr_ros.stream.foreground import difference, region, unlike
from lr_ros.stream.geometry import Box

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Detection:
    """What one frame shows."""

    box: Box | None  # of the object, in pixels of the frame; None: only background
    cut: bool = False  # the scene changed at once: nothing of the background is there any more


@dataclass(frozen=True)
class Look:
    """A frame at working size: float32 [H, W, 3], and its grey [H, W]."""

    frame: Floats
    grey: Floats


class ObjectDetector:
    """Keeps a background and finds what stands in front of it.

    ``width`` is the width at which it works [pixels]; ``least_area`` the smallest object as a
    share of the image; ``learn_seconds`` the time in which the background follows a change.
    """

    def __init__(self, width: int, least_area: float, learn_seconds: float) -> None:
        self._width = width
        self._least = least_area
        self._learn_seconds = learn_seconds
        self.reset()

    def reset(self) -> None:
        """Forget the background."""
        self._background: Background | None = None
        self._mask: Mask | None = None
        self._age = 0.0
        self._noise = 4.0

    def update(self, image: Image, seconds: float) -> Detection:
        """Look at the next frame (uint8 [H, W, 3] RGB), ``seconds`` after the last one."""
        frame, grey = self._prepare(image)
        background = self._background
        if background is None or background.size != (grey.shape[1], grey.shape[0]):
            self._begin(frame, grey)
            return Detection(None)
        use = np.ones_like(grey)
        if self._mask is not None:
            use -= cv2.dilate(self._mask, np.ones((9, 9), np.uint8))
            if use.mean() < 0.2:
                use[:] = 1.0
        background.follow(grey, use)
        expected, known = background.expected()
        unknown = known < 0.99
        expected[unknown] = frame[unknown]
        apart = difference(frame, expected, self._noise)
        mask = unlike(apart, 4.0, 7.0)
        if self._is_cut(mask, known):
            self._begin(frame, grey)
            return Detection(None, cut=True)
        calm = ((mask == 0) & (known > 0.99)).astype(np.uint8)
        background.adapt_light(frame, expected, calm)
        self._measure_noise(frame, expected, calm)
        found = region(mask, self._least * mask.size, max(3, self._width // 16))
        self._learn(Look(frame, grey), known, None if found is None else found[0], seconds)
        self._age += seconds
        if found is None:
            self._mask = None
            return Detection(None)
        self._mask = found[0]
        return Detection(self._scaled(found[1], image))

    def _prepare(self, image: Image) -> tuple[Floats, Floats]:
        height = max(2, round(image.shape[0] * self._width / image.shape[1] / 2) * 2)
        small = cv2.resize(image, (self._width, height), interpolation=cv2.INTER_AREA)
        frame = cv2.GaussianBlur(small, (3, 3), 0).astype(np.float32)
        return frame, np.asarray(frame.mean(axis=2))

    def _begin(self, frame: Floats, grey: Floats) -> None:
        self._background = Background(frame, grey)
        self._mask = None
        self._age = 0.0

    def _is_cut(self, mask: Mask, known: Floats) -> bool:
        seen = known > 0.99
        if seen.mean() < 0.3:
            return True
        return float(mask[seen].mean()) > 0.7

    def _measure_noise(self, frame: Floats, expected: Floats, calm: Mask) -> None:
        rows = calm[::4, ::4] > 0
        if int(rows.sum()) < 50:
            return
        residual = np.abs(frame[::4, ::4][rows] - expected[::4, ::4][rows])
        now = 1.5 * float(np.median(residual))
        self._noise = float(np.clip(0.9 * self._noise + 0.1 * now, 2.5, 12.0))

    def _learn(self, look: Look, known: Floats, found: Mask | None, seconds: float) -> None:
        """Let the background follow, except where the object is.

        Ground that comes into sight next to the object may be a part of the object.
        """
        assert self._background is not None  # noqa: S101 - the only caller has just used it
        rate = 1.0 - float(np.exp(-seconds / self._learn_seconds))
        if found is None:
            everywhere = np.ones(known.shape, np.uint8)
            self._background.learn(look.frame, look.grey, everywhere, rate)
            return
        keep_out = cv2.dilate(found, np.ones((5, 5), np.uint8))
        around = found if self._mask is None else np.maximum(found, self._mask)
        near = cv2.dilate(around, np.ones((9, 9), np.uint8))
        keep_out = np.where(known < 0.99, np.maximum(keep_out, near), keep_out)
        self._background.learn(look.frame, look.grey, (keep_out == 0).astype(np.uint8), rate)

    def _scaled(self, box: Box, image: Image) -> Box:
        scale = image.shape[1] / self._width
        left, top = int(box.x * scale), int(box.y * scale)
        right = round((box.x + box.width) * scale)
        bottom = round((box.y + box.height) * scale)
        return Box(left, top, right - left, bottom - top).clipped(image.shape[1], image.shape[0])
