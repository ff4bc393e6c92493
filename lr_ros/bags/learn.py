"""`lr bag learn`: the objects in ranges of a recording, learned one session after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lr_ros.bags.errors import BagError
from lr_ros.bags.gathering import Gathered, Span, Stay, Wanted, gather
from lr_ros.bags.recording import Recording
from lr_ros.bags.school import Lesson, School, session_id
from lr_ros.bags.settings import Settings
from lr_ros.stream.segmenter import Box
from lr_ros.teaching.errors import TeachingError
from lr_ros.teaching.guards import too_few
from lr_ros.teaching.requests import check_class_name

OnProgress = Callable[[str, float], None]
"""Called with what is done and its share, 0..1."""


@dataclass(frozen=True)
class Plan:
    """What is to be learned.

    ``store`` None: nothing is learned, only said what would be. ``region`` as in :class:`Wanted`.
    """

    spans: Sequence[Span]
    settings: Settings
    store: Path | None
    frames: int | None = None
    region: Box | None = None
    seed: int | None = None


@dataclass(frozen=True)
class SessionReport:
    """One session: where it lies [s], its images, those used, those refused by reason."""

    class_name: str
    begin: float
    end: float
    images: int
    used: int
    refused: dict[str, int]
    learned: bool
    message: str
    model_version: int = 0


@dataclass
class LearnReport:
    """What came of it; ``weights`` is the SHA-256 of the model, ``recipe`` what decides it."""

    bag: str
    topic: str
    images: int = 0
    damaged: int = 0
    nobody: int = 0
    sessions: list[SessionReport] = field(default_factory=list)
    dry_run: bool = False
    store: str = ""
    model_version: int = 0
    weights: str = ""
    state: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    departures: list[str] = field(default_factory=list)

    @property
    def learned(self) -> int:
        """How many sessions were learned, or would be."""
        return sum(session.learned for session in self.sessions)

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return asdict(self)


def learn_bag(recording: Recording, plan: Plan, on_progress: OnProgress) -> LearnReport:
    """Learn what a plan names from a recording, in the order of time.

    Raises:
        BagError: A class name is none, a range holds no image, or the store cannot be used.
        SourceError: The recording is damaged.
    """
    spans = sorted((s for s in plan.spans if s.class_name is not None), key=lambda s: s.begin)
    _check(recording, spans)
    report = LearnReport(str(recording.path), recording.topic, dry_run=plan.store is None)
    if plan.store is None:
        for span in spans:
            _gather(recording, plan, span, report, on_progress, None)
        return report
    # The store is opened first: nobody wants to wait for the frames only to hear that it is taken.
    with School(plan.settings, plan.store, plan.seed, on_progress) as school:
        for span in spans:
            _gather(recording, plan, span, report, on_progress, school)
        report.store = str(plan.store)
        report.model_version, report.weights = school.version, school.weights
        report.state, report.recipe = school.state(), school.recipe()
        report.departures = list(school.departures)
    return report


def _check(recording: Recording, spans: Sequence[Span]) -> None:
    if not spans:
        raise BagError("no range names a class: nothing to learn")
    for span in spans:
        try:
            check_class_name(span.class_name or "")
        except TeachingError as error:
            raise BagError(str(error)) from error
        if not 0 <= span.begin < span.end or span.begin > recording.duration:
            raise BagError(
                f"range {span.begin:g} to {span.end:g} s: from 0 to {recording.duration:.1f} s, "
                "the first below the second, is what the recording has"
            )


def _gather(  # noqa: PLR0913, PLR0917 - one range, and everything that its result goes to
    recording: Recording,
    plan: Plan,
    span: Span,
    report: LearnReport,
    on_progress: OnProgress,
    school: School | None,
) -> None:
    name = span.class_name or ""
    frames = plan.frames or plan.settings.learner["session.frames"]
    damaged = recording.damaged
    found = gather(
        recording,
        plan.settings,
        span,
        Wanted(name, frames, plan.region),
        lambda done, total: on_progress(f"looking for {name}", done / max(total, 1)),
    )
    report.images += found.images
    report.nobody += found.nobody
    report.damaged += recording.damaged - damaged
    _refuse_nothing(found, span)
    for stay in found.stays:
        report.sessions.append(_session(recording, stay, school))


def _refuse_nothing(found: Gathered, span: Span) -> None:
    if found.images == 0:
        raise BagError(f"no image lies between {span.begin:g} and {span.end:g} s")
    if not found.stays:
        raise BagError(
            f"no object comes into view between {span.begin:g} and {span.end:g} s: widen the "
            "range, or learn from the image itself with --region whole or --region x,y,w,h"
        )


def _session(recording: Recording, stay: Stay, school: School | None) -> SessionReport:
    capture = stay.capture
    name = capture.request.class_name
    if not capture.fill_up():
        lesson = Lesson(False, too_few(capture)[1])
    elif school is None:
        lesson = Lesson(True, "would be learned")
    else:
        ends = (stay.begin_ns, stay.end_ns)
        capture.session_id = session_id(name, recording.topic, *ends, school.version)
        lesson = school.teach(capture, stay.stamp)
    return SessionReport(
        class_name=name,
        begin=round(stay.begin, 3),
        end=round(stay.end, 3),
        images=stay.seen,
        used=capture.frames,
        refused=capture.refused,
        learned=lesson.learned,
        message=lesson.message,
        model_version=lesson.model_version,
    )
