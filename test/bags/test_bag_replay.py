"""`lr bag replay`: what is said of each image, teaching given again, and the MCAP recording."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from lr_ros.bags.lessons import left_out, taught_in
from lr_ros.bags.recording import Recording

from .commands import report, run
from .making import FPS, STAYS, TOPIC


@pytest.fixture(scope="module")
def replayed(bag, params, tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay")
    said = report("replay", bag, "--params", params, "--teach", "--out", folder / "out.jsonl",
                  "--mcap", folder / "mcap")  # fmt: skip
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    return said, lines, folder / "mcap"


def test_the_sessions_of_a_recording_are_found(bag) -> None:
    with Recording(bag, TOPIC) as recording:
        taught = taught_in(recording.spoken())
    assert [(t.class_name, t.outcome) for t in taught] == [
        ("mug", "learned"), ("cup", "learned"), ("pot", "failed"),
    ]  # fmt: skip
    for session, (begin, end, _) in zip(taught[:2], STAYS[:2], strict=True):
        assert session.begin == pytest.approx(begin + 0.5)
        assert session.end == pytest.approx(end - 0.3)
    assert ["'pot'" in text for text in left_out(taught)] == [True]


def test_what_was_taught_is_taught_again_and_known_later(replayed) -> None:
    said, lines, _ = replayed
    assert [lesson["class"] for lesson in said["lessons"]] == ["mug", "cup"]
    assert all(lesson["learned"] for lesson in said["lessons"])
    assert said["classes"] == ["mug", "cup"]
    later = [line["name"] for line in lines if 9.5 <= line["offset"] < 10.5]
    assert later.count("mug") >= 8
    assert {line["name"] for line in lines if line["offset"] < 1.5} == {None}
    assert [line["index"] for line in lines] == list(range(120))
    versions = [line["model_version"] for line in lines]
    assert versions == sorted(versions)
    assert lines[-1]["model_version"] == 2


def test_the_same_teaching_again_gives_the_same_model(replayed, bag, params) -> None:
    said, _, _ = replayed
    again = report("replay", bag, "--params", params, "--teach", "--to", 9)
    assert again["weights"] == said["weights"] != ""
    assert again["recipe"]["sha256"] == said["recipe"]["sha256"]


def test_with_a_model_the_recording_is_only_named(bag, params, store) -> None:
    done = run("replay", bag, "--params", params, "--store", store, "--from", 9.0,
               "--out", "-")  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 30
    assert sum(line["name"] == "mug" for line in lines) > 10
    assert "--teach does so again" in done.stderr


def test_a_folder_that_is_there_is_not_overwritten(bag, params, tmp_path) -> None:
    done = run("replay", bag, "--params", params, "--teach", "--mcap", tmp_path)
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr


def test_another_reader_finds_every_message_with_its_schema(replayed) -> None:
    """Read by the MCAP project's own packages, from the schemas in the file alone."""
    reader_of = pytest.importorskip("mcap.reader").make_reader
    factory = pytest.importorskip("mcap_ros2.decoder").DecoderFactory
    said, lines, folder = replayed
    (path,) = folder.glob("*.mcap")
    found: dict[str, list] = {}
    with path.open("rb") as file:
        reader = reader_of(file, decoder_factories=[factory()])
        summary = reader.get_summary()
        for schema, channel, message, decoded in reader.iter_decoded_messages():
            found.setdefault(channel.topic, []).append((schema, message, decoded))
    assert summary is not None
    assert summary.chunk_indexes
    assert summary.statistics.message_count == sum(map(len, found.values()))
    assert {s.encoding for s in summary.schemas.values()} == {"ros2msg"}
    assert {c.message_encoding for c in summary.channels.values()} == {"cdr"}
    texts = {s.name: s.data.decode() for s in summary.schemas.values()}
    parts = texts["lr_ros/msg/Recognition"]
    for part in ("lr_ros/Hypothesis", "std_msgs/Header", "sensor_msgs/RegionOfInterest"):
        assert f"MSG: {part}" in parts
    assert "CAPTURING" in texts["lr_ros/msg/LearnerStatus"], "constants are part of a schema"

    recognitions = [decoded for _, _, decoded in found["/lr/recognition"]]
    assert len(recognitions) == said["images"] == len(found["/lr/debug_image/compressed"])
    for decoded, line in zip(recognitions, lines, strict=True):
        assert decoded.header.stamp.sec + 1e-9 * decoded.header.stamp.nanosec == pytest.approx(
            line["stamp"], abs=1e-6
        )
        assert [h.class_name for h in decoded.hypotheses] == [
            h["class_name"] for h in line["hypotheses"]
        ]
        assert decoded.unknown == line["unknown"]
    events = [decoded.event for _, _, decoded in found["/lr/segments"]]
    assert events.count(0) == events.count(2) == 3
    _, _, picture = found["/lr/debug_image/compressed"][int(2 * FPS)]
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (240, 320, 3)
    states = [decoded for _, _, decoded in found["/lr/learner_status"]]
    assert {"mug", "cup"} <= {s.class_name for s in states}
    assert states[-1].classes == ["mug", "cup"]


def test_the_recording_can_be_read_and_replayed_itself(replayed, params) -> None:
    _, _, folder = replayed
    with Recording(folder, "/lr/debug_image/compressed") as recording:
        assert recording.count == 120
        assert recording.duration == pytest.approx(11.9, abs=0.01)
