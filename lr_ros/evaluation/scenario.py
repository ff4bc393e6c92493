"""A scripted teaching session: what is shown, taught and checked, read from a YAML file."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lr_ros.evaluation.errors import InputError
from lr_ros.evaluation.scenario_yaml import Document, Place, read_document
from lr_ros.launching.packages import share_directory

UNKNOWN = "unknown"
"""What ``check`` expects where no name may be given."""


@dataclass(frozen=True)
class Field:
    """One entry of a step: its type, its bounds if it is a number, and its default."""

    kind: type
    low: float = -math.inf
    high: float = math.inf
    default: Any = None
    needed: bool = False

    def refusal(self, value: Any) -> str:
        """Return why a value is not allowed, or an empty string."""
        if self.kind is list:
            if not (isinstance(value, list) and all(isinstance(v, str) and v for v in value)):
                return f"{value!r} is no list of names; write [NAME, NAME]"
            return ""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = number and isinstance(value, int)
        fits = {
            str: isinstance(value, str),
            bool: isinstance(value, bool),
            int: whole,
            float: number,
        }[self.kind]
        if not fits:
            words = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
            return f"{value!r} is not {words[self.kind]}"
        if number and not self.low <= value <= self.high:
            return f"{value!r} is not within {self.low:g} to {self.high:g}"
        return ""


_TURN = 2 * math.pi
_NAME = Field(str, needed=True)
VERBS: dict[str, tuple[str, dict[str, Field]]] = {
    "present": ("object", {"object": _NAME, "yaw": Field(float, 0, _TURN)}),
    "place": (
        "",
        {
            "object": _NAME,
            "x": Field(float, needed=True),
            "y": Field(float, needed=True),
            "yaw": Field(float, 0, _TURN, 0.0),
            "size": Field(float, 0, 1, 0.0),
            "turn_rate": Field(float, -10, 10, 0.0),
        },
    ),
    "move": (
        "",
        {
            "object": _NAME,
            "x": Field(float, needed=True),
            "y": Field(float, needed=True),
            "yaw": Field(float, 0, _TURN),
            "seconds": Field(float, 0, 60, 1.0),
        },
    ),
    "remove": ("object", {"object": _NAME}),
    "domain": (
        "",
        {
            "background": Field(str, default=""),
            "light": Field(str, default=""),
            "clutter": Field(int, 0, 40),
            "occlusion": Field(float, 0, 0.9),
            "hand": Field(bool),
        },
    ),
    "wait": ("seconds", {"seconds": Field(float, 0, 3600, needed=True)}),
    "teach": (
        "name",
        {
            "name": _NAME,
            "object": Field(str),
            "frames": Field(int, 1, 10_000),
            "duration": Field(float, 0.1, 3600),
        },
    ),
    "forget": ("name", {"name": _NAME}),
    "rename": ("", {"name": _NAME, "to": _NAME}),
    "undo": ("", {}),
    "known": ("names", {"names": Field(list, needed=True)}),
    "check": (
        "expect",
        {
            "expect": _NAME,
            "object": Field(str),
            "frames": Field(int, 1, 10_000, 20),
            "at_least": Field(float, 0, 1, 0.5),
            "settle": Field(float, 0, 60, 1.0),
        },
    ),
}
"""The steps: for each, the entry that its short form stands for, and its entries."""


@dataclass(frozen=True)
class Step:
    """One step: what to do, with which entries, and where it stands in the file."""

    verb: str
    values: Mapping[str, Any]
    line: int

    def __str__(self) -> str:
        """Return it in the file's words."""
        shown = [f"{k}: {v}" for k, v in self.values.items() if v is not None and v != ""]
        return f"{self.verb} {{{', '.join(shown)}}}"


@dataclass(frozen=True)
class Scenario:
    """A title, steps, and the least accuracy over all frames of all checks."""

    title: str
    steps: tuple[Step, ...]
    least_accuracy: float = 0.0
    path: Path = field(default_factory=Path)


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        InputError: It cannot be read, or an entry is wrong; the message names file, line and key.
    """
    document = read_document(path)
    content = document.content
    if not isinstance(content, dict):
        raise document.error((), "a scenario is a mapping with `title` and `steps`")
    _known(document, (), content, ("title", "steps", "require"))
    title = content.get("title")
    if not (isinstance(title, str) and title.strip()):
        raise document.error(("title",), "`title` is needed: a text that says what is rehearsed")
    listed = content.get("steps")
    if not (isinstance(listed, list) and listed):
        raise document.error(("steps",), "`steps` is needed: a list with at least one step")
    steps = tuple(_step(document, number, each) for number, each in enumerate(listed))
    require = content.get("require", {})
    if not isinstance(require, dict):
        raise document.error(("require",), "`require` is a mapping, as in {accuracy: 0.8}")
    _known(document, ("require",), require, ("accuracy",))
    accuracy = require.get("accuracy", 0.0)
    if reason := Field(float, 0, 1).refusal(accuracy):
        raise document.error(("require", "accuracy"), f"`accuracy`: {reason}")
    if accuracy > 0 and not any(step.verb == "check" for step in steps):
        raise document.error(("require", "accuracy"), "`accuracy` is required, but nothing checked")
    return Scenario(title.strip(), steps, float(accuracy), path)


def _step(document: Document, number: int, entry: Any) -> Step:
    place: Place = ("steps", number)
    if isinstance(entry, str):
        entry = {entry: {}}  # `- undo`
    if not (isinstance(entry, dict) and len(entry) == 1):
        raise document.error(place, f"a step is one of: {', '.join(VERBS)}, as in `- wait: 2`")
    verb, given = next(iter(entry.items()))
    if verb not in VERBS:
        first, _, rest = str(verb).partition(" ")
        hint = f"write `- {first}: {rest}`" if first in VERBS else f"there are: {', '.join(VERBS)}"
        raise document.error(place, f"no step {str(verb)!r}; {hint}")
    short, fields = VERBS[verb]
    place = (*place, verb)
    if not isinstance(given, dict):
        if given is None and not fields:
            given = {}
        elif not short:
            shown = ", ".join(f"{name}: ..." for name, row in fields.items() if row.needed)
            wanted = f"{', '.join(fields)}, as in `- {verb}: {{{shown or next(iter(fields))}}}`"
            raise document.error(place, f"`{verb}` takes {wanted if fields else 'nothing'}")
        else:
            given = {short: given}
    _known(document, place, given, tuple(fields))
    values = {}
    for name, row in fields.items():
        value = given.get(name, row.default)
        if value is None:
            if row.needed:
                raise document.error(place, f"`{verb}` needs `{name}`")
        elif reason := row.refusal(value):
            raise document.error((*place, name), f"`{verb}`, `{name}`: {reason}")
        values[name] = value
    if verb == "domain" and not given:
        raise document.error(place, f"`domain` needs one of: {', '.join(fields)}")
    return Step(verb, values, document.line(place))


def _known(
    document: Document, place: Place, given: Mapping[Any, Any], names: tuple[str, ...]
) -> None:
    for name in given:
        if name not in names:
            allowed = ", ".join(names) or "none"
            raise document.error((*place, str(name)), f"no key {str(name)!r}; there are: {allowed}")


def shipped() -> Path:
    """Return the folder of the scenarios that come with the package.

    Raises:
        LaunchError: The package is not installed.
    """
    return share_directory("lr_ros", os.environ) / "config" / "scenarios"


def find_scenario(name: str, folder: Path) -> Path:
    """Return the scenario of this path, or of this name among those in ``folder``.

    Raises:
        InputError: There is neither; the message lists the names.
    """
    path = Path(name)
    if path.is_file():
        return path
    candidate = folder / f"{path.stem}.yaml"
    if path.parent == Path() and candidate.is_file():
        return candidate
    known = ", ".join(sorted(each.stem for each in folder.glob("*.yaml"))) or "none"
    raise InputError(f"there is no scenario {name!r}; lr_ros has: {known}")
