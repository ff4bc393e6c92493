"""The background a camera has learned: a mosaic that grows as the camera pans."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.alignment import Aligner, Floats, Pose

Mask = NDArray[np.uint8]
"""[H, W], 1 where it holds and 0 elsewhere."""

SUDDEN = 4.0  # the light jumped when the alignment says so by this much [grey levels]
BLOCKS = (20, 15)  # of the image, to compare the light in
CANVAS = 3  # the mosaic is so many frames wide and high
LINEAR = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True)
class Light:
    """How bright the frame is, channel for channel, compared with the mosaic."""

    gain: Floats  # [3]
    bias: Floats  # [3]

    @staticmethod
    def same() -> Light:
        """Return the light in which the mosaic was begun."""
        return Light(np.ones(3, np.float32), np.zeros(3, np.float32))

    def mean(self) -> tuple[float, float]:
        """Return gain and bias of the grey image."""
        return float(self.gain.mean()), float(self.bias.mean())

    def then(self, gain: Floats | float, bias: Floats | float) -> Light:
        """Return this light followed by another change; gains stay within 0.3 and 3."""
        return Light(
            np.clip(self.gain * gain, 0.3, 3.0).astype(np.float32),
            np.asarray(self.bias * gain + bias, np.float32),
        )


class Background:
    """A mosaic, CANVAS frames wide and high, of what was seen behind the objects.

    ``colour`` is its picture [., ., 3], ``plane`` holds its grey value and 1 where it is known
    [., ., 2]. ``pose`` says where in it the camera looks now.
    """

    def __init__(self, frame: Floats, grey: Floats) -> None:
        height, width = grey.shape
        self.aligner = Aligner(width, height)
        self.size = (width, height)
        self.colour: Floats = np.zeros((CANVAS * height, CANVAS * width, 3), np.float32)
        self.plane: Floats = np.zeros((CANVAS * height, CANVAS * width, 2), np.float32)
        self.pose = self._home()
        self.light = Light.same()
        self._velocity = np.zeros(2)
        self._before = self.aligner.reduce(grey)
        self.learn(frame, grey, np.ones((height, width), np.uint8), 1.0)

    def _home(self) -> Pose:
        width, height = self.size
        return Pose.at((CANVAS * width - 1) / 2, (CANVAS * height - 1) / 2)

    def follow(self, grey: Floats, use: Floats) -> float:
        """Find where the camera looks now; return the residual [grey levels].

        ``use`` [H, W] is 0 where an object is expected and 1 elsewhere.
        """
        frame = self.aligner.reduce(grey)
        mask = self.aligner.reduce(use)
        light = self.light.mean()
        steps = [np.zeros(2), self._velocity, self.aligner.shift_between(self._before, frame)]
        starts = [self.pose.moved(np.array([*step, 0.0, 0.0])) for step in steps]
        costs = [self.aligner.cost(self.plane, frame, mask, pose, light) for pose in starts]
        best = int(np.argmin(costs))
        found = self.aligner.align(self.plane, frame, mask, starts[best], light)
        self._velocity = np.clip(steps[best] + found.step[:2], -40, 40)
        self._before = frame
        self.pose = found.pose
        if abs(found.gain - light[0]) * 128 + abs(found.bias - light[1]) > SUDDEN:
            gain = found.gain / light[0]
            self.light = self.light.then(gain, found.bias - light[1] * gain)
        self._stay_inside()
        return found.error

    def expected(self) -> tuple[Floats, Mask]:
        """Return what the camera would see without objects [H, W, 3], and where that is known."""
        image = self.aligner.view(self.colour, self.pose)
        image *= self.light.gain
        image += self.light.bias
        known = self.aligner.view(self.plane, self.pose)[..., 1] > 0.99
        return image, known.astype(np.uint8)

    def adapt_light(self, frame: Floats, expected: Floats, background: Mask) -> None:
        """Correct the gain and bias of each channel from pixels known to be background.

        Means of blocks are compared, not pixels: the mosaic is a little smoother than the frame,
        and a gain fitted at edges would grow step by step.
        """
        cover = background.astype(np.float32)
        share = cv2.resize(cover, BLOCKS, interpolation=cv2.INTER_AREA)
        full = share > 0.5
        if int(full.sum()) < 12:
            return
        seen, model = (
            cv2.resize(image * cover[..., None], BLOCKS, interpolation=cv2.INTER_AREA)[full]
            / share[full][:, None]
            for image in (frame, expected)
        )
        middle = model.mean(axis=0)
        spread = ((model - middle) ** 2).mean(axis=0)
        covariance = ((model - middle) * (seen - seen.mean(axis=0))).mean(axis=0)
        # 200 grey levels squared of prior: a plain wall says little about the gain.
        gain = (covariance + 200.0) / (spread + 200.0)
        self.light = self.light.then(gain, seen.mean(axis=0) - gain * middle)

    def learn(self, frame: Floats, grey: Floats, where: Mask, rate: float) -> None:
        """Let the mosaic follow the frame where there is background; new ground is taken over."""
        x0, y0, x1, y1 = self._bounds()
        shift, size = self._to_frame(), (x1 - x0, y1 - y0)
        gain, bias = self.light.mean()
        image = cv2.warpAffine(
            (frame - self.light.bias) / self.light.gain, shift, size, flags=LINEAR
        )
        mean = cv2.warpAffine((grey - bias) / gain, shift, size, flags=LINEAR)
        # A pixel half inside ``where`` may hold a part of the object.
        usable = cv2.warpAffine(where.astype(np.float32), shift, size, flags=LINEAR) > 0.99
        colour, plane = self.colour[y0:y1, x0:x1], self.plane[y0:y1, x0:x1]
        step = np.where(plane[..., 1] > 0.0, np.float32(rate), np.float32(1.0)) * usable
        colour += step[..., None] * (image - colour)
        plane[..., 0] += step * (mean - plane[..., 0])
        plane[..., 1][usable] = 1.0

    def guess(self, hole: Mask) -> None:
        """Forget the background inside ``hole`` [H, W] and fill it from around."""
        x0, y0, x1, y1 = self._bounds()
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        inside = cv2.warpAffine(hole, self._to_frame(), (x1 - x0, y1 - y0), flags=flags) > 0
        colour, plane = self.colour[y0:y1, x0:x1], self.plane[y0:y1, x0:x1]
        known = ((plane[..., 1] > 0) & ~inside).astype(np.float32)
        filled = spread_into_holes(np.dstack([colour, plane[..., 0]]), known)
        colour[inside] = filled[inside][:, :3]
        plane[..., 0][inside] = filled[inside][:, 3]
        plane[..., 1][inside] = 1.0

    def _bounds(self) -> tuple[int, int, int, int]:
        """Return the corners of the part of the mosaic in sight: left, top, right, bottom."""
        width, height = self.size
        corners = np.array(
            [[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]],
            dtype=np.float64,
        )
        points = corners @ self.pose.matrix(width, height).T
        low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0)) + 1
        limit_y, limit_x = self.plane.shape[:2]
        x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
        return x0, y0, min(int(high[0]), limit_x), min(int(high[1]), limit_y)

    def _to_frame(self) -> NDArray[np.float64]:
        """Return the matrix [2, 3] from the part of the mosaic in sight to the frame."""
        matrix = np.asarray(cv2.invertAffineTransform(self.pose.matrix(*self.size)), np.float64)
        x0, y0, _, _ = self._bounds()
        matrix[:, 2] += matrix[:, :2] @ np.array([x0, y0])
        return matrix

    def _stay_inside(self) -> None:
        """Carry the mosaic over into a fresh one before the camera looks past its border."""
        width, height = self.size
        zoom = float(np.sqrt(abs(np.linalg.det(self.pose.a))))
        turned = abs(self.pose.a[0, 1]) > 0.35 * zoom
        home = self._home()
        away = np.abs(self.pose.t - home.t) > np.array([width, height]) * 0.9
        if not (away.any() or turned or not 0.75 < zoom < 1.33):
            return
        carry = np.concatenate([self.pose.a, (self.pose.t - self.pose.a @ home.t)[:, None]], axis=1)
        size = (self.plane.shape[1], self.plane.shape[0])
        self.colour = np.asarray(cv2.warpAffine(self.colour, carry, size, flags=LINEAR))
        self.plane = np.asarray(cv2.warpAffine(self.plane, carry, size, flags=LINEAR))
        self.plane[..., 1] = self.plane[..., 1] > 0.99
        self.pose = home


def spread_into_holes(image: Floats, known: Floats) -> Floats:
    """Fill what is not ``known`` [H, W] of an image [H, W, C] from around, finest scale first.

    Normalised convolution (Knutsson and Westin, CVPR 1993) with boxes that double in size.
    """
    weight = known.copy()
    total = image * known[..., None]
    for radius in (3, 6, 12, 24, 48, 96):
        kernel = (2 * radius + 1, 2 * radius + 1)
        share = cv2.blur(weight, kernel)
        fill = (weight == 0.0) & (share > 0.02)
        total[fill] = cv2.blur(total, kernel)[fill] / share[fill][:, None]
        weight[fill] = 1.0
    return np.asarray(total)
