"""Values that are known only when the file is executed: ``launch.substitutions`` and relatives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable

import yaml

from lr_ros.launching.context import Context
from lr_ros.launching.errors import LaunchError
from lr_ros.launching.packages import share_directory


@runtime_checkable
class Substitution(Protocol):
    """Something that becomes a string in a context."""

    def perform(self, context: Context) -> str:
        """Return the string."""


# As in the real API: a text, a substitution, or several that are joined.
Value = str | Substitution | Iterable[str | Substitution]


def text_of(value: Value, context: Context) -> str:
    """Return a value's text."""
    if isinstance(value, str):
        return value
    if isinstance(value, Substitution):
        return value.perform(context)
    return "".join(text_of(part, context) for part in value)


class LaunchConfiguration:
    """The value of a launch argument."""

    def __init__(self, variable_name: str) -> None:
        self._name = variable_name

    def perform(self, context: Context) -> str:
        """Return the argument's value."""
        if self._name not in context.configurations:
            raise LaunchError(f"launch argument '{self._name}' is used but not declared before")
        return context.configurations[self._name]


class EnvironmentVariable:
    """A variable of the environment that nodes are started in."""

    def __init__(self, name: str, *, default_value: Value | None = None) -> None:
        self._name = name
        self._default = default_value

    def perform(self, context: Context) -> str:
        """Return the variable's value, or the default where it is not set."""
        if self._name in context.environment:
            return context.environment[self._name]
        if self._default is None:
            raise LaunchError(f"environment variable '{self._name}' is not set")
        return text_of(self._default, context)


class PathJoinSubstitution:
    """A path put together of parts."""

    def __init__(self, substitutions: Iterable[Value]) -> None:
        self._parts = list(substitutions)

    def perform(self, context: Context) -> str:
        """Return the path."""
        return str(Path(*(text_of(part, context) for part in self._parts)))


class FindPackageShare:
    """The share directory of a package."""

    def __init__(self, package: Value) -> None:
        self._package = package

    def perform(self, context: Context) -> str:
        """Return the directory's path."""
        return str(share_directory(text_of(self._package, context), context.environment))


class ParameterValue:
    """A node parameter whose type is fixed, not guessed from the text."""

    def __init__(self, value: Value, *, value_type: type) -> None:
        self._value = value
        self._type = value_type

    def evaluate(self, context: Context) -> object:
        """Return the value in its type."""
        text = text_of(self._value, context)
        value = text if self._type is str else yaml.safe_load(text)
        if self._type is float and type(value) is int:
            value = float(value)
        if type(value) is not self._type:
            raise LaunchError(f"'{text}' is not of type {self._type.__name__}")
        return value


def truth_of(value: Value, context: Context) -> bool:
    """Return a value as the real launch's conditions read it: true, 1, false or 0."""
    text = text_of(value, context).strip().lower()
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    raise LaunchError(f"'{text}' is not a truth value; give true or false")


class IfCondition:
    """Takes the action where the value is true."""

    def __init__(self, predicate_expression: Value) -> None:
        self._expression = predicate_expression

    def evaluate(self, context: Context) -> bool:
        """Return whether the action is taken."""
        return truth_of(self._expression, context)


class UnlessCondition(IfCondition):
    """Takes the action where the value is false."""

    def evaluate(self, context: Context) -> bool:
        """Return whether the action is taken."""
        return not super().evaluate(context)
