"""How sessions went, read from what the learner said."""

from __future__ import annotations

import math

import pytest

from lr_ros.client import LearnerState, Region, Status
from lr_ros.evaluation.recording import Recorder
from lr_ros.evaluation.scoring import Session


def status(state: LearnerState, stamp: float, **fields: object) -> Status:
    values: dict[str, object] = {
        "stamp": stamp,
        "state": state,
        "paused": False,
        "class_name": "a",
        "session_id": "s1",
        "region": Region(0, 0, 0, 0),
        "frames": 0,
        "frames_target": 0,
        "frames_refused": 0,
        "refusals": {},
        "progress": 0.0,
        "loss": math.nan,
        "model_version": 0,
        "classes": (),
        "replay_used": 0,
        "replay_capacity": 0,
        "elapsed": 0.0,
        "error_code": 0,
        "warnings": (),
        "message": "",
    }
    return Status(**(values | fields))


@pytest.fixture
def recorder() -> Recorder:
    recorder = object.__new__(Recorder)  # without its subscriptions
    recorder.sessions = {}
    return recorder


def test_a_session_that_was_learned(recorder):
    for said in (
        status(LearnerState.CAPTURING, 10.0),
        status(LearnerState.TRAINING, 14.0, model_version=2),
        status(LearnerState.IDLE, 15.0, model_version=3),
        status(LearnerState.IDLE, 19.0, model_version=5),  # repeated after a later change
    ):
        recorder.note(said)
    assert recorder.outcome("a", "s1", left_at=13.5) == Session("a", 13.5, 3)


def test_a_session_that_ended_before_its_object_left(recorder):
    recorder.note(status(LearnerState.QUEUED, 12.0))
    recorder.note(status(LearnerState.IDLE, 13.0, model_version=1))
    assert recorder.outcome("a", "s1", left_at=20.0).last_frame == 12.0


@pytest.mark.parametrize("state", [LearnerState.FAILED, LearnerState.IDLE])
def test_a_session_that_failed_has_no_version(recorder, state):
    recorder.note(status(state, 12.0, error_code=5, message="too few frames", model_version=4))
    recorder.note(status(LearnerState.IDLE, 13.0, model_version=4))
    assert recorder.outcome("a", "s1", 11.0) == Session("a", 11.0, None, "too few frames")


def test_a_session_nobody_spoke_of(recorder):
    outcome = recorder.outcome("a", "s9", 11.0)
    assert outcome.version is None
    assert outcome.note
