"""Where the node pins up what it hears, and from where every browser's page reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from lr_ros.panel.facts import Camera, Facts, NodeReport

if TYPE_CHECKING:
    from lr_ros.client.records import ClassInfo, Question, Recognition, Status

QUESTIONS = 20
"""Most questions kept; older ones go."""


class Board:
    """The newest of everything; safe from every thread.

    ``now`` gives the node's clock [s], ``steady`` a clock that never jumps [s].
    """

    def __init__(
        self,
        namespace: str,
        now: Callable[[], float],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._namespace = namespace
        self._now = now
        self._steady = steady
        self._lock = threading.Lock()
        self._recognition: tuple[Recognition, float] | None = None
        self._status: tuple[Status, float] | None = None
        self._classes: tuple[ClassInfo, ...] = ()
        self._questions: dict[int, Question] = {}
        self._reports: dict[str, tuple[NodeReport, float]] = {}
        self._nodes: frozenset[str] = frozenset()
        self._camera = Camera()

    def put_recognition(self, recognition: Recognition) -> None:
        """Pin up an answer of the recognizer's."""
        with self._lock:
            self._recognition = (recognition, self._steady())

    def put_status(self, status: Status) -> None:
        """Pin up what the learner says of itself."""
        with self._lock:
            self._status = (status, self._steady())

    def put_report(self, node: str, report: NodeReport) -> None:
        """Pin up a node's diagnostics."""
        with self._lock:
            self._reports[node] = (report, self._steady())

    def put_classes(self, classes: Iterable[ClassInfo]) -> None:
        """Replace the list of classes."""
        with self._lock:
            self._classes = tuple(classes)

    def put_graph(self, nodes: Collection[str], camera: Camera) -> None:
        """Pin up who is there."""
        with self._lock:
            self._nodes, self._camera = frozenset(nodes), camera

    def ask(self, question: Question) -> None:
        """Add a question of the robot's; one about the same segment replaces the older."""
        with self._lock:
            self._questions.pop(question.segment_id, None)
            self._questions[question.segment_id] = question
            while len(self._questions) > QUESTIONS:
                del self._questions[next(iter(self._questions))]

    def drop_question(self, segment_id: int) -> None:
        """Take a question away: answered, or nobody wants to answer it."""
        with self._lock:
            self._questions.pop(segment_id, None)

    def keep_questions(self, open_segments: Mapping[int, float]) -> None:
        """Keep only the questions whose segment can still be named.

        ``open_segments``: the start [s] of each segment that is remembered and has no name, by id;
        a learner that was started anew gives the ids out again, to other segments.
        """
        with self._lock:
            self._questions = {
                number: question
                for number, question in self._questions.items()
                if open_segments.get(number) == question.start
            }

    @property
    def questions(self) -> tuple[Question, ...]:
        """The open questions, oldest first."""
        with self._lock:
            return tuple(self._questions.values())

    def facts(self) -> Facts:
        """Return all of it as it is now."""
        now, steady = self._now(), self._steady()
        with self._lock:
            recognition, heard = self._recognition or (None, -float("inf"))
            status, said = self._status or (None, -float("inf"))
            reports = {
                node: NodeReport(report.level, report.summary, report.values, steady - at)
                for node, (report, at) in self._reports.items()
            }
            return Facts(
                namespace=self._namespace,
                now=now,
                recognition=recognition,
                recognition_age=steady - heard,
                status=status,
                status_age=steady - said,
                classes=self._classes,
                questions=tuple(self._questions.values()),
                reports=reports,
                nodes=self._nodes,
                camera=self._camera,
            )
