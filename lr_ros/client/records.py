"""Plain records that the client hands out, made from the robot's messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from builtin_interfaces.msg import Time
from sensor_msgs.msg import RegionOfInterest

from lr_ros import msg


class Region(NamedTuple):
    """A rectangle in pixels of the image."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def from_message(cls, message: RegionOfInterest) -> Region:
        """Return the rectangle of a message."""
        return cls(message.x_offset, message.y_offset, message.width, message.height)

    def to_message(self) -> RegionOfInterest:
        """Return the rectangle as a message.

        Raises:
            ValueError: A side is not positive, or the corner lies outside of any image.
        """
        largest = 2**31 - 1
        if not (0 <= self.x <= largest and 0 <= self.y <= largest):
            raise ValueError(f"region {tuple(self)}: x and y must be 0 or more")
        if not (0 < self.width <= largest and 0 < self.height <= largest):
            raise ValueError(f"region {tuple(self)}: width and height must be above 0")
        return RegionOfInterest(
            x_offset=self.x, y_offset=self.y, width=self.width, height=self.height
        )


@dataclass(frozen=True)
class Hypothesis:
    """One candidate name; ``score`` is its probability, 0..1."""

    class_name: str
    score: float


@dataclass(frozen=True)
class Recognition:
    """What the robot recognizes in one camera frame.

    ``stamp`` is the image's [s]; ``model_version`` 0: nothing has been learned yet;
    ``segment_id`` 0: no object in view; ``hypotheses`` are best first; ``latency_ms`` is from the
    image's stamp to the result.
    """

    stamp: float
    frame_id: str
    model_version: int
    segment_id: int
    region: Region
    hypotheses: tuple[Hypothesis, ...]
    unknown: bool
    unknown_score: float
    latency_ms: float

    @property
    def name(self) -> str | None:
        """The name given to what is seen; None where it is unknown or nothing is learned."""
        if self.unknown or not self.hypotheses:
            return None
        return self.hypotheses[0].class_name

    @property
    def score(self) -> float:
        """Probability of the best hypothesis; 0 without one."""
        return self.hypotheses[0].score if self.hypotheses else 0.0

    @classmethod
    def from_message(cls, message: msg.Recognition) -> Recognition:
        """Return the record of a message."""
        return cls(
            stamp=seconds(message.header.stamp),
            frame_id=message.header.frame_id,
            model_version=message.model_version,
            segment_id=message.segment_id,
            region=Region.from_message(message.roi),
            hypotheses=tuple(Hypothesis(h.class_name, h.score) for h in message.hypotheses),
            unknown=message.unknown,
            unknown_score=message.unknown_score,
            latency_ms=message.latency_ms,
        )


@dataclass(frozen=True)
class SessionStart:
    """A session that has begun: its id, as in the status, and advice on what was seen already."""

    session_id: str
    warnings: tuple[str, ...] = ()


class LearnerState(IntEnum):
    """What the learner does."""

    IDLE = msg.LearnerStatus.IDLE
    CAPTURING = msg.LearnerStatus.CAPTURING
    QUEUED = msg.LearnerStatus.QUEUED
    TRAINING = msg.LearnerStatus.TRAINING
    FAILED = msg.LearnerStatus.FAILED


@dataclass(frozen=True)
class Status:
    """What the learner said last of itself; fields as in ``lr_ros/msg/LearnerStatus``.

    ``refusals`` counts the session's frames that the quality gates refused, by reason; ``stamp``
    and ``elapsed`` are seconds.
    """

    stamp: float
    state: LearnerState
    paused: bool
    class_name: str
    session_id: str
    region: Region
    frames: int
    frames_target: int
    frames_refused: int
    refusals: dict[str, int]
    progress: float
    loss: float
    model_version: int
    classes: tuple[str, ...]
    replay_used: int
    replay_capacity: int
    elapsed: float
    error_code: int
    warnings: tuple[str, ...]
    message: str

    @classmethod
    def from_message(cls, message: msg.LearnerStatus) -> Status:
        """Return the record of a message."""
        reasons = zip(message.refusal_reasons, message.refusal_counts, strict=False)
        return cls(
            stamp=seconds(message.header.stamp),
            state=LearnerState(message.state),
            paused=message.paused,
            class_name=message.class_name,
            session_id=message.session_id,
            region=Region.from_message(message.roi),
            frames=message.frames,
            frames_target=message.frames_target,
            frames_refused=message.frames_refused,
            refusals={reason: int(count) for reason, count in reasons},
            progress=message.progress,
            loss=message.loss,
            model_version=message.model_version,
            classes=tuple(message.classes),
            replay_used=message.replay_used,
            replay_capacity=message.replay_capacity,
            elapsed=message.elapsed,
            error_code=message.error_code,
            warnings=tuple(message.warnings),
            message=message.message,
        )


@dataclass(frozen=True)
class LearnResult:
    """A session that was learned.

    ``seconds`` is the time from the session's last frame to the new model; ``warnings`` advise the
    teacher, such as "looks like mug, 0.93".
    """

    class_name: str
    session_id: str
    frames: int
    model_version: int
    seconds: float
    warnings: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class ClassInfo:
    """One known class; ``held_out_accuracy`` is NaN where it was not measured."""

    name: str
    sessions: int
    frames: int
    latents: int
    last_learned: float
    held_out_accuracy: float

    @classmethod
    def from_message(cls, message: msg.ClassInfo) -> ClassInfo:
        """Return the record of a message."""
        return cls(
            name=message.name,
            sessions=message.sessions,
            frames=message.frames,
            latents=message.latents,
            last_learned=seconds(message.last_learned),
            held_out_accuracy=message.held_out_accuracy,
        )


@dataclass(frozen=True)
class SegmentInfo:
    """A remembered segment; ``label`` is empty while it is not named.

    ``thumbnail`` is a JPEG, empty unless the operator has switched thumbnails on.
    """

    segment_id: int
    start: float
    duration: float
    frames: int
    best_guess: str
    score: float
    unknown_score: float
    thumbnail: bytes
    label: str

    @classmethod
    def from_message(cls, message: msg.SegmentInfo) -> SegmentInfo:
        """Return the record of a message."""
        return cls(
            segment_id=message.segment_id,
            start=seconds(message.start),
            duration=message.duration,
            frames=message.frames,
            best_guess=message.best_guess,
            score=message.score,
            unknown_score=message.unknown_score,
            thumbnail=bytes(message.thumbnail),
            label=message.label,
        )


@dataclass(frozen=True)
class Question:
    """The robot asks what a segment is; answer with ``label_segment``.

    ``same_as`` are earlier segments that were not named and show the same thing; ``thumbnail`` as
    in :class:`SegmentInfo`.
    """

    segment_id: int
    start: float
    duration: float
    frames: int
    best_guess: str
    score: float
    unknown_score: float
    same_as: tuple[int, ...]
    thumbnail: bytes

    @classmethod
    def from_message(cls, message: msg.LabelRequest) -> Question:
        """Return the record of a message."""
        return cls(
            segment_id=message.segment_id,
            start=seconds(message.start),
            duration=message.duration,
            frames=message.frames,
            best_guess=message.best_guess,
            score=message.score,
            unknown_score=message.unknown_score,
            same_as=tuple(message.same_as),
            thumbnail=bytes(message.thumbnail),
        )


@dataclass(frozen=True)
class ObjectList:
    """What the simulated camera can show; ``current`` is empty when nobody is in view."""

    names: tuple[str, ...]
    current: str


def seconds(stamp: Time) -> float:
    """Return a stamp as seconds since its clock's epoch."""
    return float(stamp.sec) + 1e-9 * float(stamp.nanosec)
