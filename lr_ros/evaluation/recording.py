"""What the nodes said while a stream was played, kept in memory."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field

from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Header

from lr_ros import msg
from lr_ros.client import LearnerState, Question, Recognition, Status
from lr_ros.client.connection import Connection
from lr_ros.client.records import seconds
from lr_ros.evaluation.scoring import Result, Session

_ALL = QoSProfile(depth=2000, reliability=ReliabilityPolicy.RELIABLE)

END = None
"""Stands in the queue of frames for the end of the clip."""


@dataclass
class SessionWatch:
    """What the learner said of one session."""

    captured_at: float | None = None  # when it was first said to be no longer capturing [s]
    version: int | None = None
    failure: str = ""


@dataclass
class Recorder:
    """Subscribes to frame markers, recognitions, the learner's status and its questions.

    ``frames`` is the queue of the numbers of published frames, None at the clip's end;
    ``published`` maps their stamps to those numbers.
    """

    connection: Connection
    published: dict[float, int] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    sessions: dict[str, SessionWatch] = field(default_factory=dict)
    frames: queue.SimpleQueue[int | None] = field(default_factory=queue.SimpleQueue)
    questions: queue.SimpleQueue[Question] = field(default_factory=queue.SimpleQueue)
    newest: Recognition | None = None

    def __post_init__(self) -> None:
        self.connection.run(self._subscribe)

    def _subscribe(self) -> None:
        subscribe = self.connection.node.create_subscription
        subscribe(Header, "frame_marker", self._on_marker, _ALL)
        subscribe(msg.Recognition, "recognition", self._on_recognition, _ALL)
        subscribe(msg.LearnerStatus, "learner_status", self._on_status, _ALL)
        subscribe(msg.LabelRequest, "label_request", self._on_question, _ALL)

    @property
    def connected(self) -> bool:
        """Whether every topic has its publisher."""
        node = self.connection.node
        topics = ("frame_marker", "recognition", "learner_status")
        return all(node.count_publishers(topic) > 0 for topic in topics)

    def _on_marker(self, marker: Header) -> None:
        _, _, index = marker.frame_id.rpartition(":")
        if index.isdigit():
            self.published[seconds(marker.stamp)] = int(index)
            self.frames.put(int(index))
        else:
            self.frames.put(END)

    def _on_recognition(self, message: msg.Recognition) -> None:
        recognition = Recognition.from_message(message)
        self.newest = recognition
        self.results.append(
            Result(
                recognition.stamp,
                recognition.name,
                recognition.model_version,
                recognition.latency_ms,
            )
        )

    def _on_question(self, message: msg.LabelRequest) -> None:
        self.questions.put(Question.from_message(message))

    def _on_status(self, message: msg.LearnerStatus) -> None:
        self.note(Status.from_message(message))

    def note(self, status: Status) -> None:
        """Take in a status of the learner."""
        if not status.session_id:
            return
        watch = self.sessions.setdefault(status.session_id, SessionWatch())
        if status.state is LearnerState.CAPTURING:
            return
        if watch.captured_at is None:
            watch.captured_at = status.stamp
        if status.state is LearnerState.FAILED or (
            status.state is LearnerState.IDLE and status.error_code
        ):
            watch.failure = watch.failure or status.message
        elif status.state is LearnerState.IDLE and watch.version is None and not watch.failure:
            watch.version = status.model_version

    def outcome(self, class_name: str, session_id: str, left_at: float) -> Session:
        """Return how a session went whose object left view at ``left_at`` [s]."""
        watch = self.sessions.get(session_id, SessionWatch())
        last_frame = left_at if watch.captured_at is None else min(left_at, watch.captured_at)
        note = watch.failure or ("" if watch.version is not None else "its training never ended")
        return Session(class_name, last_frame, watch.version, note)
