"""Launch files read and executed into the processes they ask for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lr_ros.launching.actions import (
    Action,
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    LaunchDescription,
)
from lr_ros.launching.context import Context
from lr_ros.launching.errors import LaunchError
from lr_ros.launching.packages import find_file, prefixes
from lr_ros.launching.process import Process
from lr_ros.launching.standins import standing_in
from lr_ros.launching.substitutions import text_of


@dataclass(frozen=True)
class LaunchArgument:
    """An argument of a launch file; ``default`` is None where a value must be given."""

    name: str
    default: str | None
    description: str
    choices: tuple[str, ...] = ()


def read(path: Path) -> LaunchDescription:
    """Read a launch file with the stand-ins in place of ``launch`` and ``launch_ros``.

    Raises:
        LaunchError: the file is missing, is no launch file, or wants what is not stood in for.
    """
    if not path.is_file():
        raise LaunchError(f"launch file '{path}' does not exist")
    names: dict[str, object] = {"__file__": str(path), "__name__": path.name}
    with standing_in():
        try:
            exec(compile(path.read_bytes(), str(path), "exec"), names)  # noqa: S102 - a launch file is a program
            generate = names.get("generate_launch_description")
            if not callable(generate):
                raise LaunchError(f"'{path}' is no launch file: no generate_launch_description")
            description = generate()
        except (SyntaxError, ImportError, TypeError) as error:
            raise LaunchError(f"launch file '{path}' cannot be read: {error}") from error
    if not isinstance(description, LaunchDescription):
        raise LaunchError(f"generate_launch_description of '{path}' returned no LaunchDescription")
    return description


def load(file: str | Path, arguments: Mapping[str, str] | None = None) -> list[Process]:
    """Return the processes that a launch file starts with these arguments.

    Nothing is started. ``file`` is a path, or the name of one of this package's launch files.

    Raises:
        LaunchError: the file, an argument, a package or a node is wrong; the message says which.
    """
    path = find_file(str(file))
    arguments = dict(arguments or {})
    known = [argument.name for argument in declared_arguments(path)]
    for name in arguments:
        if name not in known:
            raise LaunchError(
                f"{path.name} has no argument '{name}'; it has: {', '.join(known) or 'none'}"
            )
    context = Context(arguments, _environment())
    read(path).visit(context)
    return context.processes


def declared_arguments(file: str | Path) -> list[LaunchArgument]:
    """Return the arguments of a launch file and of those it includes, in order."""
    context = Context({}, _environment())
    actions = read(find_file(str(file))).actions
    found: dict[str, LaunchArgument] = {}
    for argument in _declared(actions, context):
        found.setdefault(argument.name, argument)
    return list(found.values())


def _declared(actions: Iterable[Action], context: Context) -> Iterator[LaunchArgument]:
    for action in actions:
        if isinstance(action, DeclareLaunchArgument):
            default = None if action.default is None else text_of(action.default, context)
            # Another argument's default, or the path of an include, may build on it.
            context.configurations.setdefault(action.name, default or "")
            yield LaunchArgument(action.name, default, action.description, action.choices)
        elif isinstance(action, IncludeLaunchDescription):
            given = action.given
            included = _declared(action.description(context).actions, context)
            yield from (argument for argument in included if argument.name not in given)
        else:
            yield from _declared(action.entities(), context)


def _environment() -> dict[str, str]:
    """Return the environment for nodes: this one, with packages to be found where we find them."""
    environment = dict(os.environ)
    environment["AMENT_PREFIX_PATH"] = os.pathsep.join(map(str, prefixes(environment)))
    environment.setdefault("PYTHONUNBUFFERED", "1")
    return environment
