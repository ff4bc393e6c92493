"""Where the camera looks: robust alignment of a frame with the learned background.

Direct alignment in the manner of Lucas and Kanade (forward compositional; Baker and Matthews,
"Lucas-Kanade 20 years on", IJCV 2004, section 3.1) of a similarity transform together with a gain
and a bias for the light. The weights are those of Geman and McClure, so that an object in front of
the background does not pull the camera along.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STEPS = 8  # most iterations of an alignment
HALF = 2  # alignment works at half the resolution of the background


@dataclass(frozen=True)
class Pose:
    """Maps pixels of the frame to pixels of the background: ``a * (x - centre) + t``."""

    a: NDArray[np.float64]  # [2, 2]
    t: NDArray[np.float64]  # [2]

    @staticmethod
    def at(x: float, y: float) -> Pose:
        """Return the unturned, unscaled pose whose frame is centred at (x, y)."""
        return Pose(np.eye(2), np.array([x, y], dtype=np.float64))

    def moved(self, step: NDArray[np.float64]) -> Pose:
        """Return the pose after a step (right, down, zoom, turn) in the frame's coordinates."""
        zoom, turn = step[2], step[3]
        change = np.array([[1 + zoom, -turn], [turn, 1 + zoom]])
        return Pose(self.a @ change, self.a @ step[:2] + self.t)

    def matrix(self, width: int, height: int) -> NDArray[np.float64]:
        """Return the [2, 3] matrix from frame pixels to background pixels."""
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        return np.concatenate([self.a, (self.t - self.a @ centre)[:, None]], axis=1)


@dataclass(frozen=True)
class Alignment:
    """Outcome of an alignment."""

    pose: Pose
    gain: float
    bias: float
    step: NDArray[np.float64]  # from the first pose to the last: right, down, zoom, turn
    error: float  # mean truncated residual [grey levels]


class Aligner:
    """Aligns grey frames of one size with a grey background."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.small = (width // HALF, height // HALF)
        ys, xs = np.mgrid[0 : self.small[1], 0 : self.small[0]].astype(np.float32)
        self._x = (xs - (self.small[0] - 1) / 2).ravel()
        self._y = (ys - (self.small[1] - 1) / 2).ravel()
        self._window = cv2.createHanningWindow(self.small, cv2.CV_32F)

    def reduce(self, image: Floats) -> Floats:
        """Return the image at alignment resolution."""
        return np.asarray(
            cv2.resize(image, self.small, interpolation=cv2.INTER_AREA), dtype=np.float32
        )

    def shift_between(self, before: Floats, now: Floats) -> NDArray[np.float64]:
        """Return the dominant shift of the camera between two reduced frames [frame pixels]."""
        # phaseCorrelate windows its arguments in place.
        (dx, dy), response = cv2.phaseCorrelate(before.copy(), now.copy(), self._window)
        if response < 0.05:
            return np.zeros(2)
        return np.array([-dx, -dy], dtype=np.float64) * HALF

    def view(self, background: Floats, pose: Pose) -> Floats:
        """Return the part of the background (1 or more channels) the pose looks at."""
        return np.asarray(
            cv2.warpAffine(
                background,
                pose.matrix(self.width, self.height),
                (self.width, self.height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            )
        )

    def _small_view(self, plane: Floats, pose: Pose) -> Floats:
        """Return the view at alignment resolution.

        Bilinear sampling between four pixels is their mean: no need to reduce afterwards.
        """
        half = np.array([[HALF, 0, 0.5], [0, HALF, 0.5], [0, 0, 1]])
        matrix = pose.matrix(self.width, self.height) @ half
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(plane, matrix, self.small, flags=flags))

    def cost(
        self, plane: Floats, frame: Floats, use: Floats, pose: Pose, light: tuple[float, float]
    ) -> float:
        """Return the mean residual, truncated at 40 grey levels, of one pose."""
        view = self._small_view(plane, pose)
        residual = np.minimum(np.abs(frame - light[0] * view[..., 0] - light[1]), 40.0)
        weight = use * (view[..., 1] > 0.9)
        total = float(weight.sum())
        return float((weight * residual).sum()) / total if total > 50 else 40.0

    def align(
        self,
        plane: Floats,
        frame: Floats,
        use: Floats,
        start: Pose,
        light: tuple[float, float],
    ) -> Alignment:
        """Align ``frame`` with ``plane``.

        ``plane`` [H, W, 2] holds the background's grey value and 1 where it is known, ``frame``
        and ``use`` are at alignment resolution; ``use`` is 0 where an object is expected.
        """
        pose, (gain, bias) = start, light
        total = np.zeros(4)
        scale = 30.0
        error = 40.0
        for _ in range(STEPS):
            view = self._small_view(plane, pose)
            grey = np.ascontiguousarray(view[..., 0])
            residual = (frame - gain * grey - bias).ravel().astype(np.float32)
            valid = (use * (view[..., 1] > 0.9)).ravel()
            count = float(valid.sum())
            if count < 50:
                break
            squared = scale * scale
            weight = (valid * (squared / (squared + residual * residual)) ** 2).astype(np.float32)
            step, light_step = self._solve(grey, residual, weight, gain)
            pose = pose.moved(step)
            total += step
            gain = float(np.clip(gain + light_step[0], 0.3, 3.0))
            bias = float(np.clip(bias + light_step[1], -60.0, 60.0))
            error = float((valid * np.minimum(np.abs(residual), 40.0)).sum()) / count
            scale = max(scale * 0.7, 8.0)
            if np.abs(step[:2]).max() < 0.02 and scale <= 8.0:
                break
        return Alignment(pose, gain, bias, total, error)

    def _solve(
        self, grey: Floats, residual: Floats, weight: Floats, gain: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        gx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=gain / 8).ravel()
        gy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=gain / 8).ravel()
        x, y = self._x, self._y
        jacobian = np.stack(
            [
                gx,
                gy,
                (gx * x + gy * y) / 40,
                (gy * x - gx * y) / 40,
                (grey.ravel() - 128) / 64,
                np.ones_like(gx),
            ]
        )
        weighted = jacobian * weight
        normal = (weighted @ jacobian.T).astype(np.float64)
        right = (weighted @ residual).astype(np.float64)
        # Without texture nothing says where the camera went: a prior of no motion takes over.
        prior = np.array([20.0, 20.0, 200.0, 200.0, 200.0, 20.0]) * 4
        solution = np.linalg.solve(normal + np.diag(prior), right)
        step = np.array(
            [solution[0] * HALF, solution[1] * HALF, solution[2] / 40, solution[3] / 40]
        )
        light = np.array([solution[4] / 64, solution[5] - 2 * solution[4]])
        limit = 6.0 * HALF
        step[:2] = np.clip(step[:2], -limit, limit)
        step[2:] = np.clip(step[2:], -0.05, 0.05)
        return step, light
