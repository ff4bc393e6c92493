"""An endless iterator over what the robot says on a topic."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, TypeVar

from rclpy.qos import QoSProfile, ReliabilityPolicy

from lr_ros.client.connection import Connection

Record = TypeVar("Record")


class MessageStream(Generic[Record]):
    """Iterates over a topic's messages, as records, as they arrive; ends when closed.

    A slow reader gets the newest ``depth`` ones; ``missed`` counts those it lost.

    Raises (when asked for the next one):
        TimeoutError: None arrived within ``timeout`` seconds.
    """

    def __init__(
        self,
        connection: Connection,
        topic: tuple[Any, str, Callable[[Any], Record]],
        timeout: float | None,
        depth: int,
    ) -> None:
        kind, self._topic, self._convert = topic
        self._connection = connection
        self._timeout = timeout
        self._items: deque[Record] = deque(maxlen=depth)
        self._condition = threading.Condition()
        self._closed = False
        self.missed = 0
        # Reliable and deep enough for a burst; a subscription costs nothing while it is silent.
        qos = QoSProfile(depth=depth, reliability=ReliabilityPolicy.RELIABLE)
        self._subscription = connection.run(
            lambda: connection.node.create_subscription(kind, self._topic, self._receive, qos)
        )

    def _receive(self, message: Any) -> None:
        with self._condition:
            if len(self._items) == self._items.maxlen:
                self.missed += 1
            self._items.append(self._convert(message))
            self._condition.notify()

    def __iter__(self) -> MessageStream[Record]:
        return self

    def __next__(self) -> Record:
        start = time.monotonic()
        arrived = self._connection.wait(
            lambda: bool(self._items) or self._closed, self._timeout, self._condition
        )
        if not arrived:
            raise TimeoutError(
                f"nothing on {self._connection.name(self._topic)} for "
                f"{time.monotonic() - start:.1f} s: is a camera publishing and the recognizer "
                "active? Run `lr doctor`"
            )
        with self._condition:
            if self._items:
                return self._items.popleft()
        raise StopIteration

    def close(self) -> None:
        """End the iteration and unsubscribe; safe to call twice and from another thread."""
        with self._condition:
            if self._closed:
                return
            self._closed = True
            self._condition.notify_all()
        if not self._connection.closed:
            self._connection.run(
                lambda: self._connection.node.destroy_subscription(self._subscription)
            )

    def __enter__(self) -> MessageStream[Record]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
