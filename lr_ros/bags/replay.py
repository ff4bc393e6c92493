"""`lr bag replay`: the recognizer over a recording, and its teaching once more if wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from lr_ros.bags.errors import BagError
from lr_ros.bags.evaluate import Known, name_of
from lr_ros.bags.eyes import Eyes, Sight
from lr_ros.bags.gathering import LEAD_IN, OnFrame
from lr_ros.bags.lessons import Taught
from lr_ros.bags.recording import Recording, Shot
from lr_ros.bags.school import Lesson, School, session_id
from lr_ros.bags.settings import Settings
from lr_ros.recognition.drawing import Lesson as ShownLesson
from lr_ros.stream.memory import SegmentMemory
from lr_ros.stream.segmenter import Box
from lr_ros.teaching.capture import Capture, End
from lr_ros.teaching.guards import too_few
from lr_ros.teaching.requests import MAX_DURATION, LearnRequest, Region
from lr_ros.teaching.segments import RememberedSegments


@dataclass(frozen=True)
class Moment:
    """One image of a replay: what is seen, what is being taught, and which classes are known."""

    sight: Sight
    lesson: ShownLesson | None
    frames: int
    frames_target: int
    classes: tuple[str, ...]
    model_version: int


class Output(Protocol):
    """Where a replay goes."""

    def write(self, moment: Moment) -> None:
        """Take one image's result."""


@dataclass
class Replayed:
    """What came of a replay."""

    bag: str
    topic: str
    images: int = 0
    damaged: int = 0
    names: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    segments: int = 0
    model_version: int = 0
    classes: list[str] = field(default_factory=list)
    lessons: list[dict[str, Any]] = field(default_factory=list)
    weights: str = ""
    recipe: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return asdict(self)


class Teacher:
    """Gives the sessions of a recording again, each while its images go by."""

    def __init__(
        self, school: School, settings: Settings, topic: str, taught: Sequence[Taught]
    ) -> None:
        self.school = school
        self.results: list[tuple[Taught, Lesson]] = []
        self._settings = settings
        self._topic = topic
        self._plan = [t for t in taught if t.gathered and t.outcome == "learned"]
        self._segments = RememberedSegments(SegmentMemory())
        self._now: Taught | None = None
        self._capture: Capture | None = None
        self._begun = 0

    @property
    def region(self) -> Box | None:
        """The region that the running session asks for."""
        return self._now.region if self._now is not None else None

    @property
    def capture(self) -> Capture | None:
        """The session that gathers."""
        return self._capture

    def before(self, shot: Shot) -> None:
        """Begin the session whose time has come."""
        if self._now is None and self._plan and self._plan[0].begin <= shot.offset:
            self._now = self._plan.pop(0)
            self._begun = shot.recorded

    def after(self, sight: Sight) -> bool:
        """Take what is seen; return whether a new model was made of it."""
        shot, answer, record = sight
        self._segments.add(record)
        if self._now is None:
            return False
        if self._capture is None:
            self._capture = self._open(sight)
        self._capture.offer(record, record.unpack(), answer.stamp)
        if answer.view.event == "end":
            self._capture.segment_ended(answer.view.segment_id)
        if self._capture.end is None and shot.offset >= self._now.end:
            self._capture.end = End.STOPPED
        return self._capture.end is not None and self._conclude(shot, answer.stamp)

    def finish(self, shot: Shot, stamp: float) -> bool:
        """End the session that the recording's end interrupts."""
        if self._capture is None:
            return False
        self._capture.end = End.STOPPED
        return self._conclude(shot, stamp)

    def _open(self, sight: Sight) -> Capture:
        assert self._now is not None  # noqa: S101 - only called while a session runs
        record = sight.record
        region = record.region if self._now.region is not None else Region()
        request = LearnRequest(self._now.class_name, self._now.frames, MAX_DURATION, region)
        capture = Capture("", request, self._settings.capture())
        if record.segment_id and self._now.region is None:
            # What was seen of the object before it was named counts, as it did then.
            for earlier in self._segments.records(record.segment_id)[:-1]:
                capture.offer(earlier, earlier.unpack(), earlier.stamp)
        return capture

    def _conclude(self, shot: Shot, stamp: float) -> bool:
        capture, taught = self._capture, self._now
        assert capture is not None  # noqa: S101 - only called while a session runs
        assert taught is not None  # noqa: S101 - likewise
        self._capture = self._now = None
        if capture.fill_up():
            ends = (self._begun, shot.recorded)
            name = capture.request.class_name
            capture.session_id = session_id(name, self._topic, *ends, self.school.version)
            lesson = self.school.teach(capture, stamp)
        else:
            lesson = Lesson(False, too_few(capture)[1])
        self.results.append((taught, lesson))
        return lesson.learned


def replay_bag(  # noqa: PLR0913, PLR0917 - who looks, who teaches, and where it goes
    recording: Recording,
    settings: Settings,
    known: Known | Teacher,
    span: tuple[float, float],
    outputs: Sequence[Output],
    on_frame: OnFrame,
    region: Box | None = None,
) -> Replayed:
    """Let the recognizer look at a range; ``known`` is a model, or who makes one on the way.

    Raises:
        BagError: The range holds no image, or the store refuses what was learned.
        SourceError: The recording is damaged.
    """
    teacher = known if isinstance(known, Teacher) else None
    eyes = Eyes(settings)
    _use_newest(eyes, known)
    report = Replayed(str(recording.path), recording.topic)
    names: Counter[str] = Counter()
    segments: set[int] = set()
    last: Sight | None = None
    for shot in recording.shots(max(0.0, span[0] - LEAD_IN), span[1]):
        on_frame(shot.index + 1, recording.count)
        if shot.offset < span[0]:
            eyes.warm_up(shot)
            continue
        if teacher is not None:
            teacher.before(shot)
        last = sight = eyes.look(shot, _asked(teacher, region, shot))
        moment = _moment(sight, known)
        for output in outputs:
            output.write(moment)
        report.images += 1
        names[name_of(sight.answer) or ""] += 1
        segments.add(sight.answer.segment_id)
        if teacher is not None and teacher.after(sight):
            _use_newest(eyes, known)
    if last is None:
        raise BagError(f"no image lies between {span[0]:g} and {span[1]:g} s")
    if teacher is not None and teacher.finish(last.shot, last.answer.stamp):
        _use_newest(eyes, known)
    report.unknown = names.pop("", 0)
    report.names = dict(names.most_common())
    report.segments = len(segments - {0})
    report.damaged = recording.damaged
    _conclude(report, known)
    return report


def _use_newest(eyes: Eyes, known: Known | Teacher) -> None:
    if isinstance(known, Teacher):
        eyes.use(known.school.version, known.school.export())
    else:
        eyes.use(known.version, known.learner.export())


def _asked(teacher: Teacher | None, region: Box | None, shot: Shot) -> Box | None:
    height, width = shot.image.shape[:2]
    asked = teacher.region if teacher is not None and teacher.region is not None else region
    if asked is None:
        return None
    clipped = asked.clipped(width, height)
    return clipped if clipped.area else Box(0, 0, width, height)


def _moment(sight: Sight, known: Known | Teacher) -> Moment:
    if not isinstance(known, Teacher):
        return Moment(sight, None, 0, 0, known.learner.classes, known.version)
    school, capture = known.school, known.capture
    if capture is None:
        return Moment(sight, None, 0, 0, school.learner.classes, school.version)
    shown = ShownLesson(capture.request.class_name, "looking at", capture.progress)
    target = capture.request.frames
    return Moment(sight, shown, capture.frames, target, school.learner.classes, school.version)


def _conclude(report: Replayed, known: Known | Teacher) -> None:
    if not isinstance(known, Teacher):
        report.model_version, report.classes = known.version, list(known.learner.classes)
        return
    school = known.school
    report.model_version, report.classes = school.version, list(school.learner.classes)
    report.weights, report.recipe = school.weights, school.recipe()
    report.notes += school.departures
    report.lessons = [
        {"class": taught.class_name, "begin": round(taught.begin, 3), **asdict(lesson)}
        for taught, lesson in known.results
    ]
