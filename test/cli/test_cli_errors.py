"""What goes wrong is told in a sentence with the next step; --verbose brings the traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lr_ros.cli.main import main

ROOT = Path(__file__).resolve().parents[2]

NOBODY = ["--namespace", "nobody_is_here", "--timeout", "0.2"]
FAILURES = [
    (["list", *NOBODY], 1, "lr doctor"),
    (["learn", "mug", *NOBODY], 1, "lr doctor"),
    (["save", "x", *NOBODY], 1, "lr doctor"),
    (["watch", "--once", *NOBODY], 1, ""),
    (["launch", "no_such_file"], 2, "no_such_file"),
    (["launch", "lr_ros", "imagee:=/camera"], 2, "imagee"),
    (["bench", "--data", "/nowhere", "--out", "{tmp}/out"], 2, "/nowhere"),
    (["eval-stream", "/nowhere.avi", "--truth", "/nowhere.json"], 2, "/nowhere"),
    (["segments", "--thumbnails", "/nowhere"], 2, "/nowhere"),
    (["demo", "--out", "/dev/null/x"], 2, "/dev/null/x"),
    (["bag", "learn", "/nowhere", "--class", "mug", "--dry-run"], 2, "/nowhere"),
    (["bag", "eval", "/nowhere", "--class", "mug", "--store", "{tmp}"], 2, "{tmp}"),
    (["bag", "replay", "/nowhere"], 2, "/nowhere"),
]
COMMANDS = [" ".join(words[:2]) for words, _, _ in FAILURES]


@pytest.mark.parametrize(("words", "code", "named"), FAILURES, ids=COMMANDS)
def test_a_failure_is_a_sentence(
    words: list[str], code: int, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.format(tmp=tmp_path) for word in words]) == code
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "error: " in said
    assert named.format(tmp=tmp_path) in said


@pytest.mark.parametrize(("words", "code", "_"), FAILURES, ids=COMMANDS)
def test_verbose_brings_the_traceback(
    words: list[str], code: int, _: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*(word.format(tmp=tmp_path) for word in words), "--verbose"]) == code
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("openset.py", ["/nowhere"]),
        ("segmenter.py", ["/nowhere.avi"]),
        ("update_latency.py", ["--data", "/nowhere"]),
    ],
)
def test_a_benchmark_fails_with_a_sentence(script: str, arguments: list[str]) -> None:
    command = [sys.executable, "-P", str(ROOT / "benchmarks" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "/nowhere" in done.stderr


def test_every_benchmark_tells_its_errors_alike() -> None:
    for path in (ROOT / "benchmarks").glob("*.py"):
        assert "    run_script(main)" in path.read_text(encoding="utf-8"), path.name
