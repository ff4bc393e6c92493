"""How bright the frame is, compared with the learned background."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.alignment import Floats

BLOCKS = (20, 15)  # of the image, to compare the light in
COVERED = 0.8  # a block says something when this share of it is background
LEAST = 12  # blocks to tell the light from
SCALES = (24.0, 12.0, 6.0)  # of the weights, iteration for iteration [grey levels]
PLAIN = 200.0  # a wall whose variance is less says little about the gain [grey levels squared]


@dataclass(frozen=True)
class Light:
    """Gain and bias of each channel against the background: ``gain * background + bias``."""

    gain: Floats  # [3]
    bias: Floats  # [3]

    @staticmethod
    def same() -> Light:
        """Return the light in which the background was begun."""
        return Light(np.ones(3, np.float32), np.zeros(3, np.float32))

    def mean(self) -> tuple[float, float]:
        """Return gain and bias of the grey image."""
        return float(self.gain.mean()), float(self.bias.mean())

    def brighter(self, gain: float, bias: float) -> Light:
        """Return the light whose grey image has this gain and bias; hues stay."""
        change = gain / float(self.gain.mean())
        shift = bias - float(self.bias.mean()) * change
        return _bounded(self.gain * change, self.bias * change + shift)

    def table(self) -> Floats:
        """Return what each level of a frame was in the light of the background [256, 1, 3]."""
        levels = np.arange(256, dtype=np.float32)[:, None, None]
        return np.asarray((levels - self.bias) / self.gain, np.float32)

    def shine(self, background: Floats) -> NDArray[np.uint8]:
        """Return the background [H, W, 3] as the camera would see it, saturating as it does."""
        matrix = np.column_stack([np.diag(self.gain), self.bias])
        lit = cv2.transform(background, matrix)
        return np.asarray(cv2.addWeighted(lit, 1.0, lit, 0.0, 0.0, dtype=cv2.CV_8U), np.uint8)


def refit(
    light: Light, frame: NDArray[np.uint8], background: Floats, usable: NDArray[np.uint8]
) -> Light:
    """Return the light in which the frame [H, W, 3] shows the background [H, W, 3].

    ``usable`` [H, W] is not 0 where the frame shows background for all one knows. Means of blocks
    are compared, not pixels: the background is a little smoother than the frame, and a gain fitted
    at edges would grow step by step. Blocks that do not fit (an object comes into view) count
    little, after Geman and McClure. What the blocks cannot tell is taken for a change of the gain.
    """
    full = _blocks((usable > 0).astype(np.float32)) >= COVERED
    if int(full.sum()) < LEAST:
        return light
    seen, model = _blocks(frame.astype(np.float32))[full], _blocks(background)[full]
    gain, bias = light.gain, light.bias
    for scale in SCALES:
        residual = seen - gain * model - bias
        weight = np.square(scale**2 / (scale**2 + np.square(residual).max(axis=1)))
        weight /= max(float(weight.sum()), 1e-6)
        middle, mean = weight @ model, weight @ seen
        likely = mean / np.maximum(middle, 1.0)
        spread, shown = weight @ np.square(model - middle), weight @ np.square(seen - mean)
        gain = np.sqrt((shown + PLAIN * np.square(likely)) / (spread + PLAIN))
        bias = mean - gain * middle
    return _bounded(gain, bias)


def _blocks(image: Floats) -> Floats:
    return np.asarray(cv2.resize(image, BLOCKS, interpolation=cv2.INTER_AREA))


def _bounded(gain: Floats, bias: Floats) -> Light:
    return Light(np.clip(gain, 0.3, 3.0).astype(np.float32), np.asarray(bias, np.float32))
