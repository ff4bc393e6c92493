"""`lr eval-stream` and `lr demo` with the real nodes, on a stream painted here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.ros

EMPTY, SHOWN = 25, 35  # frames
FPS = 10


def lr(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "lr_ros.cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )


def background(rng: np.random.Generator) -> np.ndarray:
    coarse = rng.integers(90, 150, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)


def painted(name: str, turn: float) -> np.ndarray:
    """An object as a picture with its mask in the fourth channel."""
    picture = np.zeros((120, 120, 4), np.uint8)
    if name == "checkers":
        squares = np.indices((120, 120)).sum(axis=0) // 20 % 2
        picture[..., :3] = np.where(squares[..., None], (20, 20, 220), (240, 240, 240))
        picture[..., 3] = 255
    else:
        cv2.circle(picture, (60, 60), 56, (30, 200, 40, 255), -1)
        cv2.circle(picture, (60, 60), 30, (200, 60, 20, 255), -1)
    matrix = cv2.getRotationMatrix2D((60, 60), turn, 0.8)
    return cv2.warpAffine(picture, matrix, (120, 120))


def frame(scene: np.ndarray, name: str | None, age: int, rng: np.random.Generator) -> np.ndarray:
    image = scene.copy()
    if name is not None:
        object_ = painted(name, 7.0 * age)
        x, y = 100 + round(10 * np.sin(age / 5)), 60
        part = image[y : y + 120, x : x + 120]
        part[object_[..., 3] > 0] = object_[object_[..., 3] > 0][:, :3]
    noise = rng.normal(0, 3, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("stream")
    video, truth = folder / "clip.avi", folder / "clip.json"
    rng = np.random.default_rng(0)
    scene = background(rng)
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (320, 240))
    entries = []
    for name in (None, "checkers", None, "rings", None, "checkers", None, "rings", None):
        for age in range(SHOWN if name else EMPTY):
            writer.write(frame(scene, name, age, rng))
            entries.append({"frame": len(entries), "object": name, "box": None})
    writer.release()
    truth.write_text(json.dumps({"fps": FPS, "frames": entries}))
    return video, truth


def test_a_stream_is_taught_and_scored(stream, tmp_path):
    video, truth = stream
    out = tmp_path / "scores.json"
    process = lr("eval-stream", video, "--truth", truth, "--json", out)
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    scores = json.loads(out.read_text())
    assert list(scores) == [
        "frames_published",
        "frames_processed",
        "dropped",
        "accuracy",
        "per_class",
        "false_names_when_empty",
        "recognition_latency_ms",
        "update_seconds",
        "rss_mb",
    ]
    assert scores["frames_published"] == 4 * SHOWN + 5 * EMPTY
    assert scores["frames_processed"] + scores["dropped"] == scores["frames_published"]
    assert scores["frames_processed"] > 0.8 * scores["frames_published"]
    assert set(scores["per_class"]) == {"checkers", "rings"}
    assert scores["per_class"]["checkers"] > 0.5  # taught long before it comes again
    assert scores["false_names_when_empty"] < 0.2
    assert set(scores["rss_mb"]) == {"image_source", "recognizer", "learner"}
    assert all(20 < size < 5000 for size in scores["rss_mb"].values())
    assert scores["update_seconds"]["median"] < 60
    assert "checkers" in output


def test_ctrl_c_ends_the_demo_and_all_its_nodes(tmp_path):
    process = lr("demo", "--out", tmp_path, "--namespace", "demo_interrupted", "--verbose")
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if "teaching" in line:
            break
    else:
        pytest.fail("".join(seen))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert processes_of("demo_interrupted") == []
    assert not (tmp_path / "demo.png").exists()


def processes_of(namespace: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"__ns:=/{namespace}" in command:
            found.append(command)
    return found


@pytest.mark.slow
def test_the_demo_succeeds(tmp_path):
    process = lr("demo", "--objects", 4, "--out", tmp_path)
    output, errors = process.communicate(timeout=280)
    assert process.returncode == 0, errors
    scores = json.loads((tmp_path / "demo.json").read_text())
    assert scores["succeeded"]
    assert len(scores["per_class"]) == 4
    assert cv2.imread(str(tmp_path / "demo.png")) is not None
    assert str(tmp_path / "demo.png") in output.replace("\n", "")


@pytest.mark.slow
def test_more_objects_than_there_are_is_wrong_input(tmp_path):
    process = lr("demo", "--objects", 1000, "--out", tmp_path)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "1000 objects" in errors
