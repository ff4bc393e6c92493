"""The pace of the simulated camera: with the system's time, or with a clock of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from builtin_interfaces.msg import Time
from rclpy.node import Node
from rosgraph_msgs.msg import Clock

from lr_ros.msg import Recognition
from lr_ros.ros import qos
from lr_ros.ros.images import seconds

PATIENCE = 1.0
"""Longest wait for the recognizer's answer to a picture [s of system time]."""

_TICK = 0.01
"""Step of the published clock [s of simulated time]."""

Step = Callable[[float, Time], None]
"""Takes and publishes the picture of a time of the scene [s], with this stamp."""


class SimulatedClock:
    """Publishes ``/clock`` and lets a picture be taken each 1 / rate seconds of it.

    The clock goes ``speed`` times as fast as the system's, or slower where the processor does not
    keep up: it stands while a picture is drawn and, with ``lockstep``, until the recognizer has
    answered it, so that none is lost. It begins at 1 s, since a stamp of 0 says 'no time' in ROS.

    Args:
        node: The camera's node.
        rate: Gives the pictures a second, asked before each.
        speed: Gives the seconds of simulated time a second of the system's, likewise.
        lockstep: Whether to wait for the recognizer.
        step: Takes the picture; what it raises goes to ``on_fault``.
        on_fault: Told of it.
    """

    def __init__(  # noqa: PLR0913 - what it goes by, and what it drives
        self,
        node: Node,
        *,
        rate: Callable[[], float],
        speed: Callable[[], float],
        lockstep: bool,
        step: Step,
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._node = node
        self._rate, self._speed = rate, speed
        self._lockstep = lockstep
        self._step, self._on_fault = step, on_fault
        self._publisher = node.create_publisher(Clock, "/clock", qos.results(10))
        self._answered = threading.Condition()
        self._newest = 0.0
        if lockstep:
            node.create_subscription(Recognition, "recognition", self._on_answer, qos.results())
        self.unanswered = 0
        self._now_ns = 10**9
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock")
        self._thread.start()

    @property
    def now(self) -> float:
        """Simulated time [s]."""
        return self._now_ns * 1e-9

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        with self._answered:
            self._answered.notify_all()
        self._thread.join(5.0)

    def _run(self) -> None:
        began_ns = self._now_ns
        due = time.monotonic()
        while not self._stopping.is_set():
            period, speed = 1.0 / self._rate(), self._speed()
            target = self._now_ns + round(period * 1e9)
            while self._now_ns < target:
                tick = min(round(_TICK * 1e9), target - self._now_ns)
                self._now_ns += tick
                due += tick * 1e-9 / speed
                if self._stopping.wait(max(due - time.monotonic(), 0.0)):
                    return
                self._publisher.publish(Clock(clock=self._stamp()))
            # What the processor could not keep up with is not made up for.
            due = max(due, time.monotonic() - period / speed)
            try:
                self._step((self._now_ns - began_ns) * 1e-9, self._stamp())
            except Exception as error:  # noqa: BLE001 - one picture must not end the clock
                self._on_fault(error)
                continue
            if self._lockstep:
                self._await_answer()

    def _stamp(self) -> Time:
        sec, nanosec = divmod(self._now_ns, 10**9)
        return Time(sec=sec, nanosec=nanosec)

    def _on_answer(self, message: Recognition) -> None:
        with self._answered:
            self._newest = seconds(message.header.stamp)
            self._answered.notify_all()

    def _await_answer(self) -> None:
        if self._node.count_publishers("recognition") == 0:
            return
        wanted = self.now - 1e-6
        with self._answered:
            answered = self._answered.wait_for(
                lambda: self._newest >= wanted or self._stopping.is_set(), PATIENCE
            )
        self.unanswered += not answered
