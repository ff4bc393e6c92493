"""One goal of the action ``learn``: feedback, cancel and result."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionClient

from lr_ros.action import Learn
from lr_ros.client.connection import Connection
from lr_ros.client.errors import LearnError, NotAvailableError
from lr_ros.client.records import LearnResult, Status

Cancel = threading.Event | Callable[[], bool]
"""How a caller asks for the end of a call: an event that is set, or a function that says true."""

_LOST_AFTER = 5.0
"""How long the action's server may be gone before the goal is given up [s]."""


def canceled(cancel: Cancel | None) -> bool:
    """Whether the caller asks for the end."""
    if cancel is None:
        return False
    return cancel.is_set() if isinstance(cancel, threading.Event) else cancel()


class LearnGoal:
    """Sends a goal and follows it until its result."""

    def __init__(
        self, connection: Connection, client: ActionClient[Any, Any, Any], timeout: float
    ) -> None:
        self._connection = connection
        self._client = client
        self._timeout = timeout
        self._feedback: queue.SimpleQueue[Learn.Feedback] = queue.SimpleQueue()
        self._news = threading.Event()  # feedback or the result arrived
        self._canceled = False
        self._result: Any = None  # the future of the result, once the goal is taken

    def run(
        self,
        goal: Learn.Goal,
        on_feedback: Callable[[Status], None] | None,
        cancel: Cancel | None,
    ) -> LearnResult:
        """Send ``goal``, wait for its result and return it; callbacks run in this thread.

        An exception (a KeyboardInterrupt, or one of ``on_feedback``) cancels the goal first.

        Raises:
            LearnError: The learner refused the goal, failed at it, or it was cancelled.
            NotAvailableError: The learner went away.
        """
        sent = self._connection.run(
            lambda: self._connection.announced(
                self._client.send_goal_async(goal, feedback_callback=self._receive), self._news
            )
        )
        try:
            handle = self._accepted(sent, goal.class_name)
            self._result = self._connection.run(
                lambda: self._connection.announced(handle.get_result_async(), self._news)
            )
            self._follow(handle, on_feedback, cancel)
        except (NotAvailableError, LearnError):
            raise  # there is nothing left to cancel
        except BaseException:
            if not self._connection.closed:
                self._give_up(sent)
            raise
        return _to_result(goal.class_name, self._result.result().result)

    def _accepted(self, sent: Any, class_name: str) -> Any:
        """Wait for the learner to take the goal; return its handle."""
        if not self._connection.wait(sent.done, self._timeout, self._news):
            raise NotAvailableError(
                f"action {self._connection.name('learn')} did not take the goal within "
                f"{self._timeout:g} s; the learner may hang: run `lr doctor`"
            )
        handle = sent.result()
        if not handle.accepted:
            raise LearnError(
                None,
                "REFUSED",
                "the learner does not take requests now to learn "
                f"{class_name!r}; is it active? Run `lr doctor`",
            )
        return handle

    def _give_up(self, sent: Any) -> None:
        """Cancel the goal, even if it was not taken yet, and wait a while for its end."""
        if not self._connection.wait(sent.done, self._timeout) or not sent.result().accepted:
            return
        handle = sent.result()
        if self._result is None:
            self._result = self._connection.run(handle.get_result_async)
        if not self._result.done():
            self._cancel(handle)
            # The session must be over before the caller goes on, but must not hold it for long.
            self._connection.wait(self._result.done, self._timeout)

    def _receive(self, message: Any) -> None:
        self._feedback.put(message.feedback)
        self._news.set()

    def _follow(
        self,
        handle: Any,
        on_feedback: Callable[[Status], None] | None,
        cancel: Cancel | None,
    ) -> None:
        last_seen = time.monotonic()
        while not self._result.done():
            self._connection.wait(lambda: self._news.is_set() or canceled(cancel), 0.5, self._news)
            self._news.clear()
            self._hand_on(on_feedback)
            if canceled(cancel) and not self._canceled:
                self._cancel(handle)
            if self._server_is_there():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > _LOST_AFTER:
                raise NotAvailableError(
                    f"the learner in {self._connection.namespace!r} went away while it learned; "
                    "what it had completed is kept: start it again and see `lr list`"
                )
        self._hand_on(on_feedback)

    def _server_is_there(self) -> bool:
        return self._connection.holds(self._client.server_is_ready)

    def _hand_on(self, on_feedback: Callable[[Status], None] | None) -> None:
        while not self._feedback.empty():
            feedback = self._feedback.get()
            if on_feedback is not None:
                on_feedback(Status.from_message(feedback.status))

    def _cancel(self, handle: Any) -> None:
        self._canceled = True
        self._connection.run(handle.cancel_goal_async)


def _to_result(class_name: str, result: Learn.Result) -> LearnResult:
    if not result.success:
        raise LearnError.from_answer(result.error_code, result.message)
    return LearnResult(
        class_name=class_name,
        session_id=result.session_id,
        frames=result.frames,
        model_version=result.model_version,
        seconds=result.seconds,
        warnings=tuple(result.warnings),
        message=result.message,
    )
