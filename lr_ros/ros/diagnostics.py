"""Diagnostics of a node: a few named values and a level, published once a second."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from lr_ros.ros.health import Level, Report

__all__ = ["Diagnostics", "Level", "Report"]


class Diagnostics:
    """Publishes ``report()`` on /diagnostics every ``period`` seconds (system time)."""

    def __init__(self, node: Node, report: Callable[[], Report], period: float = 1.0) -> None:
        self._node = node
        self._report = report
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # Steady time: a paused simulation must not silence the diagnostics.
        self._timer = node.create_timer(
            period, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def close(self) -> None:
        """Stop publishing."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)

    def _publish(self) -> None:
        report = self._report()
        name = self._node.get_fully_qualified_name().lstrip("/")
        status = DiagnosticStatus(
            level=bytes([int(report.level)]),
            name=name,
            hardware_id="lr_ros",
            message=report.summary,
            values=[KeyValue(key=k, value=_text(v)) for k, v in report.values.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
