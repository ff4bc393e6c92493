"""`lr launch`."""

from __future__ import annotations

from pathlib import Path

import pytest

from lr_ros import launching
from lr_ros.cli.main import main


def lr(*arguments: str) -> int:
    return main(["launch", *arguments])


def test_without_a_file_it_lists_them(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lr() == 0
    listed = capsys.readouterr().out.split()
    assert {"demo.launch.py", "lr_ros.launch.py", "simulation.launch.py"} <= set(listed)


def test_arguments_are_shown(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lr("lr_ros", "--show-args") == 0
    shown = capsys.readouterr().out
    assert "image (default: 'image')" in shown
    assert "one of: true, false" in shown


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("nothing",), "there is no launch file 'nothing'"),
        (("lr_ros", "speed:=9"), "has no argument 'speed'"),
        (("lr_ros", "image"), "'image' is no launch argument; write NAME:=VALUE"),
        (("lr_ros", "compressed:=perhaps"), "it can be: true, false"),
        (("nothing", "--show-args"), "there is no launch file 'nothing'"),
    ],
)
def test_what_is_wrong_is_said(
    prefix: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str
) -> None:
    assert lr(*arguments) == 2
    assert reason in capsys.readouterr().err


def test_arguments_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def run(file: str, arguments: dict[str, str]) -> int:
        calls.append((file, arguments))
        return 7

    monkeypatch.setattr(launching, "run", run)
    assert lr("simulation", "image:=/a:=b", "namespace:=") == 7
    assert calls == [("simulation", {"image": "/a:=b", "namespace": ""})]
