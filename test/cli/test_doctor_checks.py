"""What the doctor concludes, fault by fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lr_ros.cli.checkup.checks import Facts, Level, Publisher, Stream, examine

IMAGE = "sensor_msgs/msg/Image"


def healthy() -> Facts:
    return Facts(
        namespace="/lr",
        versions={"lr_ros": "0.1", "rclpy": "9"},
        middleware="rmw_fastrtps_cpp",
        profile="/x/fastdds.xml",
        encodings=("rgb8", "bgr8"),
        states={"recognizer": "active", "learner": "active"},
        image_topic="/lr/image",
        image_type=IMAGE,
        publishers=[Publisher("/lr/camera", IMAGE, "reliable")],
        images=Stream(60, 30.0, "rgb8", 640, 480, 921600),
        recognitions=Stream(60, 30.0, latency_p95_ms=40.0, model_version=3),
        learner_version=3,
        learner_classes=2,
        health={"recognizer": ("ok", ("recognizing",)), "learner": ("ok", ("idle",))},
    )


def test_a_healthy_robot_has_no_complaint():
    assert {check.level for check in examine(healthy())} == {Level.OK}


FAULTS = {
    "package missing": ({"versions": {"torch": ""}}, Level.FAIL, "torch", "make setup"),
    "recognizer down": (
        {"states": {"recognizer": None, "learner": "active"}},
        Level.FAIL,
        "not running",
        "lr launch",
    ),
    "recognizer inactive": (
        {"states": {"recognizer": "inactive", "learner": "active"}},
        Level.FAIL,
        "inactive",
        "activate",
    ),
    "no camera": (
        {"publishers": [], "images": None, "recognitions": None},
        Level.FAIL,
        "nobody publishes /lr/image",
        "simulation",
    ),
    "camera elsewhere": (
        {"publishers": [], "other_image_topics": ["/cam/raw"]},
        Level.FAIL,
        "nobody publishes",
        "/cam/raw",
    ),
    "QoS": (
        {"publishers": [Publisher("/cam", IMAGE, "best_effort", "reliability mismatch")]},
        Level.FAIL,
        "reliability mismatch",
        "image.reliability",
    ),
    "compressed": (
        {"publishers": [Publisher("/cam", "sensor_msgs/msg/CompressedImage", "reliable")]},
        Level.FAIL,
        "CompressedImage",
        "image.compressed to true",
    ),
    "silence": ({"images": Stream(0, 0.0)}, Level.FAIL, "none arrived", "camera"),
    "encoding": (
        {"images": Stream(60, 30.0, "32FC1", 640, 480, 1000)},
        Level.FAIL,
        "32FC1",
        "rgb8",
    ),
    "slow camera": ({"images": Stream(3, 1.0, "rgb8", 64, 48, 9216)}, Level.WARN, "1.0", "rate"),
    "no profile": ({"profile": ""}, Level.WARN, "lost", "FASTDDS_DEFAULT_PROFILES_FILE"),
    "no answers": ({"recognitions": Stream(0, 0.0)}, Level.FAIL, "answers none", "diagnostics"),
    "late answers": (
        {"recognitions": Stream(60, 30.0, latency_p95_ms=900.0, model_version=3)},
        Level.WARN,
        "900",
        "busy",
    ),
    "few answers": (
        {"recognitions": Stream(20, 10.0, latency_p95_ms=50.0, model_version=3)},
        Level.WARN,
        "of 30.0",
        "input_size",
    ),
    "silent learner": ({"learner_version": None}, Level.FAIL, "nothing", "log"),
    "node in trouble": (
        {"health": {"learner": ("error", ("what was learned is not on disk", "no latents"))}},
        Level.FAIL,
        "learner: what was learned is not on disk; no latents",
        "log",
    ),
    "node that warns": (
        {"health": {"recognizer": ("warn", ("no image for 1.5 s",)), "learner": ("ok", ("idle",))}},
        Level.WARN,
        "recognizer: no image for 1.5 s",
        "diagnostics.*",
    ),
    "no diagnostics": ({"health": {}}, Level.WARN, "nothing on /diagnostics", "log"),
    "paused": ({"paused": True}, Level.WARN, "paused", "lr resume"),
    "old model": (
        {"recognitions": Stream(60, 30.0, latency_p95_ms=50.0, model_version=2)},
        Level.WARN,
        "model 2",
        "encoder",
    ),
    "refused model": (
        {"recognitions": Stream(60, 30.0, latency_p95_ms=50.0, model_version=0)},
        Level.FAIL,
        "model 0",
        "encoder",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_remedy(fault):
    changes, level, found, remedy = FAULTS[fault]
    complaints = [c for c in examine(replace(healthy(), **changes)) if c.level is not Level.OK]
    assert level in {check.level for check in complaints}
    assert all(check.remedy for check in complaints)
    assert any(found in c.found and remedy in c.remedy for c in complaints if c.level is level)


def test_nothing_running_at_all_is_survived():
    facts = Facts(states={"recognizer": None, "learner": None}, image_topic="/lr/image")
    titles = [check.title for check in examine(facts) if check.level is Level.FAIL]
    assert titles == ["recognizer", "learner", "camera"]
