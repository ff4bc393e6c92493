"""Cuts a camera's stream into segments: an object comes into view, stays, and goes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lr_ros.stream.departure import Departure
from lr_ros.stream.detector import DetectorConfig, ObjectDetector
from lr_ros.stream.geometry import Box

__all__ = ["Box", "SegmentView", "Segmenter", "SegmenterConfig"]

Event = Literal["start", "running", "end", "none"]


@dataclass(frozen=True)
class SegmenterConfig:
    """How a stream is cut into segments."""

    work_width: int = 160
    """Width at which frames are looked at [pixels]; the rest of the time goes with its square."""
    least_area: float = 0.008
    """Smallest object, as a share of the image."""
    confirm_seconds: float = 0.08
    """An object must be in view so long before a segment starts (it is then counted in)."""
    release_seconds: float = 0.35
    """A segment ends when its object has been out of view so long; at once when it went out over
    the picture's edge."""
    largest_gap: float = 2.0
    """A pause between two stamps longer than this ends the segment [s]."""
    learn_seconds: float = 1.0
    """Time in which the background follows slow changes [s]."""
    still_seconds: float = 30.0
    """What has not moved for so long is part of the background [s]."""
    arm: float = 0.0
    """How much of the arm that holds the object stays in the region, as a share of the object's
    size on each side; 0 cuts it off, a large value keeps it all."""
    padding: float = 0.0
    """The region is the object's box grown by this share of its size on each side."""
    least_aspect: float = 0.7
    """A narrower box is widened until its sides are in this ratio: it is squeezed into a square
    to be encoded, and a pen that turns should not look like another thing each time."""

    def __post_init__(self) -> None:
        if self.work_width < 32:
            raise ValueError(f"work_width is {self.work_width}; take 32 or more")
        if not 0.0 < self.least_area < 1.0:
            raise ValueError(f"least_area is {self.least_area}; take a share between 0 and 1")
        for name in ("confirm_seconds", "release_seconds", "arm", "padding"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}; take 0 or more")
        if not 0.0 <= self.least_aspect <= 1.0:
            raise ValueError(f"least_aspect is {self.least_aspect}; take 0 to 1")
        for name in ("largest_gap", "learn_seconds", "still_seconds"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is {value}; take more than 0")


@dataclass(frozen=True)
class SegmentView:
    """What the segmenter says of one frame."""

    segment_id: int
    """Segment the frame belongs to, or the one that ``event`` "end" ends; 0: no object in view."""
    event: Event
    roi: Box | None
    """Where the object is; None where none is in view, and at an "end"."""
    start: float
    """Stamp of the segment's first frame [s]."""
    end: float
    """Stamp of its last frame so far [s]."""
    frames: int
    """Frames in it so far."""

    @property
    def in_view(self) -> bool:
        """Whether this very frame shows the segment's object."""
        return self.event in ("start", "running")


_NOTHING = SegmentView(0, "none", None, 0.0, 0.0, 0)


class Segmenter:
    """Online and causal: one frame in, one view out; ids rise by one and are never 0.

    A frame whose object is out of view for a moment gets ``segment_id`` 0 although the segment may
    go on afterwards under the same id.
    """

    def __init__(self, config: SegmenterConfig | None = None) -> None:
        self.config = config or SegmenterConfig()
        self._detector = ObjectDetector(
            DetectorConfig(
                self.config.work_width,
                self.config.least_area,
                self.config.learn_seconds,
                self.config.still_seconds,
                self.config.arm,
            )
        )
        self._departure = Departure()
        self._last_id = 0
        self._shape: tuple[int, int] | None = None
        self._stamp: float | None = None
        self._clear()

    def _clear(self) -> None:
        self._running = False
        self._first: float | None = None  # of the object in view, confirmed or not
        self._last = 0.0
        self._frames = 0
        self._box: Box | None = None
        self._departure.clear()

    def reset(self) -> None:
        """Forget the background and the running segment; ids go on rising."""
        self._detector.reset()
        self._shape = None
        self._stamp = None
        self._clear()

    def close(self, stamp: float) -> SegmentView | None:
        """End the running segment at once; None where none is running."""
        view = self._end() if self._running else None
        self._clear()
        self._stamp = stamp
        return view

    def update(
        self, image: NDArray[np.uint8], stamp: float, region: Box | None = None
    ) -> SegmentView:
        """Look at the next frame.

        ``image`` is uint8 [H, W, 3] RGB, ``stamp`` its time [s]. ``region`` is where an upstream
        detector sees the object; it wins over the segmenter's own finding, and an empty box says
        that nothing is there. A stamp that runs backwards, a long gap, or another image size ends
        the running segment and begins the background anew.

        Raises ValueError for an image of another form or a stamp that is not finite.
        """
        self._check(image, stamp)
        shape = (image.shape[0], image.shape[1])
        seconds = 0.0 if self._stamp is None else stamp - self._stamp
        broken = seconds < 0 or seconds > self.config.largest_gap
        ended = None
        if self._shape is not None and (broken or shape != self._shape):
            ended = self._end() if self._running else None
            self.reset()
            seconds = 0.0
        self._shape, self._stamp = shape, stamp
        detection = self._detector.update(image, max(seconds, 0.0))
        if ended is not None:
            return ended
        box = detection.box
        if region is not None:
            box = region.clipped(shape[1], shape[0])
        elif box is not None:
            box = box.padded(self.config.padding, shape[1], shape[0])
            box = box.squarer(self.config.least_aspect, shape[1], shape[0])
        if box is None or box.area == 0:
            left = self._departure.is_over_edge(shape[1], shape[0])
            return self._absent(stamp, gone=detection.cut or left)
        return self._present(box, stamp)

    def _check(self, image: NDArray[np.uint8], stamp: float) -> None:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(
                f"image is {image.dtype} {list(image.shape)}; uint8 [height, width, 3] is needed"
            )
        if min(image.shape[:2]) < 8:
            raise ValueError(f"image is {list(image.shape)}; at least 8x8 pixels are needed")
        if not math.isfinite(stamp):
            raise ValueError(f"stamp is {stamp}; seconds are needed")

    def _present(self, box: Box, stamp: float) -> SegmentView:
        if self._first is None:
            self._first = stamp
        self._last = stamp
        self._frames += 1
        self._box = box
        self._departure.add(box, stamp)
        if self._running:
            return self._view("running")
        if self._frames < 2 or stamp - self._first < self.config.confirm_seconds:
            return _NOTHING
        self._running = True
        self._last_id += 1
        return self._view("start")

    def _absent(self, stamp: float, gone: bool) -> SegmentView:
        if not self._running:
            self._clear()
            return _NOTHING
        if not gone and stamp - self._last < self.config.release_seconds:
            return _NOTHING
        view = self._end()
        self._clear()
        return view

    def _view(self, event: Event) -> SegmentView:
        return SegmentView(
            self._last_id, event, self._box, self._first or 0.0, self._last, self._frames
        )

    def _end(self) -> SegmentView:
        return SegmentView(self._last_id, "end", None, self._first or 0.0, self._last, self._frames)
