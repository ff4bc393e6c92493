"""Where the camera looks: robust alignment of a frame with the learned background.

Direct alignment in the manner of Lucas and Kanade of a similarity transform together with a gain
and a bias for the light. The inverse compositional form (Baker and Matthews, "Lucas-Kanade 20
years on", IJCV 2004, section 3.2) takes gradients of the background alone, once a frame. The
weights are those of Geman and McClure, so that an object in front of the background does not pull
the camera along.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

STEPS = 10  # most iterations of an alignment
HALF = 2  # alignment works at half the resolution of the background
WIDEST, TIGHTEST = 30.0, 8.0  # scale of the weights at first and at last [grey levels]
TRUNCATED = 40.0  # a residual counts at most so much [grey levels]
LEAST = 50  # pixels to align with
# Without texture nothing says where the camera went: a prior of no motion takes over. Light that
# changes multiplies, so that it is the bias that has to be shown by texture.
PRIOR = np.diag([80.0, 80.0, 800.0, 800.0, 80.0, 800.0])
EDGE = np.ones((3, 3), np.uint8)
STRETCH = 40.0  # brings the columns for zoom and turn to the size of those for the shift


@dataclass(frozen=True)
class Pose:
    """Maps pixels of the frame to pixels of the background: ``a * (x - centre) + t``."""

    a: Doubles  # [2, 2]
    t: Doubles  # [2]

    @staticmethod
    def at(x: float, y: float) -> Pose:
        """Return the unturned, unscaled pose whose frame is centred at (x, y)."""
        return Pose(np.eye(2), np.array([x, y], dtype=np.float64))

    def after(self, first: Pose) -> Pose:
        """Return the pose that maps by ``first`` (frame to frame) and then by this one."""
        return Pose(self.a @ first.a, self.a @ first.t + self.t)

    def moved(self, step: Doubles) -> Pose:
        """Return the pose after a step (right, down, zoom, turn) in the frame's coordinates."""
        return self.after(motion(step))

    def matrix(self, width: int, height: int) -> Doubles:
        """Return the [2, 3] matrix from frame pixels to background pixels."""
        centre = np.array([(width - 1) / 2, (height - 1) / 2])
        return np.concatenate([self.a, (self.t - self.a @ centre)[:, None]], axis=1)


def motion(step: Doubles) -> Pose:
    """Return the map from frame to frame of a step (right, down, zoom, turn)."""
    zoom, turn = step[2], step[3]
    return Pose(np.array([[1 + zoom, -turn], [turn, 1 + zoom]]), step[:2].astype(np.float64))


@dataclass(frozen=True)
class Alignment:
    """Outcome of an alignment."""

    motion: Pose
    """From pixels of the frame to those of the template."""
    gain: float
    bias: float
    error: float
    """Mean truncated residual [grey levels]."""


class Template:
    """A view of the background, reduced, with what alignment needs of it worked out."""

    def __init__(self, grey: Floats, known: Floats) -> None:
        """Take a view [h, w] and 1 where it is known, else 0."""
        height, width = grey.shape
        self.grey, self.known = grey.ravel(), known.ravel()
        gx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
        gy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
        x = (np.arange(width, dtype=np.float32) - (width - 1) / 2) / STRETCH
        y = (np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2) / STRETCH
        light = grey / 128
        columns = [gx, gy, gx * x + gy * y, gy * x - gx * y, light, np.ones_like(gx)]
        self.jacobian: Floats = np.stack(columns, dtype=np.float32).reshape(6, -1)


class Aligner:
    """Aligns grey frames of one size with views of a background."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.small = (width // HALF, height // HALF)
        self._window = cv2.createHanningWindow(self.small, cv2.CV_32F)

    def reduce(self, image: NDArray[np.uint8]) -> Floats:
        """Return the image at alignment resolution."""
        return np.asarray(
            cv2.resize(image, self.small, interpolation=cv2.INTER_AREA), dtype=np.float32
        )

    def shift_between(self, before: Floats, now: Floats) -> Doubles:
        """Return the dominant shift of the camera between two reduced frames [frame pixels]."""
        # phaseCorrelate windows its arguments in place.
        (dx, dy), response = cv2.phaseCorrelate(before.copy(), now.copy(), self._window)
        if response < 0.05:
            return np.zeros(2)
        return np.array([-dx, -dy], dtype=np.float64) * HALF

    def template(self, colour: Floats, known: NDArray[np.uint8], pose: Pose) -> Template:
        """Return the background at a pose; it is RGB [., ., 3] and ``known`` where 255.

        Bilinear sampling between four pixels is their mean: no need to reduce afterwards.
        """
        half = np.array([[HALF, 0, 0.5], [0, HALF, 0.5], [0, 0, 1]])
        matrix = pose.matrix(self.width, self.height) @ half
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        view = cv2.warpAffine(colour, matrix, self.small, flags=flags)
        # Next to unknown ground there is an edge that is none.
        seen = cv2.erode(cv2.warpAffine(known, matrix, self.small, flags=flags), EDGE)
        grey = np.asarray(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.float32)
        return Template(grey, (np.asarray(seen) == 255).astype(np.float32))

    def align(
        self, template: Template, frame: Floats, use: Floats, light: tuple[float, float]
    ) -> Alignment:
        """Align a reduced ``frame`` [h, w], as good as there already, with a template.

        ``use`` [h, w] is 0 where an object is expected and 1 elsewhere, ``light`` is the gain and
        the bias to start with.
        """
        found, (gain, bias) = Pose.at(0.0, 0.0), light
        scale, error = WIDEST, TRUNCATED
        for _ in range(STEPS):
            matrix = self._small_matrix(found)
            model = template.grey * np.float32(gain) + np.float32(bias)
            residual: Floats = self._moved(frame, matrix) - model
            valid = (self._moved(use, matrix) > 0.99) * template.known
            count = float(valid.sum())
            if count < LEAST:
                break
            squared = scale * scale
            weight: Floats = valid * np.square(squared / (squared + np.square(residual)))
            step, light_step = _solve(template.jacobian, residual, weight, gain)
            found = motion(step).after(found)
            gain = min(max(gain + light_step[0], 0.3), 3.0)
            bias = min(max(bias + light_step[1], -60.0), 60.0)
            error = float(np.minimum(np.abs(residual), TRUNCATED) @ valid) / count
            settled = float(np.abs(step[:2]).max()) < 0.02
            if settled and scale <= TIGHTEST:
                break
            scale = max(scale * (0.7), TIGHTEST)
        return Alignment(found, gain, bias, error)

    def _small_matrix(self, by: Pose) -> Doubles:
        """Return the matrix [2, 3] from a reduced frame to the template."""
        width, height = self.small
        matrix = Pose(by.a, by.t / HALF).matrix(width, height)
        matrix[:, 2] += [(width - 1) / 2, (height - 1) / 2]
        return matrix

    def _moved(self, image: Floats, matrix: Doubles) -> Floats:
        moved = cv2.warpAffine(image, matrix, self.small, flags=cv2.INTER_LINEAR)
        return np.asarray(moved, np.float32).ravel()


def _solve(
    jacobian: Floats, residual: Floats, weight: Floats, gain: float
) -> tuple[Doubles, tuple[float, float]]:
    """Return a step (right, down, zoom, turn) in pixels of the frame, and one of gain and bias."""
    weighted = jacobian * weight
    normal = (weighted @ jacobian.T).astype(np.float64)
    right = (weighted @ residual).astype(np.float64)
    solution = np.linalg.solve(normal + PRIOR, right)
    shift = np.clip(solution[:2] * (HALF / gain), -6.0 * HALF, 6.0 * HALF)
    shape = np.clip(solution[2:4] / (STRETCH * gain), -0.05, 0.05)
    step = np.concatenate([shift, shape])
    return step, (float(solution[4]) / 128, float(solution[5]))
