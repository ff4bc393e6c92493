"""The action `learn`: teach an object, follow it, wait for the result, cancel."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.task import Future

from lr_ros.action import Learn
from lr_ros.ros.messages import to_status
from lr_ros.teaching.capture import Capture
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.status import SessionResult

if TYPE_CHECKING:
    from lr_ros.nodes.learner import LearnerNode
    from lr_ros.nodes.learner_services import LearnerServices

FEEDBACK_SECONDS = 0.2


class LearnAction:
    """Offers the action; a refused goal is accepted and aborted, so that its reason is told."""

    def __init__(self, node: LearnerNode, services: LearnerServices) -> None:
        self._node = node
        self._services = services
        self._running: dict[bytes, str] = {}
        self._server = ActionServer(
            node,
            Learn,
            "learn",
            execute_callback=self._execute,
            cancel_callback=self._cancel,
            callback_group=ReentrantCallbackGroup(),
        )

    def close(self) -> None:
        """Take the action back."""
        self._server.destroy()

    async def _execute(self, goal: ServerGoalHandle) -> Learn.Result:
        key = bytes(goal.goal_id.uuid)
        try:
            capture = self._services.engine().sessions.begin(
                self._services.learn_request(goal.request)
            )
        except TeachingError as error:
            goal.abort()
            return Learn.Result(error_code=int(error.code), message=str(error))
        self._running[key] = capture.session_id
        if goal.is_cancel_requested:
            self._cancel_session(capture.session_id)
        result = await self._follow(goal, capture)
        del self._running[key]
        return self._conclude(goal, result)

    async def _follow(self, goal: ServerGoalHandle, capture: Capture) -> SessionResult:
        """Give feedback until the session ends."""
        over: Future = Future()
        timer = self._node.create_timer(
            FEEDBACK_SECONDS,
            lambda: self._feed_back(goal, capture),
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        capture.result.add_done_callback(lambda _: over.set_result(None))
        await over
        self._node.destroy_timer(timer)
        return capture.result.result()

    def _feed_back(self, goal: ServerGoalHandle, capture: Capture) -> None:
        engine = self._node.engine
        status = engine.status_of(capture.session_id) if engine is not None else None
        if status is None or not goal.is_active:
            return
        stamp = self._node.get_clock().now().to_msg()
        elapsed = time.monotonic() - status.since
        goal.publish_feedback(Learn.Feedback(status=to_status(status, stamp, elapsed)))

    def _conclude(self, goal: ServerGoalHandle, result: SessionResult) -> Learn.Result:
        if result.success:
            goal.succeed()
        elif result.code is ErrorCode.CANCELED and goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return Learn.Result(
            success=result.success,
            error_code=int(result.code),
            message=result.message,
            session_id=result.session_id,
            frames=result.frames,
            model_version=result.model_version,
            seconds=result.seconds,
            warnings=list(result.warnings),
        )

    def _cancel(self, goal: Any) -> CancelResponse:
        session_id = self._running.get(bytes(goal.goal_id.uuid))
        if session_id is not None:
            # Later, when the goal is marked as canceling; else it could not be concluded so.
            self._node.executor.create_task(self._cancel_session, session_id)
        return CancelResponse.ACCEPT

    def _cancel_session(self, session_id: str) -> None:
        engine = self._node.engine
        with contextlib.suppress(TeachingError):  # it has just ended by itself
            if engine is not None:
                engine.sessions.cancel(session_id)
