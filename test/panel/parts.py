"""Facts for the views, made without ROS: stand-ins with the fields of lr_ros.client's records."""

from __future__ import annotations

import math
from enum import IntEnum
from types import SimpleNamespace
from typing import Any

from lr_ros.panel.facts import Camera, Facts, NodeReport

NASTY = "<img src=x onerror=document.title='owned'>`${1}`{{2}}<script>&"
"""A class name that is allowed, and that a page must show as it is."""


class State(IntEnum):
    IDLE = 0
    CAPTURING = 1
    QUEUED = 2
    TRAINING = 3
    FAILED = 4


def recognition(**changes: Any) -> Any:
    names = changes.pop("scores", {"mug": 0.9, "duck": 0.1})
    fields = {
        "hypotheses": tuple(SimpleNamespace(class_name=n, score=s) for n, s in names.items()),
        "model_version": 3,
        "segment_id": 7,
        "region": SimpleNamespace(x=1, y=2, width=30, height=40),
        "unknown": False,
        "unknown_score": 0.2,
        "latency_ms": 12.0,
    }
    return SimpleNamespace(**(fields | changes))


def status(**changes: Any) -> Any:
    fields = {
        "state": State.IDLE,
        "paused": False,
        "class_name": "",
        "frames": 0,
        "frames_target": 0,
        "refusals": {},
        "progress": 0.0,
        "model_version": 3,
        "classes": ("mug", "duck"),
        "replay_used": 40,
        "replay_capacity": 1500,
        "elapsed": 60.0,
        "warnings": (),
        "message": "",
    }
    return SimpleNamespace(**(fields | changes))


def known(name: str, **changes: Any) -> Any:
    fields = {
        "name": name,
        "sessions": 1,
        "frames": 25,
        "latents": 20,
        "last_learned": 1000.0,
        "held_out_accuracy": math.nan,
    }
    return SimpleNamespace(**(fields | changes))


def question(segment_id: int, **changes: Any) -> Any:
    fields = {
        "segment_id": segment_id,
        "start": 1000.0,
        "duration": 2.5,
        "frames": 12,
        "best_guess": "",
        "score": 0.0,
        "unknown_score": 0.9,
        "same_as": (),
        "thumbnail": b"",
    }
    return SimpleNamespace(**(fields | changes))


RECOGNIZER = NodeReport(
    0,
    "recognizing",
    {"input rate [Hz]": "10", "output rate [Hz]": "9.8", "latency [ms]": "14"},
)
LEARNER = NodeReport(0, "idle", {"saved": "True"})


def facts(**changes: Any) -> Facts:
    """Return the facts of a robot that is well and sees a mug, with changes."""
    fields = {
        "now": 1090.0,
        "recognition": recognition(),
        "recognition_age": 0.1,
        "status": status(),
        "status_age": 0.5,
        "classes": (known("mug"), known("duck")),
        "reports": {"recognizer": RECOGNIZER, "learner": LEARNER},
        "nodes": frozenset({"recognizer", "learner"}),
        "camera": Camera("/lr/image", 1),
    }
    return Facts(**(fields | changes))
