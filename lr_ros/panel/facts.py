"""What the panel knows at one moment; every view is made of it alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lr_ros.client.records import ClassInfo, Question, Recognition, Status

SILENT = 4.0
"""Seconds after which a node that speaks every second counts as silent."""

STALE = 3.0
"""Seconds after which the last answer says nothing about what is in view now."""

RECOGNIZER, LEARNER = "recognizer", "learner"


@dataclass(frozen=True)
class NodeReport:
    """What a node said last of itself: ``level`` 0 well, 1 warning, 2 error; ``age`` [s]."""

    level: int
    summary: str
    values: Mapping[str, str] = field(default_factory=dict)
    age: float = 0.0

    def number(self, key: str) -> float:
        """Return a value as a number; NaN where it is none."""
        try:
            return float(self.values[key])
        except (KeyError, ValueError):
            return math.nan


@dataclass(frozen=True)
class Camera:
    """The topic that the recognizer takes images from, who publishes it, and which others exist."""

    topic: str = ""
    publishers: int = 0
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All of it.

    ``now`` is the node's clock [s], as in the stamps; the ages are of steady time [s], infinite
    for what was never heard. ``reports`` are by the node's name in the namespace, ``nodes`` those
    that the graph of ROS shows there.
    """

    namespace: str = "/lr"
    now: float = 0.0
    recognition: Recognition | None = None
    recognition_age: float = math.inf
    status: Status | None = None
    status_age: float = math.inf
    classes: tuple[ClassInfo, ...] = ()
    questions: tuple[Question, ...] = ()
    reports: Mapping[str, NodeReport] = field(default_factory=dict)
    nodes: frozenset[str] = frozenset()
    camera: Camera = Camera()

    @property
    def learner_speaks(self) -> bool:
        """Whether the learner was heard a moment ago."""
        return self.status is not None and self.status_age < SILENT

    @property
    def answers_come(self) -> bool:
        """Whether the recognizer has answered for a picture a moment ago."""
        return self.recognition is not None and self.recognition_age < STALE

    def report(self, node: str) -> NodeReport | None:
        """Return what a node said a moment ago; None where it is silent."""
        report = self.reports.get(node)
        return report if report is not None and report.age < SILENT else None
