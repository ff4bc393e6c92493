"""What a launch file is executed in."""

from __future__ import annotations

from dataclasses import dataclass, field

from lr_ros.launching.process import Process


@dataclass
class Context:
    """Arguments, environment and namespace as they stand; processes as they are found."""

    configurations: dict[str, str]
    environment: dict[str, str]
    namespace: str = ""
    processes: list[Process] = field(default_factory=list)

    def scope(self) -> Context:
        """Return a context whose changes stay within, except for the processes found."""
        return Context(
            dict(self.configurations), dict(self.environment), self.namespace, self.processes
        )
