"""Every command against a robot of cardboard: what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from client.robots import Robot, environment

from lr_ros.cli.main import main

pytestmark = pytest.mark.ros


@pytest.fixture(autouse=True)
def _fresh_output(lr, capsys):
    capsys.readouterr()


def test_learn_list_rename_forget_undo(lr, capsys):
    assert lr("learn", "mug", "--frames", "6") == 0
    output = capsys.readouterr()
    assert "learned 'mug' from 6 frames" in output.out
    assert "looks like box" in output.out
    assert "training" in output.err

    assert lr("list") == 0
    assert "mug" in capsys.readouterr().out

    assert lr("rename", "mug", "cup") == 0
    capsys.readouterr()
    assert lr("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == ["cup"]
    assert listed[0]["held_out_accuracy"] is None  # NaN is no JSON

    assert lr("forget", "cup") == 0
    assert "undo" in capsys.readouterr().out
    assert lr("undo") == 1
    assert "NOTHING_TO_UNDO" in capsys.readouterr().err
    assert lr("list") == 0
    assert "lr learn NAME" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["learn", "bad"], ["'bad'", "INVALID_NAME"]),
        (["learn", "fail"], ["not finite", "TRAINING_FAILED"]),
        (["forget", "ghost"], ["'ghost'", "UNKNOWN_CLASS"]),
        (["rename", "ghost", "x"], ["'ghost'"]),
        (["load", "../x"], ["'../x'", "UNKNOWN_MODEL"]),
        (["label", "9", "x"], ["segment 9"]),
        (["present", "elephant"], ["'elephant'"]),
        (["cancel"], ["no session"]),
    ],
)
def test_a_refusal_is_one_line_with_the_value(lr, capsys, arguments, words):
    assert lr(*arguments) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert all(word in error for word in words)
    assert "Traceback" not in error


def test_verbose_shows_the_trace(lr, capsys):
    assert lr("forget", "ghost", "--verbose") == 1
    assert "Traceback" in capsys.readouterr().err


def test_names_that_look_like_markup_are_printed_as_they_are(lr, capsys):
    lr("learn", "[red]mug[/red]", "--frames", "2")
    capsys.readouterr()
    assert lr("list") == 0
    assert "[red]mug[/red]" in capsys.readouterr().out


def test_segments_and_label(lr, capsys):
    assert lr("segments") == 0
    assert "mug (0.75)" in capsys.readouterr().out
    assert lr("segments", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["segment_id"] == 4
    assert lr("questions", "--count", "1") == 0
    assert "lr label 4 NAME" in capsys.readouterr().out
    assert lr("questions", "--count", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["thumbnail"] == "anBlZw=="
    assert lr("questions", "--once") == 0
    assert "segment 2" in capsys.readouterr().out
    assert lr("label", "4", "box") == 0
    assert "'box'" in capsys.readouterr().out


def test_pictures_of_segments_are_saved_where_there_are_any(lr, capsys, tmp_path):
    assert lr("segments", "--thumbnails", str(tmp_path)) == 0
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"segment_4.jpg": b"jpeg"}
    assert "1 of 2 segments have a picture" in capsys.readouterr().err
    assert lr("segments", "--thumbnails", str(tmp_path / "missing")) == 2
    assert "does not exist" in capsys.readouterr().err


def test_save_and_load(lr, capsys):
    assert lr("save", "monday") == 0
    assert "monday" in capsys.readouterr().out
    assert lr("load", "monday") == 0
    assert "mug, box" in capsys.readouterr().out


def test_pause_and_resume(lr, capsys):
    assert lr("pause") == 0
    capsys.readouterr()
    assert lr("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["paused"] is True
    assert lr("resume") == 0
    assert lr("status") == 0
    assert "idle" in capsys.readouterr().out


def test_reset_asks_first(lr, capsys, monkeypatch):
    lr("learn", "mug", "--frames", "2")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert lr("reset") == 0
    lr("list")
    assert "mug" in capsys.readouterr().out.splitlines()[-2]
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert lr("reset") == 0
    capsys.readouterr()
    lr("list")
    assert "nothing has been learned" in capsys.readouterr().out


def test_reset_without_a_terminal_needs_yes(lr, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert lr("reset") == 2
    assert "--yes" in capsys.readouterr().err


def test_the_simulated_camera(lr, capsys):
    assert lr("present", "duck", "--background", "1", "--yaw", "0.5") == 0
    capsys.readouterr()
    assert lr("objects") == 0
    assert capsys.readouterr().out.splitlines() == ["* duck", "  mug"]
    assert lr("present") == 0
    capsys.readouterr()
    assert lr("objects", "--json") == 0
    assert json.loads(capsys.readouterr().out)["current"] == ""


def test_watch_for_scripts(lr, capsys):
    lr("learn", "mug", "--frames", "2")
    capsys.readouterr()
    assert lr("watch", "--count", "3", "--json") == 0
    records = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [record["name"] for record in records] == ["mug"] * 3
    assert records[0]["latency_ms"] == 12.5
    assert records[0]["hypotheses"] == [{"class_name": "mug", "score": 1.0}]
    assert lr("watch", "--once") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_nobody_there_names_the_namespace_and_what_to_do(lr, capsys):
    for arguments in (["list"], ["status"], ["learn", "x"], ["watch", "--once"]):
        assert main(["--namespace", "empty_place", *arguments, "--timeout", "0.2"]) == 1
        error = capsys.readouterr().err
        assert "/empty_place" in error
        assert "lr doctor" in error
        assert "Traceback" not in error


def test_a_wrong_namespace_is_said(lr, capsys):
    assert main(["--namespace", "9 lives", "list"]) == 2
    assert "namespace '9 lives'" in capsys.readouterr().err


def lr_process(robot: Robot, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "lr_ros.cli.main", "--namespace", robot.namespace, *arguments],
        env={**environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def capturing(robot: Robot) -> bool:
    deadline = time.monotonic() + 30
    with robot.client(timeout=20) as client:
        while time.monotonic() < deadline:
            if client.status().state.name == "CAPTURING":
                return True
            time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_cancels_the_session(robot, lr, number):
    process = lr_process(robot, "learn", "slow", "--frames", "500", "--timeout", "20")
    assert capturing(robot)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "cancelled" in errors
    assert "Traceback" not in errors
    with robot.client(timeout=20) as client:
        assert client.status().state.name == "IDLE"
        assert client.list_classes() == []


def test_ctrl_c_ends_watch_well(robot, lr):
    process = lr_process(robot, "watch", "--timeout", "20")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_reader_that_leaves_ends_watch_quietly(robot, lr):
    process = lr_process(robot, "watch", "--json", "--timeout", "20")
    assert process.stdout is not None
    assert process.stdout.readline()
    os.close(process.stdout.fileno())
    assert process.wait(timeout=20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
