"""The life of a node's process: start, spin, stop cleanly on SIGINT and SIGTERM."""

from __future__ import annotations

import faulthandler
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Protocol

import rclpy
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from lr_ros.ros.leftovers import clear_leftovers
from lr_ros.ros.transport import use_transport_profile

WARN_SECONDS = 5.0
"""A callback that fails again and again is told of at most this often."""


class Closable(Protocol):
    """A node that has threads or devices to give back before it is destroyed."""

    def close(self) -> None:
        """Stop and join every thread; called once, after spinning has ended."""


def run_node(factory: Callable[[], Node], argv: Sequence[str] | None = None) -> int:
    """Run one node until SIGINT or SIGTERM; return the process's exit code.

    ``factory`` makes the node after ``rclpy.init``. A lifecycle node whose parameter ``autostart``
    is true is configured and activated. The signal handlers only set a flag and wake the executor:
    shutting the context down inside a handler breaks the executor that is running.
    An error while the node is made is printed in one line and answered with 1.
    """
    faulthandler.enable()
    use_transport_profile()
    given_back = clear_leftovers()
    rclpy.init(args=argv, signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor()
    stopping = False

    def request_stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        executor.wake()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, request_stop)
    node: Node | None = None
    try:
        node = factory()
        if given_back:
            node.get_logger().info(
                f"gave back {given_back / 1e6:.1f} MB of shared memory that killed processes left"
            )
        executor.add_node(node)
        if isinstance(node, LifecycleNode) and not _autostart(node):
            return 1
        while not stopping and rclpy.ok():
            _spin_once(executor, node)
        return 0
    except ExternalShutdownException:
        return 0
    except (
        StartError,
        InvalidParameterTypeException,
        InvalidParameterValueException,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        _tear_down(node, executor)


def _spin_once(executor: SingleThreadedExecutor, node: Node) -> None:
    """Wait for one callback and run it; what it raises is logged, and the node lives on.

    A request that meets a fault of ours stays unanswered, but the robot keeps all the rest.
    """
    try:
        executor.spin_once(timeout_sec=0.5)
    except ExternalShutdownException:
        raise
    except Exception:  # noqa: BLE001 - one callback must not end all the others
        text = traceback.format_exc()
        node.get_logger().error(f"a callback failed: {text}", throttle_duration_sec=WARN_SECONDS)


class StartError(RuntimeError):
    """A node cannot start; the message says why and what to do."""


def _autostart(node: LifecycleNode) -> bool:
    """Configure and activate unless told not to; false where configuring failed."""
    if not node.get_parameter("autostart").value:
        return True
    for trigger in (node.trigger_configure, node.trigger_activate):
        if trigger() != TransitionCallbackReturn.SUCCESS:
            return False
    return True


def _tear_down(node: Node | None, executor: SingleThreadedExecutor) -> None:
    if node is not None:
        close = getattr(node, "close", None)
        if close is not None:
            close()
    executor.shutdown(timeout_sec=1.0)
    if node is not None:
        node.destroy_node()
    rclpy.try_shutdown()
