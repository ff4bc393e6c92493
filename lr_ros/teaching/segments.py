"""The segments that can still be named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lr_ros.core.learner import LatentReplayLearner
from lr_ros.stream.memory import PackedLatent, RememberedSegment, SegmentMemory
from lr_ros.teaching.capture import LatentRecord
from lr_ros.teaching.opinion import opinion
from lr_ros.teaching.requests import NO_REGION

GUESS_FRAMES = 8
"""Frames of a segment that its best guess rests on."""


@dataclass(frozen=True)
class SegmentSummary:
    """One remembered segment; fields as in ``msg/SegmentInfo.msg``."""

    segment_id: int
    start: float
    duration: float
    frames: int
    label: str
    sample: tuple[PackedLatent, ...] = ()
    best_guess: str = ""
    score: float = 0.0
    unknown_score: float = 1.0
    thumbnail: bytes = b""

    def latents(self) -> NDArray[np.float32]:
        """Return the sample's latents, ``float32 [N, C, h, w]``."""
        unpacked = [LatentRecord(p, self.segment_id, NO_REGION).unpack() for p in self.sample]
        return np.stack(unpacked) if unpacked else np.empty((0, 0, 0, 0), np.float32)

    def guessed(self, learner: LatentReplayLearner) -> SegmentSummary:
        """Return the summary with what the learner thinks of it."""
        if not self.sample:
            return self
        view = opinion(learner, self.latents())
        return replace(self, best_guess=view.name, score=view.score, unknown_score=view.unknown)


class RememberedSegments:
    """The memory of segments as the engine uses it; the caller holds the engine's lock."""

    def __init__(self, memory: SegmentMemory) -> None:
        self._memory = memory
        self._thumbnails: dict[int, bytes] = {}

    def add(self, record: LatentRecord) -> None:
        """Remember a frame, if an object is in view."""
        if record.segment_id == 0:
            return
        self._memory.add(record.segment_id, record.packed)
        if record.thumbnail:
            self._thumbnails[record.segment_id] = record.thumbnail
            kept = {segment.segment_id for segment in self._memory.list()}
            self._thumbnails = {k: v for k, v in self._thumbnails.items() if k in kept}

    def records(self, segment_id: int) -> list[LatentRecord]:
        """Return the frames of a segment, oldest first; none where it is not remembered."""
        segment = self._memory.get(segment_id)
        if segment is None:
            return []
        return [LatentRecord(packed, segment_id, NO_REGION) for packed in segment.latents]

    def name(self, segment_id: int, label: str) -> None:
        """Note what a segment was learned as."""
        self._memory.name(segment_id, label)

    def rename(self, old: str, new: str) -> None:
        """Follow a class that was renamed."""
        for segment in self._memory.list():
            if segment.label == old:
                segment.label = new

    def keep_labels(self, known: Collection[str]) -> None:
        """Forget what segments were learned as where that class is not known any more."""
        for segment in self._memory.list():
            if segment.label not in known:
                segment.label = ""

    def summary(self, segment_id: int) -> SegmentSummary | None:
        """Return one segment; None where it is not remembered."""
        segment = self._memory.get(segment_id)
        return None if segment is None else self._summarize(segment)

    def snapshot(self) -> list[SegmentSummary]:
        """Return the segments, newest first."""
        return [self._summarize(segment) for segment in reversed(self._memory.list())]

    def _summarize(self, segment: RememberedSegment) -> SegmentSummary:
        step = max(1, len(segment.latents) // GUESS_FRAMES)
        return SegmentSummary(
            segment.segment_id,
            segment.start,
            segment.duration,
            len(segment.latents),
            segment.label,
            tuple(segment.latents[::step]),
            thumbnail=self._thumbnails.get(segment.segment_id, b""),
        )
