"""The documents' pages, and the commands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {"cli.md", "interfaces.md", "parameters.md"}
PAGES = tuple(
    path
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md")))
    if path.name not in GENERATED
)

_FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`((?:lr|ros2|make) [^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return a page's fenced blocks of these languages, in order."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(language, text) for language, text in found if language in languages]


def commands(text: str) -> list[str]:
    """Return the commands of a block of sh, without comments; a continued line is one command."""
    lines = text.replace("\\\n", " ").splitlines()
    bare = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in lines)
    return [" ".join(line.split()) for line in bare if line]


def mentioned(page: Path) -> list[str]:
    """Return the commands that a page names within its sentences and tables."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [" ".join(command.split()) for command in _INLINE.findall(text)]
