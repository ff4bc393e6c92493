"""Every command in every page speaks of things that exist: commands, options, nodes, parameters.

Most are run as well, by test_walkthroughs.py. This holds the names of all of them, run or not,
against the package.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml
from installation.executables import NODES

from lr_ros.cli.main import build_parser
from lr_ros.nodes.panel_table import PANEL
from lr_ros.nodes.source_tables import IMAGE_SOURCE, SIMULATED_CAMERA
from lr_ros.nodes.tables import LEARNER, RECOGNIZER

from .pages import PAGES, ROOT, blocks, commands, mentioned

TABLES = {
    "recognizer": RECOGNIZER,
    "learner": LEARNER,
    "image_source": IMAGE_SOURCE,
    "simulated_camera": SIMULATED_CAMERA,
    "panel": PANEL,
}
KNOWN_PROGRAMS = {
    *(".", "cd", "cp", "eval", "export", "git", "scp", "source", "ssh"),
    *("for", "do", "done"),
    *("colcon", "pip", "pytest", "python", "rosdep", "sudo"),
}
"""Programs that are not ours; what they are given is looked at where it names a file of ours."""


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


parser = cache(build_parser)


def check_lr(words: list[str]) -> None:
    if words[1:2] == ["launch"]:
        check_launch(words[2:])
        return
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            parser().parse_args(words[1:])
            code = 0
        except SystemExit as error:  # after --help with 0
            code = error.code or 0
    assert code == 0, said.getvalue()


def check_launch(words: list[str]) -> None:
    names = [word for word in words if not word.startswith("-") and ":=" not in word]
    assert len(names) <= 1, f"one launch file is named, not {names}"
    if not names or "/" in names[0]:
        return
    stem = names[0].removesuffix(".launch.py")
    declared = _declared(ROOT / "launch" / f"{stem}.launch.py")
    for word in words:
        argument, given, _ = word.partition(":=")
        assert not given or argument in declared, f"{stem} has no argument {argument}"


def _declared(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    found = set(re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', text))
    for included in set(re.findall(r'"(\w+\.launch\.py)"', text)) - {path.name}:
        found |= _declared(path.parent / included)
    return found


def check_ros2(words: list[str]) -> None:
    kind, rest = words[1], words[2:]
    if kind == "launch" and rest[0] == "lr_ros":
        check_launch(rest[1:])
    elif kind == "run" and rest[0] == "lr_ros":
        check_node(rest[1:])
    elif kind in {"service", "action"}:
        check_request([word for word in rest[1:] if not word.startswith("-")])
    else:
        assert kind in {
            "bag",
            "topic",
            "node",
            "param",
            "lifecycle",
            "pkg",
            "launch",
            "run",
            "security",
        }


def check_node(words: list[str]) -> None:
    assert words[0] in NODES
    rows = {row.name: row for row in TABLES.get(words[0], ())}
    for word in words[1:]:
        name, given, text = word.partition(":=")
        if not given or name.startswith("__") or name not in rows:
            assert not given or "." not in name, f"{words[0]} has no parameter {name}"
            continue
        value = yaml.safe_load(text)
        wanted = type(rows[name].default)
        assert isinstance(value, wanted), f"{name} is of type {wanted.__name__}, not {text}"
        assert not rows[name].refusal(value)


def check_request(words: list[str]) -> None:
    """Check a service's or an action's name, type and fields."""
    name, kind = words[:2]
    package, folder, interface = kind.split("/")
    if package != "lr_ros":
        return
    text = (ROOT / folder / f"{interface}.{folder}").read_text(encoding="utf-8")
    assert f"`{name.rsplit('/', 1)[-1]}`" in (ROOT / "README.md").read_text(encoding="utf-8")
    fields = set(re.findall(r"^[\w/\[\]<>=]+ (\w+)", text.split("\n---\n")[0], re.MULTILINE))
    given = set(yaml.safe_load(words[2]) if len(words) > 2 else ())
    assert given <= fields, f"{interface} has no fields {given - fields}"


def check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert {word for word in words[1:] if "=" not in word} <= targets


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "lr": check_lr,
    "ros2": check_ros2,
    "make": check_make,
}


def check(command: str) -> None:
    command = re.sub(r"\$\(([^)]*)\)", "SUBSTITUTED", command)
    for part in re.split(r"\s*(?:&&|\|\||;|\|)\s*", command):
        words = shlex.split(part, comments=True)
        while words and re.fullmatch(r"[A-Za-z_]+=.*", words[0]):
            words = words[1:]
        if not words:
            continue
        program = words[0].removeprefix(".venv/bin/")
        if program in CHECKS:
            CHECKS[program]([program, *words[1:]])
        elif program.startswith(".venv/lib/lr_ros/"):
            check_node([program.rsplit("/", 1)[-1], *words[1:]])
        else:
            ours = (ROOT / program).is_file()
            assert ours or program in KNOWN_PROGRAMS, f"what is {program!r}?"
        for word in words:
            named = re.fullmatch(r"(?:src/lr_ros/)?((?:requirements|scripts|benchmarks)/\S+)", word)
            assert named is None or (ROOT / named[1]).exists(), f"{word} does not exist"


CASES = [
    pytest.param(command, id=f"{_name(page)}: {command}")
    for page in PAGES
    for block in blocks(page, "sh")
    for command in dict.fromkeys(commands(block.text))
    if "<" not in command.replace("<<", "")
]


@pytest.mark.parametrize("command", CASES)
def test_a_command_shown_names_what_exists(command: str) -> None:
    check(command)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_mentioned_exist(page: Path) -> None:
    """Within sentences arguments are often left out, so that only the first words are looked at."""
    choices = next(
        action.choices for action in parser()._actions if isinstance(action.choices, dict)
    )
    for command in mentioned(page):
        words = [word for word in command.split() if re.fullmatch(r"[\w./-]+", word)]
        if words[0] == "lr" and len(words) > 1 and not words[1].startswith("-"):
            assert words[1] in choices, command
        if words[0] == "make" and len(words) > 1:
            check_make(words[:2])


@pytest.mark.parametrize("command", ["lr learn", "lr launch webcam.launch.py sauce:=0",
    "ros2 run lr_ros recogniser", "ros2 run lr_ros learner --ros-args -p training.nise:=3",
    "ros2 run lr_ros learner --ros-args -p training.nice:=high",
    'ros2 service call /lr/learn_class lr_ros/srv/LearnClass "{klass: mug}"',
    "make tests", "curl x", "pip install -r requirements/robots.txt"])  # fmt: skip
def test_wrong_commands_are_found(command: str) -> None:
    with pytest.raises((AssertionError, OSError)):
        check(command)


SETTINGS = [
    pytest.param(block.text, id=f"{_name(page)}: {number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "yaml"))
    if "ros__parameters" in block.text
]


@pytest.mark.parametrize("text", SETTINGS)
def test_parameters_shown_exist_and_are_allowed(text: str) -> None:
    for node, content in yaml.safe_load(text).items():
        names = [node.rsplit("/", 1)[-1]]
        if names == ["**"]:
            names = ["recognizer", "learner"]
        for table in (TABLES[name] for name in names):
            rows = {row.name: row for row in table}
            for name, value in content["ros__parameters"].items():
                row = rows[name]
                assert isinstance(value, type(row.default)), name
                assert not row.refusal(value), name
                assert row.low is None or row.low <= value, name
                assert row.high is None or value <= row.high, name
