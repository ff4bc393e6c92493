"""The robot asks what it does not know, and may learn on from what it is sure of.

Asking is active learning on whole segments. Learning on from confident, coherent segments is the
self-training of Maltoni and Lomonaco (arXiv 1612.02130, section 3), with segments for sequences.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lr_ros.teaching.opinion import Opinion
from lr_ros.teaching.segments import SegmentSummary

Appearance = NDArray[np.float64]

REMEMBERED_QUESTIONS = 50

ROUNDING = 1e-3
"""Stamps are sums of floats: a segment so much too short [s] is long enough."""


@dataclass(frozen=True)
class CuriosityConfig:
    """When the robot asks, and when it learns on by itself.

    ``seen`` [s]: how long an object must have been in view; ``interval`` [s]: least time between
    two questions; ``threshold``: unknown score above which it is a stranger; ``alike``: cosine of
    two segments' appearances above which they show the same thing; ``adapt_score`` and
    ``adapt_share``: least probability, and least share of frames of one mind, to learn on from.
    """

    ask: bool = True
    seen: float = 2.0
    interval: float = 10.0
    threshold: float = 0.5
    alike: float = 0.8
    adapt: bool = False
    adapt_score: float = 0.95
    adapt_share: float = 0.95


@dataclass(frozen=True)
class Question:
    """What is this? Fields as in ``msg/LabelRequest.msg``."""

    segment: SegmentSummary
    same_as: tuple[int, ...]


@dataclass
class _Asked:
    """A segment asked about: its start [s], what it looks like, and whether it was named."""

    start: float
    appearance: Appearance
    answered: bool = False


class Curiosity:
    """Decides on questions and on learning on. Used from the engine's thread only."""

    def __init__(self, config: CuriosityConfig) -> None:
        self.config = config
        self._asked: OrderedDict[int, _Asked] = OrderedDict()
        self._last_question = -float("inf")

    def question(
        self, segment: SegmentSummary, view: Opinion, look: Callable[[], Appearance], now: float
    ) -> Question | None:
        """Return the question to ask about a segment at ``now`` [s]; None for none.

        ``look`` gives its appearance (:func:`lr_ros.core.model_features.appearance`).
        """
        config = self.config
        stranger = view.unknown > config.threshold or not view.name
        if not config.ask or segment.label or not stranger or self._was_asked(segment):
            return None
        if not self._seen_long(segment) or now - self._last_question < config.interval:
            return None
        self._last_question = now
        appearance = look()
        alike = [
            number
            for number, other in self._asked.items()
            if not other.answered and float(appearance @ other.appearance) > config.alike
        ]
        self._asked[segment.segment_id] = _Asked(segment.start, appearance)
        while len(self._asked) > REMEMBERED_QUESTIONS:
            self._asked.popitem(last=False)
        return Question(segment, tuple(alike))

    def answered(self, segment_id: int) -> None:
        """A segment was named: what looks like it is another question from now on."""
        if segment_id in self._asked:
            self._asked[segment_id].answered = True

    def _was_asked(self, segment: SegmentSummary) -> bool:
        asked = self._asked.get(segment.segment_id)
        if asked is not None and asked.start != segment.start:
            del self._asked[segment.segment_id]  # ids were restarted
            return False
        return asked is not None

    def _seen_long(self, segment: SegmentSummary) -> bool:
        return segment.duration > self.config.seen - ROUNDING

    def adapts(self, segment: SegmentSummary, view: Opinion) -> str:
        """Return the known class to learn on from a segment that has ended; empty for none."""
        config = self.config
        sure = (
            config.adapt
            and not segment.label
            and bool(view.name)
            and self._seen_long(segment)
            and view.score >= config.adapt_score
            and view.share >= config.adapt_share
            and view.unknown < config.threshold / 2
        )
        return view.name if sure else ""
