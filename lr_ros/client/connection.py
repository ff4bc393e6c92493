"""The client's own node, and the one thread that touches it.

Every rclpy object is made, used and destroyed in the executor's thread: sending a goal of an action
from another thread can lose its answer, and calls from the callbacks of a program's own nodes
cannot block themselves, since they wait for a thread of ours.
"""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import rclpy
from rclpy.client import Client
from rclpy.context import Context
from rclpy.exceptions import InvalidNamespaceException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

from lr_ros.client.errors import ClientError, NotAvailableError

Result = TypeVar("Result")

_POLL = 0.1
"""Longest time between two looks at a condition that nothing announces [s]."""

_serial = itertools.count()


class Connection:
    """A node of the client's own in a namespace, spun by a thread of its own.

    Raises:
        ValueError: The namespace is not a valid one.
    """

    def __init__(self, namespace: str, node: Node | None, domain_id: int | None) -> None:
        self.namespace = "/" + namespace.strip("/")
        self._owns_context = node is None
        self._context = Context() if node is None else node.context
        if self._owns_context:
            rclpy.init(args=[], context=self._context, domain_id=domain_id)
        try:
            self.node = Node(
                f"lr_client_{os.getpid()}_{next(_serial)}",
                namespace=self.namespace,
                context=self._context,
                use_global_arguments=False,
                enable_rosout=False,
                start_parameter_services=False,
                # It offers nothing: where SROS 2 is enforced, no policy could grant it, since its
                # name is another one in each process.
                parameter_overrides=[Parameter("start_type_description_service", value=False)],
            )
        except InvalidNamespaceException as error:
            self._shut_down_context()
            raise ValueError(
                f"namespace {namespace!r}: use letters, digits, '_' and '/', "
                "each part beginning with a letter"
            ) from error
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._clients: dict[str, Client[Any, Any]] = {}
        self._closing = threading.Event()
        self._close_lock = threading.Lock()
        # A daemon, so that a program that forgot to close ends all the same; joined at exit, since
        # a thread of rclpy's that outlives the interpreter can abort the process.
        self._thread = threading.Thread(target=self._spin, name="lr_client", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _spin(self) -> None:
        while not self._closing.is_set() and self._context.ok():
            try:
                self._executor.spin_once(timeout_sec=0.5)
            except ExternalShutdownException:
                break
            except Exception as error:  # noqa: BLE001 - one bad message must not end the thread
                self.node.get_logger().error(f"a callback failed: {error}")

    @property
    def closed(self) -> bool:
        """Whether the connection was closed, or ROS was shut down under it."""
        return self._closing.is_set() or not self._thread.is_alive()

    def close(self, release: Callable[[], object] = lambda: None) -> None:
        """Stop the thread, join it, call ``release`` and destroy the node; safe to call twice."""
        with self._close_lock:
            if self._closing.is_set():
                return
            self._closing.set()
        atexit.unregister(self.close)
        self._executor.create_task(lambda: None)  # ends a waiting spin_once; wake() would not
        self._thread.join()
        release()
        self._executor.shutdown(timeout_sec=1.0)
        self.node.destroy_node()
        self._shut_down_context()

    def _shut_down_context(self) -> None:
        if self._owns_context:
            self._context.try_shutdown()

    def run(self, function: Callable[[], Result]) -> Result:
        """Call ``function`` in the executor's thread and return its result or raise its error."""
        done = threading.Event()
        outcome: list[Result] = []
        errors: list[Exception] = []

        def call() -> None:
            try:
                outcome.append(function())
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                errors.append(error)
            finally:
                done.set()

        if self.closed:
            raise ClientError("the client is closed")
        self._executor.create_task(call)
        self.wait(done.is_set, None, done)
        if errors:
            raise errors[0]
        return outcome[0]

    def wait(
        self,
        condition: Callable[[], bool],
        timeout: float | None,
        event: threading.Event | threading.Condition | None = None,
    ) -> bool:
        """Wait until ``condition()``; false after ``timeout`` seconds (None: no limit).

        ``event`` ends the pause between two looks early.

        Raises:
            ClientError: The client was closed meanwhile.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.holds(condition):
            left = _POLL if deadline is None else min(_POLL, deadline - time.monotonic())
            if left <= 0:
                return False
            if isinstance(event, threading.Event):
                event.wait(left)
            elif event is not None:
                with event:
                    event.wait(left)
            else:
                time.sleep(left)
        return True

    def holds(self, condition: Callable[[], bool]) -> bool:
        """Return ``condition()``.

        Raises:
            ClientError: It is false and the client was closed, so that it stays false.
        """
        closed = self.closed
        try:
            if condition():
                return True
        except Exception:
            # rclpy's answer to questions about a node that was destroyed meanwhile.
            if not self.closed:
                raise
            closed = True
        if closed:
            raise ClientError("the client was closed while a call was waiting")
        return False

    def name(self, relative: str) -> str:
        """Return the full name of a topic or service of the namespace."""
        return f"{self.namespace.rstrip('/')}/{relative}"

    def call(
        self, kind: Any, name: str, request: Any, timeout: float, answer_timeout: float
    ) -> Any:
        """Call a service and return its answer.

        Raises:
            NotAvailableError: No such service within ``timeout``, or no answer in time.
        """
        client = self._client(kind, name)
        if not self.wait(client.service_is_ready, timeout):
            raise NotAvailableError(self.absent("service", name, timeout))
        done = threading.Event()
        future = self.run(lambda: self.announced(client.call_async(request), done))
        if not self._answered(done, client.service_is_ready, answer_timeout):
            self.run(lambda: client.remove_pending_request(future))
            raise NotAvailableError(
                f"service {self.name(name)} did not answer within {answer_timeout:g} s; "
                "the node may have died or hang: run `lr doctor`"
            )
        return future.result()

    @staticmethod
    def announced(future: Future[Result], done: threading.Event) -> Future[Result]:
        """Let ``done`` be set when the future has its result; returns the future."""
        future.add_done_callback(lambda _: done.set())
        return future

    def _answered(self, done: threading.Event, ready: Callable[[], bool], timeout: float) -> bool:
        """Wait for an answer; give up early where its server has been gone for a second."""
        gone_since: float | None = None
        deadline = time.monotonic() + timeout
        while not self.wait(done.is_set, min(0.5, max(deadline - time.monotonic(), 0)), done):
            now = time.monotonic()
            gone_since = None if self.holds(ready) else gone_since or now
            if now > deadline or (gone_since is not None and now - gone_since > 1.0):
                return False
        return True

    def _client(self, kind: Any, name: str) -> Client[Any, Any]:
        def get() -> Client[Any, Any]:
            if name not in self._clients:
                self._clients[name] = self.node.create_client(kind, name)
            return self._clients[name]

        return self.run(get)

    def absent(self, what: str, name: str, waited: float) -> str:
        """Return the message for something that is not there."""
        return (
            f"no {what} {self.name(name)} after {waited:g} s: is the node running in namespace "
            f"{self.namespace!r} and on this ROS_DOMAIN_ID? Start it with "
            "`lr launch simulation.launch.py`, name its namespace, or run `lr doctor`"
        )
