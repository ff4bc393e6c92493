"""The source tree as these tests read it: files, their imports, and the table of docs/design.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lr_ros"
GENERATED = ("msg", "srv", "action")
"""Subpackages that the build makes from the interface files."""


def modules() -> list[Path]:
    """Return every Python file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything ``path`` imports, also inside functions."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module or "") if part)
            for alias in node.names:
                yield node.lineno, f"{source}.{alias.name}"
        elif isinstance(node, ast.Call) and _is_import_call(node):
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield node.lineno, argument.value


def _is_import_call(node: ast.Call) -> bool:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")


def layers() -> dict[str, set[str]]:
    """Return, for each folder of the table in docs/design.md, the folders it may import."""
    allowed: dict[str, set[str]] = {}
    for line in (ROOT / "docs" / "design.md").read_text(encoding="utf-8").splitlines():
        row = re.fullmatch(r"\| `(\w+)/` \|.*\| ([^|]+) \|", line)
        if row:
            folder, cell = row[1], row[2].strip()
            everything = cell == "all of the above"
            allowed[folder] = set(allowed) if everything else set(re.findall(r"`(\w+)`", cell))
    return allowed
