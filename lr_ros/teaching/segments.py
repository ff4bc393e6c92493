"""The segments that can still be named."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lr_ros.core.learner import LatentReplayLearner
from lr_ros.stream.memory import PackedLatent, SegmentMemory
from lr_ros.teaching.capture import LatentRecord
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

    def guessed(self, learner: LatentReplayLearner) -> SegmentSummary:
        """Return the summary with the class that the learner finds most probable."""
        if not learner.classes or not self.sample:
            return self
        records = [LatentRecord(packed, self.segment_id, NO_REGION) for packed in self.sample]
        latents = np.stack([record.unpack() for record in records])
        mean = learner.predict(latents).probabilities.mean(axis=0)
        best = int(mean.argmax())
        return replace(self, best_guess=learner.classes[best], score=float(mean[best]))


class RememberedSegments:
    """The memory of segments as the engine uses it; the caller holds the engine's lock."""

    def __init__(self, memory: SegmentMemory) -> None:
        self._memory = memory

    def add(self, record: LatentRecord) -> None:
        """Remember a frame, if an object is in view."""
        if record.segment_id:
            self._memory.add(record.segment_id, record.packed)

    def records(self, segment_id: int) -> list[LatentRecord]:
        """Return the frames of a segment, oldest first; none where it is not remembered."""
        segment = self._memory.get(segment_id)
        if segment is None:
            return []
        return [LatentRecord(packed, segment_id, NO_REGION) for packed in segment.latents]

    def name(self, segment_id: int, label: str) -> None:
        """Note what a segment was learned as."""
        self._memory.name(segment_id, label)

    def snapshot(self) -> list[SegmentSummary]:
        """Return the segments, newest first."""
        summaries = []
        for segment in reversed(self._memory.list()):
            step = max(1, len(segment.latents) // GUESS_FRAMES)
            summaries.append(
                SegmentSummary(
                    segment.segment_id,
                    segment.start,
                    segment.duration,
                    len(segment.latents),
                    segment.label,
                    tuple(segment.latents[::step]),
                )
            )
        return summaries
