"""Scenarios played before real nodes, by the command line and by the launch file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pybullet", reason="the simulated camera needs pybullet")

from lr_ros.cli.main import main

pytestmark = pytest.mark.ros


def lr(
    *arguments: object, timeout: float = 240, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "lr_ros.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env={
            **os.environ,
            "COLUMNS": "200",
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            **environment,
        },
    )


def test_a_shipped_scenario_is_played_faster_than_real_time_and_passed(tmp_path: Path) -> None:
    out = tmp_path / "scores.json"
    done = lr("sim", "play", "first_lesson", "--speed", 4, "--json", out, "--domain-id", 33)
    assert done.returncode == 0, done.stdout + done.stderr
    scores = json.loads(out.read_text())
    assert scores["passed"]
    assert scores["accuracy"] >= 0.8
    assert [s["frames"] for s in scores["steps"] if s["step"] == "check"] == [10, 20]
    assert "First lesson" in done.stdout
    assert "Traceback" not in done.stderr


MISSED = """\
title: Nothing was taught
steps:
  - place: {object: duck, x: 0.0, y: 0.0, turn_rate: 0.8}
  - known: [duck]
  - check: {object: duck, expect: duck, frames: 5, at_least: 0.9}
  - check: {expect: unknown, frames: 5, at_least: 0.9}
  - place: {object: unicorn, x: 0.0, y: 0.0}
  - check: {expect: unknown, frames: 5}
"""


def test_the_launch_file_says_what_was_missed_and_hands_on_the_verdict(tmp_path: Path) -> None:
    path, out = tmp_path / "s.yaml", tmp_path / "scores.json"
    path.write_text(MISSED)
    arguments = {
        "scenario": path,
        "result": out,
        "speed": 5.0,
        "state_home": tmp_path / "state",
        "namespace": "lr_scenario_test",
    }
    words = [f"{name}:={value}" for name, value in arguments.items()]
    done = lr("launch", "scenario.launch.py", *words, timeout=120, ROS_DOMAIN_ID="35")
    assert done.returncode == 1, done.stdout + done.stderr
    for each in (
        "step 2 (line 4): known are none; expected: duck",
        "'duck' in 0% of 5 frames",
        "step 5 (line 7): no object 'unicorn'",
        "1 steps were not taken",
        "NOT PASSED",
    ):
        assert each in done.stdout
    scores = json.loads(out.read_text())
    assert not scores["passed"]
    assert [step["passed"] for step in scores["steps"]] == [True, False, False, True, False]


def test_a_wrong_file_ends_with_2_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("title: T\nsteps:\n  - dance: 3\n")
    for words, said in (
        ((path,), "s.yaml:3: no step 'dance'"),
        (("nothing",), "lr_ros has: first_lesson, table_for_three"),
        (("first_lesson", "--json", tmp_path), "is a folder; name a file"),
    ):
        assert main(["sim", "play", *map(str, words)]) == 2
        assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_the_longer_shipped_scenario_is_passed(tmp_path: Path) -> None:
    done = lr("sim", "play", "table_for_three", "--speed", 4, "--domain-id", 36, timeout=290)
    assert done.returncode == 0, done.stdout + done.stderr
