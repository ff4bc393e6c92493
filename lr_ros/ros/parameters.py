"""One declarative table of parameters a node: declaration, validation, YAML and documents.

A node lists its :class:`Parameter` rows once. From them it declares (with descriptors and ranges),
a bad value is refused when it is set, ``config/*.yaml`` is written and the document's table made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from lr_ros.ros.parameter_services import ParameterServices

Value = bool | int | float | str


@dataclass(frozen=True)
class Parameter:
    """One row: a node's parameter.

    ``low`` and ``high`` bound a number (both inclusive); ``choices`` lists the strings allowed;
    ``read_only`` is for what cannot change while the node lives.
    """

    name: str
    default: Value
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False

    @property
    def type_name(self) -> str:
        """Name of the type, as ROS says it."""
        return {bool: "bool", int: "int", float: "double", str: "string"}[type(self.default)]

    @property
    def allowed(self) -> str:
        """The allowed values, for people."""
        if self.choices:
            return ", ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g}"
        return ""

    def descriptor(self) -> ParameterDescriptor:
        """Return the descriptor with which the parameter is declared."""
        descriptor = ParameterDescriptor(
            description=self.description,
            read_only=self.read_only,
            additional_constraints=", ".join(self.choices),
        )
        if self.low is not None and self.high is not None:
            if isinstance(self.default, float):
                bounds = FloatingPointRange(from_value=float(self.low), to_value=float(self.high))
                descriptor.floating_point_range = [bounds]
            else:
                whole = IntegerRange(from_value=int(self.low), to_value=int(self.high), step=1)
                descriptor.integer_range = [whole]
        return descriptor

    def refusal(self, value: Any) -> str:
        """Return why ``value`` is not allowed, or an empty string where it is."""
        if isinstance(value, float) and not math.isfinite(value):
            return f"{self.name} = {value}: not a finite number; allowed: {self.allowed}"
        if self.choices and value not in self.choices:
            return f"{self.name} = {value!r}: not one of {self.allowed}"
        return ""


class Parameters(Mapping[str, Value]):
    """The present values of a node's parameters, by name.

    Reading is safe from every thread. ``on_change`` is called with the names that changed, after
    the new values are in force. The node is made with ``start_parameter_services=False``: the
    services that set and tell parameters are started here.
    """

    def __init__(
        self,
        node: Node,
        table: Sequence[Parameter],
        on_change: Callable[[set[str]], None] | None = None,
    ) -> None:
        self._rows = {row.name: row for row in table}
        self._on_change = on_change
        self._values: dict[str, Value] = {}
        node.add_on_set_parameters_callback(self._validate)
        for row in table:
            self._values[row.name] = node.declare_parameter(
                row.name, row.default, row.descriptor()
            ).value
        node.add_post_set_parameters_callback(self._apply)
        self._services = ParameterServices(node)

    def _validate(self, parameters: list[RosParameter]) -> SetParametersResult:
        for parameter in parameters:
            row = self._rows.get(parameter.name)
            if row is not None and (reason := row.refusal(parameter.value)):
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _apply(self, parameters: list[RosParameter]) -> None:
        changed = {p.name for p in parameters if p.name in self._rows}
        self._values.update({p.name: p.value for p in parameters if p.name in changed})
        if changed and self._on_change is not None:
            self._on_change(changed)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def to_yaml(tables: Mapping[str, Sequence[Parameter]]) -> str:
    """Return the parameters YAML of nodes by name, each row with its description above it."""
    lines: list[str] = []
    for node, table in tables.items():
        lines += [f"/**/{node}:", "  ros__parameters:"]
        for row in table:
            allowed = f" [{row.allowed}]" if row.allowed else ""
            fixed = " Read at start only." if row.read_only else ""
            lines += [f"    # {row.description}{allowed}{fixed}", f"    {row.name}: {_yaml(row)}"]
        lines.append("")
    return "\n".join(lines)


def to_markdown(table: Sequence[Parameter]) -> str:
    """Return the document's table of a node's parameters."""
    lines = ["| parameter | type | default | allowed | meaning |", "|---|---|---|---|---|"]
    for row in table:
        meaning = row.description + (" Read at start only." if row.read_only else "")
        default = _yaml(row)
        lines.append(
            f"| `{row.name}` | {row.type_name} | `{default}` | {row.allowed} | {meaning} |"
        )
    return "\n".join(lines)


def _yaml(row: Parameter) -> str:
    if isinstance(row.default, bool):
        return "true" if row.default else "false"
    if isinstance(row.default, str):
        return '"' + row.default.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(row.default)
