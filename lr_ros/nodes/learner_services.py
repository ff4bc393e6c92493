"""The learner's services and its action: messages to engine calls and back, nothing more."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import Future as ThreadFuture
from typing import TYPE_CHECKING, Any, TypeVar

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from lr_ros.msg import ClassInfo, SegmentInfo
from lr_ros.nodes.learn_action import LearnAction
from lr_ros.ros.messages import from_roi, to_time
from lr_ros.srv import (
    ForgetClass,
    LabelSegment,
    LearnClass,
    ListClasses,
    ListSegments,
    LoadModel,
    RenameClass,
    SaveModel,
    StopSession,
)
from lr_ros.teaching.engine import Engine
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.requests import Defaults, LearnRequest, check_class_name, check_learn

if TYPE_CHECKING:
    from lr_ros.nodes.learner import LearnerNode

Value = TypeVar("Value")
Handler = Callable[["LearnerServices", Any, Any], Awaitable[None]]


async def completed(future: ThreadFuture[Value]) -> Value:
    """Await a future of another thread inside an rclpy callback; the executor goes on meanwhile."""
    bridge: Future = Future()
    future.add_done_callback(lambda _: bridge.set_result(None))
    await bridge
    return future.result()


def answering(handler: Handler) -> Callable[[LearnerServices, Any, Any], Awaitable[Any]]:
    """Turn a handler that fills the response, or raises TeachingError, into a service callback."""

    @functools.wraps(handler)
    async def callback(self: LearnerServices, request: Any, response: Any) -> Any:
        try:
            self.engine()
            await handler(self, request, response)
        except TeachingError as error:
            response.success = False
            _explain(response, error.code, str(error))
        else:
            response.success = True
        return response

    return callback


def _explain(response: Any, code: ErrorCode, message: str) -> None:
    """Put code and message into an answer; std_srvs have no field for the code."""
    if hasattr(response, "error_code"):
        response.error_code = int(code)
        response.message = message
    else:
        response.message = f"{code.name}: {message}"


class LearnerServices:
    """Offers the services of the learner; every answer says what happened."""

    def __init__(self, node: LearnerNode) -> None:
        self._node = node
        group = ReentrantCallbackGroup()
        offers: list[tuple[Any, str, Callable[[Any, Any], Awaitable[Any]]]] = [
            (LearnClass, "learn_class", self._learn_class),
            (StopSession, "stop_session", self._stop_session),
            (LabelSegment, "label_segment", self._label_segment),
            (ListSegments, "list_segments", self._list_segments),
            (ForgetClass, "forget_class", self._forget_class),
            (RenameClass, "rename_class", self._rename_class),
            (ListClasses, "list_classes", self._list_classes),
            (SaveModel, "save_model", self._save_model),
            (LoadModel, "load_model", self._load_model),
            (Trigger, "undo", self._undo),
            (Trigger, "reset", self._reset),
            (Trigger, "cancel", self._cancel),
            (SetBool, "pause_learning", self._pause),
        ]
        self._offered = [
            node.create_service(kind, name, callback, callback_group=group)
            for kind, name, callback in offers
        ]
        self._action = LearnAction(node, self)

    def close(self) -> None:
        """Take the services back."""
        for service in self._offered:
            self._node.destroy_service(service)
        self._action.close()

    def engine(self) -> Engine:
        """Return the engine of an active node.

        Raises:
            TeachingError: NOT_ACTIVE.
        """
        if self._node.engine is None or not self._node.active:
            raise TeachingError(
                ErrorCode.NOT_ACTIVE,
                f"{self._node.get_fully_qualified_name()} is not active; configure and activate it",
            )
        return self._node.engine

    def learn_request(self, request: Any) -> LearnRequest:
        """Return the checked request of `learn_class` or of the action's goal."""
        parameters = self._node.parameters
        defaults = Defaults(parameters["session.frames"], parameters["session.duration"])
        return check_learn(
            request.class_name, request.frames, request.duration, from_roi(request.roi), defaults
        )

    @answering
    async def _learn_class(self, request: Any, response: Any) -> None:
        capture = self.engine().sessions.begin(self.learn_request(request))
        response.session_id = capture.session_id
        response.warnings = list(await completed(self.engine().advice(capture)))
        response.message = (
            f"gathering up to {capture.request.frames} frames of {capture.request.class_name!r}"
        )

    @answering
    async def _stop_session(self, request: Any, response: Any) -> None:
        capture = self.engine().sessions.stop(request.keep)
        if request.keep:
            await completed(capture.kept)
        response.session_id, response.frames = capture.session_id, capture.frames
        response.message = "training is queued" if request.keep else "discarded"

    @answering
    async def _label_segment(self, request: Any, response: Any) -> None:
        name = check_class_name(request.class_name)
        capture = self.engine().label_segment(request.segment_id, name)
        await completed(capture.kept)
        response.session_id, response.frames = capture.session_id, capture.frames
        response.message = f"training on segment {request.segment_id} is queued"

    @answering
    async def _list_segments(self, request: Any, response: Any) -> None:
        response.segments = [
            SegmentInfo(
                segment_id=segment.segment_id,
                start=to_time(segment.start),
                duration=segment.duration,
                frames=segment.frames,
                best_guess=segment.best_guess,
                score=segment.score,
                unknown_score=segment.unknown_score,
                thumbnail=segment.thumbnail,
                label=segment.label,
            )
            for segment in await completed(self.engine().segments())
        ]
        response.message = f"{len(response.segments)} segments are remembered"

    @answering
    async def _forget_class(self, request: Any, response: Any) -> None:
        name = request.class_name
        response.model_version = await completed(self.engine().change(lambda c: c.forget(name)))
        response.message = f"{name!r} is forgotten; undo brings it back"

    @answering
    async def _rename_class(self, request: Any, response: Any) -> None:
        old, new, merge = request.old_name, request.new_name, request.merge
        change = self.engine().change(lambda c: c.rename(old, new, merge))
        response.model_version = await completed(change)
        response.message = f"{old!r} is {new!r} now"

    @answering
    async def _list_classes(self, request: Any, response: Any) -> None:
        response.model_version = self.engine().status.model_version
        infos = await completed(
            self.engine().ask(lambda learner: [learner.class_info(n) for n in learner.classes])
        )
        response.classes = [
            ClassInfo(
                name=info.name,
                sessions=info.sessions,
                frames=info.frames,
                latents=info.latents,
                last_learned=to_time(info.last_learned),
                held_out_accuracy=info.held_out_accuracy,
            )
            for info in infos
        ]
        response.message = f"{len(infos)} classes are known"

    @answering
    async def _save_model(self, request: Any, response: Any) -> None:
        name, overwrite = request.name, request.overwrite
        response.path = await completed(self.engine().change(lambda c: c.save(name, overwrite)))
        response.message = f"saved in {response.path}"

    @answering
    async def _load_model(self, request: Any, response: Any) -> None:
        name = request.name
        loaded = self.engine().change(lambda c: c.load(name))
        response.model_version, names = await completed(loaded)
        response.class_names = list(names)
        response.message = f"{len(names)} classes are known now; undo brings the others back"

    @answering
    async def _undo(self, request: Any, response: Any) -> None:
        response.message = await completed(self.engine().change(lambda c: c.undo()))

    @answering
    async def _reset(self, request: Any, response: Any) -> None:
        await completed(self.engine().change(lambda c: c.reset()))
        response.message = "everything is forgotten; undo brings it back"

    @answering
    async def _cancel(self, request: Any, response: Any) -> None:
        capture = self.engine().sessions.cancel()
        ended = await completed(capture.result)
        if ended.code is not ErrorCode.CANCELED:
            text = f"session {capture.session_id} had already ended: {ended.message}"
            raise TeachingError(ErrorCode.NO_SESSION, text)
        name = capture.request.class_name
        response.message = (
            f"the session for {name!r} ({capture.session_id}) is canceled; nothing was changed"
        )

    @answering
    async def _pause(self, request: Any, response: Any) -> None:
        self.engine().pause(request.data)
        response.message = "learning is paused" if request.data else "learning goes on"
