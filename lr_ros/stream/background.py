"""The background a camera has learned: a mosaic that grows as the camera pans."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.alignment import Aligner, Alignment, Doubles, Floats, Pose
from lr_ros.stream.light import Light, refit

Image = NDArray[np.uint8]
"""[H, W, 3] RGB."""
Mask = NDArray[np.uint8]
"""[H, W], 1 where it holds and 0 elsewhere."""

CANVAS = 3  # the mosaic is so many frames wide and high
LINEAR = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
KNOWN, BOUND = 255, 128  # ground as seen, and too bright for the camera
SURE = 3  # a pixel between known ones is known: the interpolation may miss so much
DAZZLED = 250  # the camera saturates from here on [grey levels]
POOR = 1.5  # an alignment this many times worse than usual is tried from elsewhere as well
FASTEST = 40.0  # of a camera [pixels a frame]


class Background:
    """A mosaic, CANVAS frames wide and high, of what was seen behind the objects.

    ``colour`` is its picture, float32 [., ., 3]. ``known`` says what that is worth: KNOWN, BOUND
    where the ground is so bright or brighter, and 0 where nothing was seen yet. ``pose`` says
    where in it the camera looks now, ``light`` how bright it sees it.
    """

    def __init__(self, frame: Image, grey: NDArray[np.uint8]) -> None:
        height, width = grey.shape
        self.aligner = Aligner(width, height)
        self.size = (width, height)
        self.colour: Floats = np.zeros((CANVAS * height, CANVAS * width, 3), np.float32)
        self.known: Mask = np.zeros((CANVAS * height, CANVAS * width), np.uint8)
        self.pose = self._home()
        self.light = Light.same()
        self._velocity = np.zeros(2)
        self._before = self.aligner.reduce(grey)
        self._usual = 4.0  # residual of an alignment [grey levels]
        self.learn(frame, np.ones((height, width), np.uint8), 1.0)

    def _home(self) -> Pose:
        width, height = self.size
        return Pose.at((CANVAS * width - 1) / 2, (CANVAS * height - 1) / 2)

    def follow(self, grey: NDArray[np.uint8], use: Mask) -> None:
        """Find where the camera looks now, and about how bright it sees it.

        ``use`` [H, W] is 0 where an object is expected and 1 elsewhere.
        """
        frame, mask = self.aligner.reduce(grey), self.aligner.reduce(use)
        shift = self._velocity
        found = self._align(frame, mask, shift)
        if found.error > POOR * self._usual + 1.0:
            for other in (np.zeros(2), self.aligner.shift_between(self._before, frame)):
                again = self._align(frame, mask, other)
                if again.error < found.error:
                    found, shift = again, other
        self._usual += 0.1 * (min(found.error, 2 * self._usual) - self._usual)
        pose = self.pose.moved(_still(shift)).after(found.motion)
        self._velocity = np.clip(shift + found.motion.t, -FASTEST, FASTEST)
        self._before = frame
        self.pose = pose
        self.light = self.light.brighter(found.gain, found.bias)
        self._stay_inside()

    def _align(self, frame: Floats, use: Floats, shift: Doubles) -> Alignment:
        start = self.pose.moved(_still(shift))
        template = self.aligner.template(self.colour, self.known, start)
        return self.aligner.align(template, frame, use, self.light.mean())

    def expected(self, frame: Image, use: Mask) -> tuple[Image, Mask]:
        """Return what the camera would see without objects [H, W, 3], and where that is known.

        Where it is not it is the frame itself. The light is measured anew for it, where ``use``
        [H, W] says that there is background.
        """
        matrix = self.pose.matrix(*self.size)
        view = np.asarray(
            cv2.warpAffine(self.colour, matrix, self.size, flags=LINEAR), dtype=np.float32
        )
        worth = cv2.warpAffine(self.known, matrix, self.size, flags=LINEAR)
        sure = np.asarray(cv2.threshold(worth, KNOWN - SURE, 1, cv2.THRESH_BINARY)[1], np.uint8)
        self.light = refit(self.light, frame, view, sure & use)
        image = self.light.shine(view)
        # Of the rest it is known at most that it is no darker.
        cv2.copyTo(cv2.max(image, frame), 1 - sure, image)
        known = cv2.threshold(worth, BOUND - SURE, 1, cv2.THRESH_BINARY)[1]
        return image, np.asarray(known, np.uint8)

    def learn(self, frame: Image, where: Mask, rate: float) -> None:
        """Let the mosaic follow the frame where there is background; new ground is taken over.

        So is all at a ``rate`` of 1.
        """
        left, top, right, bottom = self._bounds()
        shift, size = self._to_frame(left, top), (right - left, bottom - top)
        seen = np.asarray(cv2.warpAffine(frame, shift, size, flags=LINEAR), np.uint8)
        image = cv2.LUT(seen, self.light.table())
        # A pixel half inside ``where`` may hold a part of the object.
        share = cv2.warpAffine(where * np.uint8(255), shift, size, flags=LINEAR)
        usable = cv2.threshold(share, 255 - SURE, 255, cv2.THRESH_BINARY)[1]
        lit = cv2.erode(not_dazzled(seen), np.ones((3, 3), np.uint8))
        worth = np.maximum(lit, np.uint8(BOUND))
        colour, known = self.colour[top:bottom, left:right], self.known[top:bottom, left:right]
        sure = cv2.threshold(known, BOUND, 255, cv2.THRESH_BINARY)[1]
        follows = cv2.bitwise_and(cv2.bitwise_and(usable, lit), sure)
        cv2.accumulateWeighted(image, colour, rate, mask=follows)
        if rate < 1.0:
            usable = cv2.bitwise_and(usable, cv2.compare(worth, known, cv2.CMP_GT))
        cv2.copyTo(image, usable, colour)
        cv2.copyTo(worth, usable, known)

    def guess(self, hole: Mask) -> None:
        """Forget the background inside ``hole`` [H, W] and fill it from around."""
        left, top, right, bottom = self._bounds()
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        shift, size = self._to_frame(left, top), (right - left, bottom - top)
        inside = cv2.warpAffine(hole, shift, size, flags=flags) > 0
        colour, known = self.colour[top:bottom, left:right], self.known[top:bottom, left:right]
        outside = ((known > 0) & ~inside).astype(np.float32)
        colour[inside] = spread_into_holes(colour, outside)[inside]
        known[inside] = KNOWN

    def _bounds(self) -> tuple[int, int, int, int]:
        """Return the corners of the part of the mosaic in sight: left, top, right, bottom."""
        width, height = self.size
        corners = np.array(
            [[0, 0, 1], [width - 1, 0, 1], [0, height - 1, 1], [width - 1, height - 1, 1]],
            dtype=np.float64,
        )
        points = corners @ self.pose.matrix(width, height).T
        low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0)) + 1
        limit_y, limit_x = self.known.shape
        x0, y0 = max(int(low[0]), 0), max(int(low[1]), 0)
        return x0, y0, min(int(high[0]), limit_x), min(int(high[1]), limit_y)

    def _to_frame(self, left: int, top: int) -> Doubles:
        """Return the matrix [2, 3] from the part of the mosaic in sight to the frame."""
        matrix = np.asarray(cv2.invertAffineTransform(self.pose.matrix(*self.size)), np.float64)
        matrix[:, 2] += matrix[:, :2] @ np.array([left, top])
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
        size = (self.known.shape[1], self.known.shape[0])
        self.colour = np.asarray(cv2.warpAffine(self.colour, carry, size, flags=LINEAR))
        worth = cv2.warpAffine(self.known, carry, size, flags=LINEAR)
        self.known = np.select([worth >= KNOWN - SURE, worth >= BOUND - SURE], [KNOWN, BOUND])
        self.known = self.known.astype(np.uint8)
        self.pose = home


def not_dazzled(image: Image) -> Mask:
    """Return 255 where no channel of the image [H, W, 3] saturates."""
    limit = float(DAZZLED - 1)
    return np.asarray(cv2.inRange(image, (0.0, 0.0, 0.0), (limit, limit, limit)), np.uint8)


def _still(shift: Doubles) -> Doubles:
    """Return the step of a shift that neither zooms nor turns."""
    return np.array([shift[0], shift[1], 0.0, 0.0])


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
