"""Watches the segments that nobody teaches: asks about strangers, learns on from friends."""

from __future__ import annotations

import time

from lr_ros.core.learner import LatentReplayLearner
from lr_ros.teaching.capture import LatentRecord
from lr_ros.teaching.curiosity import Curiosity, CuriosityConfig
from lr_ros.teaching.opinion import opinion
from lr_ros.teaching.segments import SegmentSummary
from lr_ros.teaching.status import Listener


class Attention:
    """Decides when a segment is looked at again, and what comes of it.

    :meth:`due` is called by the thread that brings frames, :meth:`look` and :meth:`answered` on
    the engine's thread.
    """

    def __init__(self, learner: LatentReplayLearner, config: CuriosityConfig, listener: Listener):
        self._learner = learner
        self._listener = listener
        self._curiosity = Curiosity(config)
        self._segment_id = 0
        self._next_look = 0.0

    def configure(self, config: CuriosityConfig) -> None:
        """Change when the robot asks and learns on."""
        self._curiosity.config = config

    def due(self, record: LatentRecord) -> bool:
        """Whether the segment of this frame has been seen long enough to be looked at (again)."""
        if record.segment_id == 0:
            return False
        seen = max(self._curiosity.config.seen, 0.1)
        if record.segment_id != self._segment_id or record.stamp < self._next_look - 2 * seen:
            self._segment_id, self._next_look = record.segment_id, record.stamp + seen
            return False
        if record.stamp < self._next_look:
            return False
        self._next_look = record.stamp + seen
        return True

    def look(self, segment: SegmentSummary, ended: bool) -> str:
        """Ask about a segment if it is a stranger; return the class to learn on from it, if any."""
        latents = segment.latents()
        if len(latents) == 0:
            return ""
        view = opinion(self._learner, latents)
        question = self._curiosity.question(
            segment, view, lambda: self._learner.appearance(latents), time.monotonic()
        )
        if question is not None:
            self._listener.on_question(question, view)
            return ""
        return self._curiosity.adapts(segment, view) if ended else ""

    def answered(self, segment_id: int) -> None:
        """A segment was named."""
        self._curiosity.answered(segment_id)
