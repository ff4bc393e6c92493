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


class Background:
    """A mosaic [CANVAS * H, CANVAS * W, 5] of what was seen behind the objects.

    Channels: red, green, blue, grey, known. ``pose`` says where in it the camera looks now.
    """

    def __init__(self, frame: Floats, grey: Floats) -> None:
        height, width = grey.shape
        self.aligner = Aligner(width, height)
        self.size = (width, height)
        self.canvas: Floats = np.zeros((CANVAS * height, CANVAS * width, 5), np.float32)
        self.pose = self._home()
        self.light = Light.same()
        self.velocity = np.zeros(2)
        self._before = self.aligner.reduce(grey)
        self._write(frame, grey, np.ones((height, width), np.float32), np.float32(1.0))

    def _home(self) -> Pose:
        width, height = self.size
        return Pose.at((CANVAS * width - 1) / 2, (CANVAS * height - 1) / 2)

    def follow(self, grey: Floats, use: Floats) -> float:
        """Find where the camera looks now; return the residual [grey levels]."""
        frame = self.aligner.reduce(grey)
        mask = self.aligner.reduce(use)
        plane = self._plane()
        light = self.light.mean()
        steps = [np.zeros(2), self.velocity, self.aligner.shift_between(self._before, frame)]
        starts = [self.pose.moved(np.array([*step, 0.0, 0.0])) for step in steps]
        costs = [self.aligner.cost(plane, frame, mask, pose, light) for pose in starts]
        best = int(np.argmin(costs))
        found = self.aligner.align(plane, frame, mask, starts[best], light)
        self.velocity = np.clip(steps[best] + found.step[:2], -40, 40)
        self._before = frame
        self.pose = found.pose
        if abs(found.gain - light[0]) * 128 + abs(found.bias - light[1]) > SUDDEN:
            self.light = Light(
                np.clip(self.light.gain * (found.gain / light[0]), 0.3, 3.0).astype(np.float32),
                (self.light.bias + (found.bias - light[1])).astype(np.float32),
            )
        self._stay_inside()
        return found.error

    def _plane(self) -> Floats:
        """Return grey and known of the neighbourhood in which the camera may look."""
        return np.ascontiguousarray(self.canvas[..., 3:5])

    def expected(self) -> tuple[Floats, Floats]:
        """Return what the camera would see without objects [H, W, 3], and how known it is."""
        view = self.aligner.view(self.canvas, self.pose)
        image = view[..., :3] * self.light.gain + self.light.bias
        return image, view[..., 4]

    def adapt_light(self, frame: Floats, expected: Floats, background: Mask) -> None:
        """Correct the gain and bias of each channel from pixels known to be background.

        Means of blocks are compared, not pixels: the mosaic is a little smoother than the frame,
        and a gain fitted at edges would grow step by step.
        """
        share = cv2.resize(background.astype(np.float32), BLOCKS, interpolation=cv2.INTER_AREA)
        full = share > 0.5
        if int(full.sum()) < 12:
            return
        cover = background.astype(np.float32)[..., None]
        sums = np.dstack([frame * cover, expected * cover])
        blocks = cv2.resize(sums, BLOCKS, interpolation=cv2.INTER_AREA)[full] / share[full][:, None]
        seen, model = blocks[:, :3], blocks[:, 3:]
        middle = model.mean(axis=0)
        spread = ((model - middle) ** 2).mean(axis=0)
        covariance = ((model - middle) * (seen - seen.mean(axis=0))).mean(axis=0)
        # 200 grey levels squared of prior: a plain wall says little about the gain.
        gain = (covariance + 200.0) / (spread + 200.0)
        bias = seen.mean(axis=0) - gain * middle
        self.light = Light(
            np.clip(self.light.gain * gain, 0.3, 3.0).astype(np.float32),
            (self.light.bias * gain + bias).astype(np.float32),
        )

    def learn(self, frame: Floats, grey: Floats, where: Mask, rate: float) -> None:
        """Let the mosaic follow the frame where there is background; new ground is taken over."""
        self._write(frame, grey, where.astype(np.float32), np.float32(rate))

    def _write(self, frame: Floats, grey: Floats, where: Floats, rate: np.float32) -> None:
        width, height = self.size
        to_frame = cv2.invertAffineTransform(self.pose.matrix(width, height))
        x0, y0, x1, y1 = self._bounds()
        shift = to_frame.copy()
        shift[:, 2] = to_frame[:, :2] @ np.array([x0, y0]) + to_frame[:, 2]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        image = (frame - self.light.bias) / self.light.gain
        mean = (grey - self.light.mean()[1]) / self.light.mean()[0]
        source = np.dstack([image, mean, where])
        patch = cv2.warpAffine(source, shift, (x1 - x0, y1 - y0), flags=flags)
        part = self.canvas[y0:y1, x0:x1]
        usable = patch[..., 4] > 0.99
        step = np.where(part[..., 4] > 0.0, rate, np.float32(1.0)) * usable
        part[..., :4] += step[..., None] * (patch[..., :4] - part[..., :4])
        part[..., 4] = np.where(usable, np.float32(1.0), part[..., 4])

    def _bounds(self) -> tuple[int, int, int, int]:
        width, height = self.size
        corners = np.array(
            [[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]],
            dtype=np.float64,
        )
        points = corners @ self.pose.matrix(width, height).T
        low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0)) + 1
        limit_y, limit_x = self.canvas.shape[:2]
        x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
        return x0, y0, min(int(high[0]), limit_x), min(int(high[1]), limit_y)

    def guess(self, hole: Mask) -> None:
        """Forget the background inside ``hole`` [H, W] and fill it from around."""
        x0, y0, x1, y1 = self._bounds()
        width, height = self.size
        to_frame = cv2.invertAffineTransform(self.pose.matrix(width, height))
        to_frame[:, 2] += to_frame[:, :2] @ np.array([x0, y0])
        cover = cv2.warpAffine(
            hole, to_frame, (x1 - x0, y1 - y0), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        )
        part = self.canvas[y0:y1, x0:x1]
        part[..., 4] = np.where(cover > 0, np.float32(0.0), part[..., 4])
        known = (part[..., 4] > 0).astype(np.float32)
        filled = _diffuse(part[..., :4], known)
        inside = cover > 0
        part[..., :4][inside] = filled[inside]
        part[..., 4][inside] = 1.0

    def _stay_inside(self) -> None:
        """Carry the mosaic over into a fresh one before the camera looks past its border."""
        width, height = self.size
        zoom = float(np.sqrt(abs(np.linalg.det(self.pose.a))))
        turned = abs(self.pose.a[0, 1]) > 0.35 * zoom
        away = np.abs(self.pose.t - self._home().t) > np.array([width, height]) * 0.9
        if not (away.any() or turned or not 0.75 < zoom < 1.33):
            return
        home = self._home()
        carry = np.concatenate([self.pose.a, (self.pose.t - self.pose.a @ home.t)[:, None]], axis=1)
        self.canvas = np.asarray(
            cv2.warpAffine(
                self.canvas,
                carry,
                (self.canvas.shape[1], self.canvas.shape[0]),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            )
        )
        self.pose = home


def _diffuse(image: Floats, known: Floats) -> Floats:
    """Fill the unknown from around by normalised convolution, coarse where the hole is wide."""
    result = image * known[..., None]
    weight = known.copy()
    total, mass = result.copy(), weight.copy()
    for radius in (4, 8, 16, 32, 64):
        kernel = (2 * radius + 1, 2 * radius + 1)
        wide = cv2.blur(result, kernel)
        share = cv2.blur(weight, kernel)
        fill = (mass < 0.02) & (share > 0.02)
        total[fill] = wide[fill] / share[fill][:, None]
        mass[fill] = 1.0
    return np.asarray(total)
