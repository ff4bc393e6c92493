"""What a launch file does: ``launch.actions`` and relatives, as far as this project uses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from lr_ros.launching.context import Context
from lr_ros.launching.errors import LaunchError
from lr_ros.launching.namespaces import joined
from lr_ros.launching.substitutions import Value, text_of


class Condition(Protocol):
    """Whether an action is taken."""

    def evaluate(self, context: Context) -> bool:
        """Return whether it is."""


class Action:
    """Something a launch file does, if its condition holds."""

    def __init__(self, *, condition: Condition | None = None) -> None:
        self._condition = condition

    def visit(self, context: Context) -> None:
        """Execute the action unless its condition says not to."""
        if self._condition is None or self._condition.evaluate(context):
            self.execute(context)

    def execute(self, context: Context) -> None:
        """Change the context, or add processes to it."""
        raise NotImplementedError

    def entities(self) -> Sequence[Action]:
        """Return the actions within this one."""
        return ()


class LaunchDescription:
    """A launch file's actions, in order."""

    def __init__(self, initial_entities: Iterable[Action] = ()) -> None:
        self.actions = list(initial_entities)

    def add_action(self, action: Action) -> None:
        """Append an action."""
        self.actions.append(action)

    def visit(self, context: Context) -> None:
        """Execute the actions."""
        for action in self.actions:
            action.visit(context)


class DeclareLaunchArgument(Action):
    """An argument of the file, with the value it has where none is given."""

    def __init__(
        self,
        name: str,
        *,
        default_value: Value | None = None,
        description: str = "",
        choices: Sequence[str] | None = None,
        condition: Condition | None = None,
    ) -> None:
        super().__init__(condition=condition)
        self.name = name
        self.default = default_value
        self.description = description
        self.choices = tuple(choices or ())

    def execute(self, context: Context) -> None:
        """Give the argument its default where it has no value, and check the value."""
        if self.name not in context.configurations:
            if self.default is None:
                raise LaunchError(
                    f"launch argument '{self.name}' must be given: {self.description}"
                )
            context.configurations[self.name] = text_of(self.default, context)
        value = context.configurations[self.name]
        if self.choices and value not in self.choices:
            allowed = ", ".join(self.choices)
            raise LaunchError(f"launch argument '{self.name}' is '{value}'; it can be: {allowed}")


class SetEnvironmentVariable(Action):
    """A variable of the environment of the nodes that follow."""

    def __init__(self, name: Value, value: Value, *, condition: Condition | None = None) -> None:
        super().__init__(condition=condition)
        self._name = name
        self._value = value

    def execute(self, context: Context) -> None:
        """Set it."""
        context.environment[text_of(self._name, context)] = text_of(self._value, context)


class PushRosNamespace(Action):
    """A namespace around the nodes that follow in the group."""

    def __init__(self, namespace: Value, *, condition: Condition | None = None) -> None:
        super().__init__(condition=condition)
        self._namespace = namespace

    def execute(self, context: Context) -> None:
        """Enter the namespace."""
        context.namespace = joined(context.namespace, text_of(self._namespace, context))


class GroupAction(Action):
    """Actions whose changes to arguments, environment and namespace end with the group."""

    def __init__(self, actions: Iterable[Action], *, condition: Condition | None = None) -> None:
        super().__init__(condition=condition)
        self._actions = list(actions)

    def execute(self, context: Context) -> None:
        """Execute the actions in a context of their own."""
        inner = context.scope()
        for action in self._actions:
            action.visit(inner)

    def entities(self) -> Sequence[Action]:
        """Return the group's actions."""
        return self._actions


class Shutdown(Action):
    """The end of the launch; here only as what follows when a node ends (``on_exit``)."""

    def __init__(self, *, reason: str = "", condition: Condition | None = None) -> None:
        super().__init__(condition=condition)
        self.reason = reason


class PythonLaunchDescriptionSource:
    """The launch file that is included."""

    def __init__(self, launch_file_path: Value) -> None:
        self.path = launch_file_path


class IncludeLaunchDescription(Action):
    """Another launch file, executed in this place."""

    def __init__(
        self,
        launch_description_source: PythonLaunchDescriptionSource,
        *,
        launch_arguments: Iterable[tuple[str, Value]] = (),
        condition: Condition | None = None,
    ) -> None:
        super().__init__(condition=condition)
        self._source = launch_description_source
        self._arguments = list(launch_arguments)

    @property
    def given(self) -> set[str]:
        """Names of the arguments that this file gives to the included one."""
        return {name for name, _ in self._arguments}

    def execute(self, context: Context) -> None:
        """Set the arguments, which stay set as with the real launch, and execute the file."""
        for name, value in self._arguments:
            context.configurations[name] = text_of(value, context)
        self.description(context).visit(context)

    def description(self, context: Context) -> LaunchDescription:
        """Read the included file."""
        # Read late: loading is what reads files with these very classes.
        from lr_ros.launching.loading import read  # noqa: PLC0415

        return read(Path(text_of(self._source.path, context)))
