"""The service `recognize`: one answer over a window of frames."""

from __future__ import annotations

import math
import threading
from collections import defaultdict

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode
from rclpy.task import Future

from lr_ros.msg import Hypothesis, Recognition
from lr_ros.srv import Recognize
from lr_ros.teaching.errors import ErrorCode

MAX_WINDOW = 60.0


class RecognizeService:
    """Gathers the recognitions of a window and averages them."""

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        self._clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._lock = threading.Lock()
        self._open: list[list[Recognition]] = []

    def put(self, recognition: Recognition) -> None:
        """Add a recognition to every open window."""
        with self._lock:
            for window in self._open:
                window.append(recognition)

    async def handle(
        self, request: Recognize.Request, response: Recognize.Response
    ) -> Recognize.Response:
        """Answer a request once its window is over."""
        if not (math.isfinite(request.window) and 0.0 < request.window <= MAX_WINDOW):
            response.error_code = int(ErrorCode.INVALID_ARGUMENT)
            response.message = (
                f"window = {request.window} s: ask for more than 0, at most {MAX_WINDOW:g}"
            )
            return response
        gathered: list[Recognition] = []
        with self._lock:
            self._open.append(gathered)
        await self._sleep(request.window)
        with self._lock:
            self._open = [window for window in self._open if window is not gathered]
        response.frames = len(gathered)
        if not gathered:
            response.error_code = int(ErrorCode.NO_IMAGES)
            response.message = (
                f"no frame was recognized within {request.window:g} s: is the camera publishing, "
                "is recognition enabled and the node active?"
            )
            return response
        response.success = True
        response.recognition = average(gathered)
        response.message = f"{len(gathered)} frames"
        return response

    async def _sleep(self, duration: float) -> None:
        over: Future = Future()

        def finish() -> None:
            timer.cancel()
            over.set_result(None)

        timer = self._node.create_timer(duration, finish, clock=self._clock)
        await over
        self._node.destroy_timer(timer)


def average(window: list[Recognition]) -> Recognition:
    """Return the last recognition with the scores of all averaged; unknown by majority."""
    last = window[-1]
    totals: dict[str, float] = defaultdict(float)
    for recognition in window:
        for hypothesis in recognition.hypotheses:
            totals[hypothesis.class_name] += hypothesis.score / len(window)
    best = sorted(totals.items(), key=lambda item: -item[1])
    return Recognition(
        header=last.header,
        model_version=last.model_version,
        segment_id=last.segment_id,
        roi=last.roi,
        hypotheses=[Hypothesis(class_name=name, score=score) for name, score in best],
        unknown=2 * sum(r.unknown for r in window) > len(window),
        unknown_score=sum(r.unknown_score for r in window) / len(window),
        latency_ms=last.latency_ms,
    )
