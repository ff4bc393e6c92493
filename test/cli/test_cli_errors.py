"""What goes wrong is told in a sentence with the next step; --verbose brings the traceback."""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lr_ros.cli.main import build_parser, main

ROOT = Path(__file__).resolve().parents[2]


def leaves(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every command of a parser in words, such as ``bag learn``."""
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for action in inner:
        for name, command in action.choices.items():
            yield from leaves(command, (*words, name))
    if not inner:
        yield " ".join(words)


COMMANDS = sorted(leaves(build_parser()))
NOBODY = ("--namespace", "nobody_is_here", "--timeout", "0.2")


def command_of(words: str) -> str:
    """Return which of the commands some words are; empty for none."""
    return max(
        (c for c in ("", *COMMANDS) if f"{words} ".startswith(f"{c} " if c else "")), key=len
    )


def wrong(words: str, tmp_path: Path, *more: str) -> int:
    return main([*shlex.split(words.format(tmp=tmp_path)), *more])


def sentence(text: str) -> str:
    """Return what the only line of an error says."""
    assert "Traceback" not in text
    (line,) = [line for line in text.splitlines() if line.startswith("error: ")]
    return line


SPEAKS_WITH_NODES = [
    *("list", "forget mug", "rename mug cup", "undo", "reset --yes", "save x", "load x"),
    *("pause", "resume", "cancel", "learn mug", "label 3 mug", "segments", "questions", "status"),
    *("watch", "objects", "present duck", "sim list", "sim present duck", "sim place duck 0 0"),
    *("sim move duck 0 0", "sim remove", "sim domain --light dusk"),
    "sim play first_lesson --running",
]  # fmt: skip
WORKS_ALONE = {"bag eval", "bag learn", "bag replay", "bench", "demo", "doctor", "eval-stream",
               "launch", "sim play"}  # fmt: skip


def test_every_command_is_looked_at() -> None:
    tried = {command_of(words) for words in SPEAKS_WITH_NODES}
    assert tried | WORKS_ALONE == set(COMMANDS)
    named = {command_of(words) for words, _ in [*UNUSABLE, *SENSELESS]}
    assert named >= {c for c in COMMANDS if takes_values(c)}


def takes_values(command: str) -> bool:
    """Whether a command takes numbers, files or choices, in which one can be wrong."""
    parser = build_parser()
    for word in command.split():
        (action,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        parser = action.choices[word]
    common = {"--namespace", "--timeout", "--verbose"}
    return any(
        action.type is not None or action.choices
        for action in parser._actions
        if not common & set(action.option_strings)
    )


@pytest.mark.ros
@pytest.mark.parametrize("words", SPEAKS_WITH_NODES)
def test_without_nodes_it_says_how_to_go_on(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrong(words, tmp_path, *NOBODY) == 1
    said = sentence(capsys.readouterr().err)
    assert "nobody_is_here" in said
    assert "lr doctor" in said


@pytest.mark.ros
def test_the_doctor_says_what_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--listen", "0.1", *NOBODY]) == 1
    said = capsys.readouterr()
    assert "fail" in said.out
    assert "-> " in said.out
    assert "lr launch" in said.out
    assert not said.err.strip()


UNUSABLE = [
    ("launch no_such_file", "no_such_file"),
    ("launch lr_ros imagee:=/camera", "imagee"),
    ("launch lr_ros image", "NAME:=VALUE"),
    ("bench --data /nowhere --out {tmp}/out", "/nowhere"),
    ("eval-stream /nowhere.avi --truth /nowhere.json", "/nowhere"),
    ("eval-stream x.avi --truth x.json --json /nowhere/x", "/nowhere"),
    ("segments --thumbnails /nowhere", "/nowhere"),
    ("demo --out /dev/null/x", "/dev/null/x"),
    ("bag learn /nowhere --class mug --dry-run", "/nowhere"),
    ("bag learn /nowhere --truth /nowhere.yaml", "/nowhere.yaml"),
    ("bag eval /nowhere --class mug --store {tmp}", "{tmp}"),
    ("bag replay /nowhere", "/nowhere"),
    ("sim play /nowhere.yaml", "/nowhere.yaml"),
    ("list --namespace 'a b'", "'a b'"),
]


@pytest.mark.parametrize(("words", "named"), UNUSABLE, ids=[words for words, _ in UNUSABLE])
def test_what_cannot_be_used_is_named(
    words: str, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrong(words, tmp_path) == 2
    assert named.format(tmp=tmp_path) in sentence(capsys.readouterr().err)


@pytest.mark.parametrize("words", [UNUSABLE[0][0], *(w for w, _ in UNUSABLE if "/nowhere" in w)])
def test_verbose_brings_the_traceback(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrong(words, tmp_path, "--verbose") == 2
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-1].startswith("error: ")


SENSELESS = [
    ("learn mug --frames many", "'many'"),
    ("learn mug --frames 0", "0: must be 1 or more"),
    ("learn mug --duration -1", "above 0"),
    ("learn mug --roi 1,2,3", "80,40,160,160"),
    ("label x mug", "lr segments"),
    ("label 0 mug", "lr segments"),
    ("watch --count 0", "1 or more"),
    ("questions --count none", "'none'"),
    ("list --timeout 0", "above 0"),
    ("list --timeout soon", "'soon'"),
    ("doctor --listen 0", "above 0"),
    ("present duck --background red", "'red'"),
    ("present duck --yaw left", "'left'"),
    ("sim present duck --yaw left", "'left'"),
    ("sim place duck left 0", "'left'"),
    ("sim move duck 0 far", "'far'"),
    ("sim domain --clutter some", "'some'"),
    ("sim play first_lesson --speed 0", "above 0"),
    ("sim play first_lesson --domain-id 102", "0 to 101"),
    ("bag learn x --class mug --from -1", "-1"),
    ("bag learn x", "--class"),
    ("bag eval x --class mug --region 1,2", "80,40,160,160"),
    ("bag replay x --to soon", "'soon'"),
    ("bench --out x", "--data"),
    ("bench --data x --out x --strategies best", "best"),
    ("bench --data x --out x --seeds 0", "1 or more"),
    ("demo --objects none", "'none'"),
    ("eval-stream x.avi", "--truth"),
    ("eval-stream x.avi --truth x --region centre", "whole"),
    ("lern mug", "'lern'"),
]


@pytest.mark.parametrize(("words", "named"), SENSELESS, ids=[words for words, _ in SENSELESS])
def test_what_makes_no_sense_is_told_with_where_to_read_on(
    words: str, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrong(words, tmp_path) == 2
    said = sentence(capsys.readouterr().err)
    assert named in said
    assert re.search(r"`lr( \w[\w-]*)* --help`", said)


@pytest.mark.parametrize("words", ["", "bag", "sim"])
def test_a_command_is_missing(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    assert "usage: lr" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("segmenter.py", ["/nowhere.avi"]),
        pytest.param("openset.py", ["/nowhere"], marks=pytest.mark.slow),
        pytest.param("update_latency.py", ["--data", "/nowhere"], marks=pytest.mark.slow),
    ],
)
def test_a_benchmark_fails_with_a_sentence(script: str, arguments: list[str]) -> None:
    command = [sys.executable, "-P", str(ROOT / "benchmarks" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2, done.stderr
    assert "/nowhere" in sentence(done.stderr)


def test_every_benchmark_tells_its_errors_alike() -> None:
    for path in (ROOT / "benchmarks").glob("*.py"):
        assert "    run_script(main)" in path.read_text(encoding="utf-8"), path.name
