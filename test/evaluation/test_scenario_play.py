"""Scenarios played before real nodes, by the command line and by the launch file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pybullet", reason="the simulated camera needs pybullet")

pytestmark = pytest.mark.ros


def lr(*arguments: object, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "lr_ros.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env={**os.environ, "COLUMNS": "200", "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"},
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
"""

REFUSED = """\
title: A step that cannot be taken
steps:
  - place: {object: unicorn, x: 0.0, y: 0.0}
  - check: {expect: unknown, frames: 5}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MISSED, ["step 2 (line 4): known are none; expected: duck", "'duck' in 0% of 5 frames"]),
        (REFUSED, ["step 1 (line 3): no object 'unicorn'", "1 steps were not taken"]),
    ],
)
def test_a_missed_threshold_or_step_ends_with_1_and_says_why(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    path, out = tmp_path / "s.yaml", tmp_path / "scores.json"
    path.write_text(text)
    done = lr("sim", "play", path, "--speed", 5, "--json", out, "--domain-id", 34)
    assert done.returncode == 1, done.stdout + done.stderr
    for each in words:
        assert each in done.stderr
    assert not json.loads(out.read_text())["passed"]


def test_a_wrong_file_ends_with_2_before_anything_is_started(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("title: T\nsteps:\n  - dance: 3\n")
    done = lr("sim", "play", path)
    assert done.returncode == 2
    assert "s.yaml:3: no step 'dance'" in done.stderr
    assert lr("sim", "play", "nothing").returncode == 2


def test_the_launch_file_plays_ends_by_itself_and_hands_on_the_verdict(tmp_path: Path) -> None:
    path, out = tmp_path / "s.yaml", tmp_path / "scores.json"
    path.write_text(MISSED)
    arguments = {
        "scenario": path,
        "result": out,
        "speed": 5.0,
        "state_home": tmp_path / "state",
        "namespace": "lr_scenario_test",
    }
    os.environ["ROS_DOMAIN_ID"] = "35"
    try:
        words = [f"{name}:={value}" for name, value in arguments.items()]
        done = lr("launch", "scenario.launch.py", *words, timeout=120)
    finally:
        del os.environ["ROS_DOMAIN_ID"]
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NOT PASSED" in done.stdout
    assert not json.loads(out.read_text())["passed"]


@pytest.mark.slow
def test_the_longer_shipped_scenario_is_passed(tmp_path: Path) -> None:
    done = lr("sim", "play", "table_for_three", "--speed", 4, "--domain-id", 36, timeout=290)
    assert done.returncode == 0, done.stdout + done.stderr
