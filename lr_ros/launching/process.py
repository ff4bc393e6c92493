"""One node process as a launch file describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

# A file of parameters, or parameters that are written into one when the node is started.
Parameters = Path | dict[str, object]


@dataclass(frozen=True)
class Process:
    """A node to start. ``name`` is unique among the processes of a launch.

    ``ends_launch``: when it ends, the others are stopped.
    """

    name: str
    executable: Path
    node_name: str | None
    namespace: str
    arguments: tuple[str, ...] = ()
    ros_arguments: tuple[str, ...] = ()
    parameters: tuple[Parameters, ...] = ()
    remappings: tuple[tuple[str, str], ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    respawn: bool = False
    respawn_delay: float = 0.0
    ends_launch: bool = False

    def command(self, directory: Path) -> list[str]:
        """Return the command line, in the real launch's order.

        Parameters that stand in the launch file itself are written to YAML files in ``directory``.
        """
        command = [str(self.executable), *self.arguments]
        if self.ros_arguments:
            command += ["--ros-args", *self.ros_arguments]
        command.append("--ros-args")
        if self.node_name is not None:
            command += ["-r", f"__node:={self.node_name}"]
        if self.namespace:
            command += ["-r", f"__ns:={self.namespace}"]
        for index, parameters in enumerate(self.parameters):
            if isinstance(parameters, dict):
                path = directory / f"{self.name}-{index}.yaml"
                path.write_text(self._parameter_file(parameters), encoding="utf-8")
            else:
                path = parameters
            command += ["--params-file", str(path)]
        for source, target in self.remappings:
            command += ["-r", f"{source}:={target}"]
        return command

    def _parameter_file(self, parameters: dict[str, object]) -> str:
        """Return the YAML that gives these parameters to this node, or to any if it has no name."""
        known = self.node_name is not None and self.namespace
        key = f"{self.namespace.rstrip('/')}/{self.node_name}" if known else "/**"
        return str(yaml.safe_dump({key: {"ros__parameters": parameters}}))
