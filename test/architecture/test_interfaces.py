"""Messages, services and the action: all built, all explained, all answering the same way."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from architecture.tree import ROOT

FILES = sorted(p for folder in ("msg", "srv", "action") for p in (ROOT / folder).iterdir())
ANSWERING = [p for p in FILES if p.suffix in (".srv", ".action")]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _sections(path: Path) -> list[list[str]]:
    """Return the lines that declare something, for each part between ``---``."""
    parts = re.split(r"^---$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [[line for line in part.splitlines() if re.match(r"[a-z]", line)] for part in parts]


def _constants() -> dict[str, int]:
    text = (ROOT / "msg" / "ErrorCode.msg").read_text(encoding="utf-8")
    return {m[1]: int(m[2]) for m in re.finditer(r"^uint16 (\w+) = (\d+)", text, re.MULTILINE)}


def test_the_build_knows_every_interface() -> None:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    named = re.findall(r"^\s+((?:msg|srv|action)/\w+\.\w+)$", text, re.MULTILINE)
    assert sorted(named) == [_name(p) for p in sorted(FILES, key=_name)]


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_field_is_explained(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# "), "it begins with what it is for"
    for line in chain.from_iterable(_sections(path)):
        comment = line.partition("#")[2]
        assert len(comment.split()) >= 2, line


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_numbers_say_their_unit_or_range(path: Path) -> None:
    for line in chain.from_iterable(_sections(path)):
        declared, _, comment = line.partition("#")
        if "=" not in declared and re.match(r"float(32|64)\b", declared):
            assert re.search(r"\[[^]]+\]|\b0\.\.1\b|\b0 \w+ \w+ \.\. 1|second|step|probability"
                             r"|cross entropy", comment), line  # fmt: skip


@pytest.mark.parametrize("path", ANSWERING, ids=_name)
def test_every_answer_begins_alike(path: Path) -> None:
    answer = [" ".join(line.partition("#")[0].split()) for line in _sections(path)[1]]
    assert answer[:3] == ["bool success", "uint16 error_code", "string message"]


def test_error_codes_are_unique_and_without_gaps() -> None:
    codes = _constants()
    assert sorted(codes.values()) == list(range(len(codes)))
    assert codes["NONE"] == 0


def test_error_codes_are_the_same_in_python() -> None:
    from lr_ros.teaching.errors import ErrorCode  # noqa: PLC0415 - not needed by the other tests

    assert {code.name: int(code) for code in ErrorCode} == _constants()


@pytest.mark.parametrize("path", ANSWERING, ids=_name)
def test_outcomes_name_codes_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b", text.partition("Outcomes:")[2]))
    assert named <= set(_constants())
