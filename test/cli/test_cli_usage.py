"""The command line's grammar; no ROS is needed for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lr_ros.cli.main import build_parser, main
from lr_ros.cli.options import namespace


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["learn"],
        ["learn", "x", "--roi", "1,2,3"],
        ["learn", "x", "--roi", "0,0,0,5"],
        ["learn", "x", "--roi=-1,0,5,5"],
        ["learn", "x", "--frames", "many"],
        ["label", "0", "x"],
        ["label", "-3", "x"],
        ["watch", "--count", "0"],
        ["watch", "--once", "--count", "2"],
        ["list", "--timeout", "0"],
        ["list", "--timeout", "nan"],
    ],
)
def test_wrong_usage_is_answered_with_2(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["learn", "--help"], ["doctor", "-h"]])
def test_help_is_answered_with_0(arguments, capsys):
    assert main(arguments) == 0
    assert "usage: lr" in capsys.readouterr().out


def test_every_command_has_help_and_takes_the_common_options():
    parser = build_parser()
    commands = next(a for a in parser._actions if a.dest == "COMMAND" or a.choices).choices
    assert {"learn", "list", "forget", "watch", "doctor", "demo", "eval-stream"} <= set(commands)
    for command in commands.values():
        options = {option for action in command._actions for option in action.option_strings}
        assert {"--namespace", "--timeout", "--verbose"} <= options


def test_common_options_count_before_and_after_the_command():
    parser = build_parser()
    before = parser.parse_args(["--namespace", "a", "list"])
    after = parser.parse_args(["list", "--namespace", "a"])
    assert before.namespace == after.namespace == "a"
    assert before.timeout == 5.0


def test_the_namespace_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("LR_NAMESPACE", "robot1")
    parse = build_parser().parse_args
    assert namespace(parse(["list"])) == "robot1"
    assert namespace(parse(["list", "--namespace", "robot2"])) == "robot2"
    assert namespace(parse(["demo"]), "lr_demo") == "lr_demo"
    monkeypatch.delenv("LR_NAMESPACE")
    assert namespace(parse(["list"])) == "lr"


def test_help_imports_neither_torch_nor_ros():
    code = (
        "import sys; from lr_ros.cli.main import build_parser; build_parser().format_help(); "
        "print([m for m in ('torch', 'rclpy', 'onnxruntime', 'cv2') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
