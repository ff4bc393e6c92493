"""Reads YAML with the line of each entry, so that an error can say where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lr_ros.evaluation.errors import InputError

Place = tuple[str | int, ...]
"""Keys and numbers that lead to an entry from the top."""

_LARGEST = 1 << 20
_DEEPEST = 8


@dataclass(frozen=True)
class Document:
    """A file's content, and the lines its entries stand in (from 1)."""

    path: Path
    content: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of an entry, or of the nearest one around it."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1

    def error(self, place: Place, message: str) -> InputError:
        """Return an error that names file and line."""
        return InputError(f"{self.path}:{self.line(place)}: {message}")


def read_document(path: Path) -> Document:
    """Read a YAML file by ``safe_load``.

    Raises:
        InputError: It is missing, too large or too deep, no YAML, or has an alias or a key twice.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} is larger than {_LARGEST} bytes: no scenario")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"scenario {path} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"scenario {path} cannot be read: {error}") from error
    lines: dict[Place, int] = {}
    try:
        _check_events(text, path)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            _note_lines(node, (), lines, path)
        content = yaml.safe_load(text)
    except InputError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise InputError(f"{where}: this is no YAML: {problem}") from error
    return Document(path, content, lines)


def _check_events(text: str, path: Path) -> None:
    """Refuse what could make a small file endless; a scenario has no need of it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise InputError(f"{path}:{line}: write the entry out instead of an alias (*name)")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise InputError(f"{path}:{line}: nested {depth} deep: no scenario; look for a bracket")


def _note_lines(node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> None:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for number, each in enumerate(node.value):
            _note_lines(each, (*place, number), lines, path)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            line = key.start_mark.line + 1
            if inner in lines:
                raise InputError(
                    f"{path}:{line}: {key.value!r} stands here twice; remove one of them"
                )
            _note_lines(value, inner, lines, path)
            lines[inner] = line
