"""What the robot's nodes say on /diagnostics of how they are."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from lr_ros.client.connection import Connection

NODES = ("recognizer", "learner")


@dataclass(frozen=True)
class Health:
    """How a node is: ``level`` is ok, warn or error, ``findings`` say why, the worst first.

    ``values`` are what it measures of itself, as text.
    """

    node: str
    level: str
    findings: tuple[str, ...]
    values: dict[str, str]

    @classmethod
    def from_message(cls, node: str, status: DiagnosticStatus) -> Health:
        """Return the record of a node's status."""
        values = {entry.key: entry.value for entry in status.values}
        others = [values.pop(key) for key in list(values) if key.startswith("also ")]
        level = {DiagnosticStatus.OK: "ok", DiagnosticStatus.WARN: "warn"}.get(
            status.level, "error"
        )
        return cls(node, level, (status.message, *others), values)


def listen(connection: Connection, nodes: Collection[str], timeout: float) -> dict[str, Health]:
    """Return what the nodes of the namespace say of themselves, by name, within ``timeout`` [s]."""
    wanted = {f"{connection.namespace}/{node}".lstrip("/"): node for node in nodes}
    heard: dict[str, Health] = {}
    news = threading.Event()

    def hear(message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name in wanted:
                node = wanted[status.name]
                heard[node] = Health.from_message(node, status)
        news.set()

    subscription = connection.run(
        lambda: connection.node.create_subscription(DiagnosticArray, "/diagnostics", hear, 10)
    )
    try:
        connection.wait(lambda: len(heard) == len(wanted), timeout, news)
    finally:
        connection.run(lambda: connection.node.destroy_subscription(subscription))
    return dict(heard)
