"""The client: everything an operator can ask of the robot, as plain methods."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_srvs.srv import SetBool, Trigger

from lr_ros import msg, srv
from lr_ros.action import Learn
from lr_ros.client.connection import Connection
from lr_ros.client.errors import LearnError, NotAvailableError
from lr_ros.client.health import NODES, Health, listen
from lr_ros.client.learning import Cancel, LearnGoal
from lr_ros.client.records import (
    ClassInfo,
    LearnResult,
    ObjectList,
    Question,
    Recognition,
    Region,
    SegmentInfo,
    SessionStart,
    Status,
)
from lr_ros.client.simulation import Simulation
from lr_ros.client.watching import MessageStream


class LearnClient:
    """Teaches, corrects and asks a robot.

    A context manager; every method may be called from every thread, also from callbacks of your
    own nodes, since the client has a node and a thread of its own.

    Args:
        namespace: Namespace of the robot's nodes.
        node: A node of yours whose ROS context is used; None: a context of the client's own.
        timeout: Longest time to wait for a service or a message to be there [s].
        domain_id: ROS domain; None: that of ``node``, or of the environment.
        answer_timeout: Longest time to wait for the answer of a service that is there [s].

    Every method raises :class:`LearnError` where the robot refuses or fails, and
    :class:`NotAvailableError` where nobody answers.
    """

    def __init__(
        self,
        namespace: str = "lr",
        node: Node | None = None,
        timeout: float = 5.0,
        domain_id: int | None = None,
        answer_timeout: float = 60.0,
    ) -> None:
        self.timeout = timeout
        self.answer_timeout = answer_timeout
        self._connection = Connection(namespace, node, domain_id)
        self._status: Status | None = None
        self._status_news = threading.Condition()
        self._connection.run(self._create)

    def _create(self) -> None:
        node = self._connection.node
        qos = QoSProfile(
            depth=10,
            reliability=ReliabilityPolicy.RELIABLE,
            durability=DurabilityPolicy.TRANSIENT_LOCAL,
        )
        node.create_subscription(msg.LearnerStatus, "learner_status", self._receive_status, qos)
        self._learn: ActionClient[Any, Any, Any] = ActionClient(node, Learn, "learn")

    @property
    def namespace(self) -> str:
        """Full namespace of the robot's nodes, with its leading slash."""
        return self._connection.namespace

    @property
    def node(self) -> Node:
        """The client's own node, for looking at the graph; do not spin it."""
        return self._connection.node

    def close(self) -> None:
        """End the client's thread and destroy its node; safe to call twice."""
        self._connection.close(self._learn.destroy)

    def __enter__(self) -> LearnClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Teaching

    def learn(  # noqa: PLR0913 - all but the name have defaults, and the last three are by keyword
        self,
        name: str,
        frames: int | None = None,
        duration: float | None = None,
        *,
        roi: Region | tuple[int, int, int, int] | None = None,
        on_feedback: Callable[[Status], None] | None = None,
        cancel: Cancel | None = None,
    ) -> LearnResult:
        """Teach what is in view under ``name`` and wait until it is learned.

        Args:
            name: 1 to 64 printable characters, not ``unknown``; a known class is learned further.
            frames: Frames to gather, 1 to 10000; None: the learner's parameter.
            duration: Longest capture [s]; None: the learner's parameter.
            roi: Region to look at (x, y, width, height) [pixels]; None: the recognizer's choice.
            on_feedback: Called in this thread with the learner's status as it goes on.
            cancel: An event or a function; once set or true, the session is given up.

        Raises:
            LearnError: With code CANCELED after ``cancel``; nothing is changed then.
            ValueError: An impossible region.
        """
        goal = self._filled(Learn.Goal(), name, frames, duration, roi)
        if not self._connection.wait(self._learn.server_is_ready, self.timeout):
            raise NotAvailableError(self._connection.absent("action", "learn", self.timeout))
        return LearnGoal(self._connection, self._learn, self.timeout).run(goal, on_feedback, cancel)

    def learn_class(
        self,
        name: str,
        frames: int | None = None,
        duration: float | None = None,
        roi: Region | tuple[int, int, int, int] | None = None,
    ) -> SessionStart:
        """Begin a session; return its id and first advice at once. Arguments: see :meth:`learn`."""
        request = self._filled(srv.LearnClass.Request(), name, frames, duration, roi)
        answer = self._call(srv.LearnClass, "learn_class", request)
        return SessionStart(answer.session_id, tuple(answer.warnings))

    def stop_session(self, keep: bool = True) -> int:
        """End the running capture and learn from it, or discard it; return its good frames."""
        request = srv.StopSession.Request(keep=keep)
        return int(self._call(srv.StopSession, "stop_session", request).frames)

    def label_segment(self, segment_id: int, name: str) -> str:
        """Name a remembered segment and learn from it; return the session's id at once."""
        request = srv.LabelSegment.Request(segment_id=segment_id, class_name=name)
        return str(self._call(srv.LabelSegment, "label_segment", request).session_id)

    def cancel(self) -> str:
        """Give up the running session or training; return the learner's sentence."""
        return self._trigger("cancel")

    def pause(self, paused: bool = True) -> str:
        """Pause learning, or go on; return the learner's sentence."""
        answer = self._request(SetBool, "pause_learning", SetBool.Request(data=paused))
        return _accepted(answer)

    # Correcting

    def forget(self, name: str) -> int:
        """Forget a class; return the model's version after it."""
        request = srv.ForgetClass.Request(class_name=name)
        return int(self._call(srv.ForgetClass, "forget_class", request).model_version)

    def rename(self, old: str, new: str, merge: bool = False) -> int:
        """Give a class another name; return the model's version after it.

        ``merge``: where there is a class of the new name already, the two become one.
        """
        request = srv.RenameClass.Request(old_name=old, new_name=new, merge=merge)
        return int(self._call(srv.RenameClass, "rename_class", request).model_version)

    def undo(self) -> str:
        """Take back the last change of what is known; return the learner's sentence."""
        return self._trigger("undo")

    def reset(self) -> str:
        """Forget everything; return the learner's sentence."""
        return self._trigger("reset")

    # Asking

    def list_classes(self) -> list[ClassInfo]:
        """Return what is known, in the order it was first learned."""
        answer = self._call(srv.ListClasses, "list_classes", srv.ListClasses.Request())
        return [ClassInfo.from_message(entry) for entry in answer.classes]

    def list_segments(self) -> list[SegmentInfo]:
        """Return the remembered segments, newest first."""
        answer = self._call(srv.ListSegments, "list_segments", srv.ListSegments.Request())
        return [SegmentInfo.from_message(entry) for entry in answer.segments]

    def recognize(self, window: float = 1.0) -> Recognition:
        """Look for ``window`` seconds and return one answer, its scores averaged."""
        request = srv.Recognize.Request(window=float(window))
        answer = self._call(srv.Recognize, "recognize", request)
        return Recognition.from_message(answer.recognition)

    def watch(self, timeout: float | None = None, depth: int = 100) -> MessageStream[Recognition]:
        """Return an iterator over recognitions as they arrive.

        Args:
            timeout: Longest silence [s] before a TimeoutError; None: wait for ever.
            depth: How many recognitions a slow reader may fall behind.
        """
        topic = (msg.Recognition, "recognition", Recognition.from_message)
        return MessageStream(self._connection, topic, timeout, depth)

    def questions(self, timeout: float | None = None, depth: int = 100) -> MessageStream[Question]:
        """Return an iterator over what the robot asks; arguments as in :meth:`watch`."""
        topic = (msg.LabelRequest, "label_request", Question.from_message)
        return MessageStream(self._connection, topic, timeout, depth)

    def status(self) -> Status:
        """Return what the learner said last of itself."""
        if self._connection.node.count_publishers("learner_status") == 0:
            self._status = None  # of a learner that is gone, or not found yet
        if not self._connection.wait(
            lambda: self._status is not None, self.timeout, self._status_news
        ):
            raise NotAvailableError(
                self._connection.absent("message on", "learner_status", self.timeout)
            )
        assert self._status is not None  # noqa: S101 - what was waited for
        return self._status

    def health(self, timeout: float = 2.5) -> dict[str, Health]:
        """Return how recognizer and learner say they are; without those that say nothing.

        They speak once a second; waits for both, at most ``timeout`` [s].
        """
        return listen(self._connection, NODES, timeout)

    def wait_until_ready(self, timeout: float = 60.0) -> Status:
        """Wait until the learner takes requests and the recognizer publishes; return the status."""
        node = self._connection.node
        conditions: list[tuple[str, Callable[[], bool]]] = [
            ("action learn (learner)", self._learn.server_is_ready),
            ("topic learner_status (learner)", lambda: self._status is not None),
            ("topic recognition (recognizer)", lambda: node.count_publishers("recognition") > 0),
        ]
        if not self._connection.wait(lambda: all(ready() for _, ready in conditions), timeout):
            missing = ", ".join(name for name, ready in conditions if not ready())
            raise NotAvailableError(
                f"after {timeout:g} s in namespace {self.namespace!r} these are missing: "
                f"{missing}; run `lr doctor`"
            )
        return self.status()

    # Saved models

    def save(self, name: str, overwrite: bool = False) -> str:
        """Save all that is known under ``name``; return the path."""
        request = srv.SaveModel.Request(name=name, overwrite=overwrite)
        return str(self._call(srv.SaveModel, "save_model", request).path)

    def load(self, name: str) -> list[str]:
        """Replace all that is known by a saved model; return the names of its classes."""
        answer = self._call(srv.LoadModel, "load_model", srv.LoadModel.Request(name=name))
        return list(answer.class_names)

    # The simulated camera

    @property
    def simulation(self) -> Simulation:
        """What the simulated camera can be asked: present, place, move, remove, domains."""
        return Simulation(self._call)

    def list_objects(self) -> ObjectList:
        """Return what the simulated camera can show, and what it shows."""
        return self.simulation.objects()

    def present_object(
        self, name: str, background: int | None = None, yaw: float | None = None
    ) -> None:
        """Let the simulated camera show an object (:meth:`Simulation.present`)."""
        self.simulation.present(name, background, yaw)

    # Inside

    @staticmethod
    def _filled(
        request: Any,
        name: str,
        frames: int | None,
        duration: float | None,
        roi: Region | tuple[int, int, int, int] | None,
    ) -> Any:
        request.class_name = name
        if frames is not None:
            request.frames = _within("frames", frames, 2**31)
        if duration is not None:
            request.duration = float(duration)
        if roi is not None:
            request.roi = Region(*roi).to_message()
        return request

    def _receive_status(self, message: msg.LearnerStatus) -> None:
        try:
            status = Status.from_message(message)
        except ValueError as error:
            self.node.get_logger().warning(
                f"status of the learner refused: {error}", throttle_duration_sec=5.0
            )
            return
        with self._status_news:
            self._status = status
            self._status_news.notify_all()

    def _trigger(self, name: str) -> str:
        return _accepted(self._request(Trigger, name, Trigger.Request()))

    def _request(self, kind: Any, name: str, request: Any) -> Any:
        return self._connection.call(kind, name, request, self.timeout, self.answer_timeout)

    def _call(self, kind: Any, name: str, request: Any) -> Any:
        answer = self._request(kind, name, request)
        if not answer.success:
            raise LearnError.from_answer(answer.error_code, answer.message)
        return answer


def _accepted(answer: Any) -> str:
    """Return the sentence of a std_srvs answer."""
    if not answer.success:
        raise LearnError.from_sentence(answer.message)
    return str(answer.message)


def _within(what: str, value: int, limit: int) -> int:
    """Return an integer that a message can carry; the learner judges the rest."""
    if not -limit <= value < limit:
        raise ValueError(f"{what} = {value} is out of range; allowed: 1 to 10000")
    return value
