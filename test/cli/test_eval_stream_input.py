"""`lr eval-stream` with files that cannot be used: exit code 2 and a sentence, nothing started."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from lr_ros.cli.main import main


@pytest.fixture
def files(tmp_path):
    video, truth = tmp_path / "clip.avi", tmp_path / "clip.json"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for _ in range(5):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    frames = [{"frame": i, "object": "mug" if i else None} for i in range(5)]
    truth.write_text(json.dumps({"fps": 10, "frames": frames}))
    return video, truth


def evaluate(video, truth, *more: str) -> int:
    return main(["eval-stream", str(video), "--truth", str(truth), *more])


def refused(capsys, *words: str) -> bool:
    error = capsys.readouterr().err
    return "error: " in error and "Traceback" not in error and all(w in error for w in words)


def test_missing_files(files, tmp_path, capsys):
    video, truth = files
    assert evaluate(tmp_path / "none.avi", truth) == 2
    assert refused(capsys, "none.avi", "does not exist")
    assert evaluate(video, tmp_path / "none.json") == 2
    assert refused(capsys, "none.json", "does not exist")


def test_a_video_that_is_none(files, capsys):
    video, truth = files
    video.write_bytes(b"no video at all")
    assert evaluate(video, truth) == 2
    assert refused(capsys, "clip.avi", "no video")


def test_truth_that_is_none(files, capsys):
    video, truth = files
    truth.write_text("{")
    assert evaluate(video, truth) == 2
    assert refused(capsys, "clip.json", "no JSON")


def test_truth_of_another_length(files, capsys):
    video, truth = files
    content = json.loads(truth.read_text())
    content["frames"].pop()
    truth.write_text(json.dumps(content))
    assert evaluate(video, truth) == 2
    assert refused(capsys, "4 frames", "has 5")


def test_a_folder_for_the_scores_that_is_not_there(files, tmp_path, capsys):
    video, truth = files
    assert evaluate(video, truth, "--json", str(tmp_path / "no" / "out.json")) == 2
    assert refused(capsys, "does not exist")


@pytest.mark.parametrize("more", [["--region", "half"], ["--domain-id", "500"]])
def test_wrong_options(files, more):
    assert evaluate(*files, *more) == 2
