"""What the pages name exists: parameters, files, tests, and the contract of docs/design.md."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import PAGES, ROOT, blocks
from .test_commands import TABLES

PARAMETERS = {row.name for table in TABLES.values() for row in table}
GROUPS = {name.partition(".")[0] for name in PARAMETERS if "." in name}
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PATH = re.compile(r"(?:benchmarks|config|docs|launch|lr_ros|requirements|scripts|test)/[\w./*-]+")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code(page: Path) -> list[str]:
    """Return what a page sets in code within its sentences and tables."""
    text = page.read_text(encoding="utf-8")
    return _CODE.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_parameters_named_exist(page: Path) -> None:
    for words in code(page):
        found = re.match(r"([a-z_]+)\.([a-z_]+)(:|$)", words)
        if found and found[1] in GROUPS:
            assert f"{found[1]}.{found[2]}" in PARAMETERS, words


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_files_named_exist(page: Path) -> None:
    for words in code(page):
        path = words.partition("::")[0].rstrip("/")
        if _PATH.fullmatch(path) and ("." in Path(path).name or "*" in path):
            assert list(ROOT.glob(path)), path


def promised() -> Iterator[tuple[str, str]]:
    """Yield file and name of each test that the pages on reliability and security name."""
    for page in ("reliability.md", "security.md"):
        path = ""
        for words in code(ROOT / "docs" / page):
            file, _, name = words.partition("::")
            if re.fullmatch(r"(test/)?[\w/]+/test_\w+\.py", file):
                path = file.removeprefix("test/")
            elif file:
                continue
            if path and (file or name):
                yield path, name


@pytest.mark.parametrize(("path", "name"), dict.fromkeys(promised()))
def test_a_test_named_as_proof_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / "test" / path).read_text(encoding="utf-8"))
    tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not name or name in tests


def contract() -> Iterator[tuple[str, str, str]]:
    """Yield module, name and arguments of what the core's contract in docs/design.md lists.

    What begins with a dot is of the class named last.
    """
    (text,) = (block.text for block in blocks(ROOT / "docs/design.md", "python"))
    module = owner = ""
    for line in text.splitlines():
        heading = re.match(r"# (core/\S+?)(\.py|/)?$", line)
        bare = line.partition("#")[0]
        if heading:
            module = "lr_ros." + heading[1].replace("/", ".")
        elif re.match(r"\w", bare):
            owner, arguments = re.match(r"([\w.]+)(?:\(([^)]*)\))?", bare).groups()
            yield module, owner, arguments or ""
        for name, arguments in re.findall(r"(?:^ +|, |; |# )\.([\w.]+)(?:\(([^)]*)\))?", line):
            yield module, f"{owner.partition('.')[0]}.{name}", arguments


CONTRACT = [pytest.param(*each, id=each[1]) for each in contract()]


def test_the_contract_is_read() -> None:
    names = {case.id for case in CONTRACT}
    assert {"BackboneSpec", "Quantizer.encode", "LatentReplayLearner.state", "Store.undo"} <= names


@pytest.mark.parametrize(("module", "name", "arguments"), CONTRACT)
def test_the_contract_is_what_the_code_has(module: str, name: str, arguments: str) -> None:
    first, *rest = name.split(".")
    found = getattr(importlib.import_module(module), first)
    for part in rest:
        if inspect.isclass(found) and not hasattr(found, part):
            source = inspect.getsource(found)
            assert re.search(rf"self\.{part}\b", source), f"{first} has no {part}"
            return
        found = getattr(found, part)
    if not arguments or not callable(found):
        return
    taken = inspect.signature(found).parameters
    for argument in arguments.split(", "):
        shown, _, default = argument.partition("=")
        if not shown.isidentifier():
            continue
        assert shown in taken, f"{name} takes no {shown}"
        if re.fullmatch(r'[\w."]+', default) and default not in {"...", ""}:
            assert repr(taken[shown].default) == repr(ast.literal_eval(default)), argument
