"""The last segments, kept as packed latents so that they can still be named."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PackedLatent:
    """One encoded frame as it came over the wire."""

    stamp: float
    """Of the image [s]."""
    data: NDArray[np.uint8]
    """Packed codes, one dimension."""
    shape: tuple[int, ...]
    """Of the latent: channels, height, width."""
    bits: int = 8
    scale: float = 1.0
    zero_point: int = 0
    sharpness: float = 0.0
    brightness: float = 0.0


@dataclass(frozen=True)
class SegmentMemoryConfig:
    """How much is kept."""

    segments: int = 20
    """Most segments."""
    frames: int = 60
    """Most frames of one segment; longer ones are thinned out evenly."""
    max_bytes: int = 64_000_000
    """Most bytes of latents, all segments together."""
    longest_pause: float = 5.0
    """An id that comes again after a longer pause [s] is another segment: ids were restarted."""

    def __post_init__(self) -> None:
        for name in ("segments", "frames", "max_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; take 1 or more")
        if not self.longest_pause > 0:
            raise ValueError(f"longest_pause is {self.longest_pause}; take more than 0")


@dataclass
class RememberedSegment:
    """A segment that can still be named."""

    segment_id: int
    latents: list[PackedLatent] = field(default_factory=list)
    best_guess: str = ""
    """Most probable known class; empty when nothing was known."""
    score: float = 0.0
    """Its probability, 0..1."""
    label: str = ""
    """Class it was learned as; empty: not named yet."""

    @property
    def start(self) -> float:
        """Stamp of the first remembered frame [s]."""
        return self.latents[0].stamp if self.latents else 0.0

    @property
    def duration(self) -> float:
        """Time from the first to the last remembered frame [s]."""
        return self.latents[-1].stamp - self.start if self.latents else 0.0

    @property
    def nbytes(self) -> int:
        """Bytes of its latents."""
        return sum(latent.data.nbytes for latent in self.latents)


class SegmentMemory:
    """Keeps the newest segments within bounds of count, frames and bytes.

    Whole segments are dropped, oldest first; the newest is thinned out when it alone is too large.
    """

    def __init__(self, config: SegmentMemoryConfig | None = None) -> None:
        self.config = config or SegmentMemoryConfig()
        self._segments: OrderedDict[int, RememberedSegment] = OrderedDict()
        self._stride: dict[int, int] = {}
        self._offered: dict[int, int] = {}
        self._latest: dict[int, float] = {}
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all latents kept."""
        return self._nbytes

    def add(self, segment_id: int, latent: PackedLatent) -> bool:
        """Remember a frame of a segment; return whether it was kept.

        Raises ValueError for segment 0, which means that no object is in view.
        """
        if segment_id == 0:
            raise ValueError("segment 0 means that no object is in view; it is not remembered")
        pause = latent.stamp - self._latest.get(segment_id, latent.stamp)
        if pause < 0 or pause > self.config.longest_pause:
            self.drop(segment_id)
        segment = self._segments.get(segment_id)
        if segment is None:
            segment = self._segments[segment_id] = RememberedSegment(segment_id)
            self._stride[segment_id], self._offered[segment_id] = 1, 0
        self._latest[segment_id] = latent.stamp
        turn = self._offered[segment_id]
        self._offered[segment_id] = turn + 1
        if turn % self._stride[segment_id]:
            return False
        segment.latents.append(latent)
        self._nbytes += latent.data.nbytes
        self._hold_bounds(segment)
        return bool(segment.latents) and segment.latents[-1] is latent

    def get(self, segment_id: int) -> RememberedSegment | None:
        """Return a segment, or None where it is not remembered (any more)."""
        return self._segments.get(segment_id)

    def list(self) -> list[RememberedSegment]:
        """Return all segments, oldest first."""
        return list(self._segments.values())

    def guess(self, segment_id: int, class_name: str, score: float) -> bool:
        """Note the newest best guess of a segment; False where it is not remembered."""
        segment = self._segments.get(segment_id)
        if segment is None:
            return False
        segment.best_guess, segment.score = class_name, score
        return True

    def name(self, segment_id: int, label: str) -> bool:
        """Note the class a segment was learned as; False where it is not remembered."""
        segment = self._segments.get(segment_id)
        if segment is None:
            return False
        segment.label = label
        return True

    def drop(self, segment_id: int) -> None:
        """Forget a segment; nothing happens where it is not remembered."""
        segment = self._segments.pop(segment_id, None)
        if segment is not None:
            self._nbytes -= segment.nbytes
            del self._stride[segment_id], self._offered[segment_id], self._latest[segment_id]

    def clear(self) -> None:
        """Forget all segments."""
        for segment_id in [*self._segments]:
            self.drop(segment_id)

    def _hold_bounds(self, newest: RememberedSegment) -> None:
        if len(newest.latents) > self.config.frames:
            self._thin(newest)
        while len(self._segments) > self.config.segments or (
            self._nbytes > self.config.max_bytes and len(self._segments) > 1
        ):
            oldest = next(key for key in self._segments if key != newest.segment_id)
            self.drop(oldest)
        while self._nbytes > self.config.max_bytes and newest.latents:
            self._thin(newest)
        if not newest.latents:
            self.drop(newest.segment_id)

    def _thin(self, segment: RememberedSegment) -> None:
        """Drop every second frame, and take only every second of those to come."""
        dropped = segment.latents[1::2] if len(segment.latents) > 1 else segment.latents[:]
        kept = segment.latents[::2] if len(segment.latents) > 1 else []
        self._nbytes -= sum(latent.data.nbytes for latent in dropped)
        segment.latents[:] = kept
        self._stride[segment.segment_id] *= 2
