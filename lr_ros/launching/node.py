"""``launch_ros.actions.Node``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from lr_ros.launching.actions import Action, Condition, Shutdown
from lr_ros.launching.context import Context
from lr_ros.launching.errors import LaunchError
from lr_ros.launching.namespaces import joined
from lr_ros.launching.packages import executable as find_executable
from lr_ros.launching.process import Parameters, Process
from lr_ros.launching.substitutions import ParameterValue, Substitution, Value, text_of, truth_of

SCALARS = (bool, int, float, str)


class Node(Action):
    """A node of a package, started with its name, namespace, parameters and remappings."""

    def __init__(  # noqa: PLR0913 - the real one's arguments
        self,
        *,
        package: str,
        executable: str,
        name: Value | None = None,
        namespace: Value | None = None,
        parameters: Sequence[Value | Mapping[str, object]] = (),
        remappings: Iterable[tuple[Value, Value]] = (),
        arguments: Iterable[Value] = (),
        ros_arguments: Iterable[Value] = (),
        output: str = "screen",
        respawn: bool | Value = False,
        respawn_delay: float = 0.0,
        on_exit: Shutdown | None = None,
        condition: Condition | None = None,
    ) -> None:
        super().__init__(condition=condition)
        if output != "screen":
            raise LaunchError(f"a node's output '{output}' is not supported; give 'screen'")
        self._package = package
        self._executable = executable
        self._name = name
        self._namespace = namespace
        self._parameters = list(parameters)
        self._remappings = list(remappings)
        self._arguments = list(arguments)
        self._ros_arguments = list(ros_arguments)
        self._respawn = respawn
        self._respawn_delay = respawn_delay
        self._ends_launch = on_exit is not None

    def execute(self, context: Context) -> None:
        """Add the process."""
        own = "" if self._namespace is None else text_of(self._namespace, context)
        name = None if self._name is None else text_of(self._name, context)
        respawn = self._respawn
        context.processes.append(
            Process(
                name=_unique(name or self._executable, context.processes),
                executable=find_executable(self._package, self._executable, context.environment),
                node_name=name,
                namespace=joined(context.namespace, own),
                arguments=tuple(text_of(each, context) for each in self._arguments),
                ros_arguments=tuple(text_of(each, context) for each in self._ros_arguments),
                parameters=tuple(_parameters(each, context) for each in self._parameters),
                remappings=tuple(
                    (text_of(source, context), text_of(target, context))
                    for source, target in self._remappings
                ),
                environment=dict(context.environment),
                respawn=respawn if isinstance(respawn, bool) else truth_of(respawn, context),
                respawn_delay=self._respawn_delay,
                ends_launch=self._ends_launch,
            )
        )


def _unique(name: str, others: list[Process]) -> str:
    taken = {process.name for process in others}
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}-{number}"
        number += 1
    return unique


def _parameters(given: Value | Mapping[str, object], context: Context) -> Parameters:
    if isinstance(given, Mapping):
        return {name: _parameter(name, value, context) for name, value in given.items()}
    path = Path(text_of(given, context))
    if not path.is_file():
        raise LaunchError(f"parameter file '{path}' does not exist")
    return path.absolute()


def _parameter(name: str, value: object, context: Context) -> object:
    """Return a parameter's value; the text of a substitution is read as YAML."""
    if isinstance(value, ParameterValue):
        return value.evaluate(context)
    if isinstance(value, SCALARS):
        return value
    if not isinstance(value, Substitution):
        raise LaunchError(f"parameter '{name}' has a value that is not supported: {value!r}")
    text = value.perform(context)
    evaluated = yaml.safe_load(text or "''")
    if not isinstance(evaluated, SCALARS):
        raise LaunchError(f"parameter '{name}' is neither number, truth value nor text: '{text}'")
    return evaluated
