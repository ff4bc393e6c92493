"""An update that hurts what was known is taken back, or goes live with a warning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lr_ros.core.learner import HeldOut, LearnerConfig
from lr_ros.teaching.config import TeachingConfig
from lr_ros.teaching.errors import ErrorCode
from lr_ros.teaching.examination import ExaminationConfig, examine
from teaching.classroom import PATIENT, Classroom

FORGETFUL = LearnerConfig(strategy="naive", holdout=0.3, epochs=6)
"""Fine-tuning without replay forgets what it knew; that is what the examination is to notice."""


def strict(**settings: float | bool) -> TeachingConfig:
    return replace(PATIENT, examination=ExaminationConfig(**settings))


def test_an_update_that_hurts_is_taken_back(tmp_path: Path) -> None:
    with Classroom(tmp_path, strict(), FORGETFUL) as room:
        assert room.teach("mug", 40).success
        before = room.learner.export().weights
        hurt = room.teach("cup", 40)
        assert (hurt.success, hurt.code) == (False, ErrorCode.TRAINING_FAILED)
        assert "fell from 1.00 to 0.00" in hurt.message
        assert room.learner.classes == ("mug",)
        assert room.learner.export().weights == before
        assert [model.version for model in room.notebook.models] == [0, 1]
        assert room.store.journal.ids() == []
    with Classroom(tmp_path, strict(), FORGETFUL) as room:
        assert room.learner.classes == ("mug",)


def test_an_update_that_hurts_goes_live_with_a_warning_if_so_set(tmp_path: Path) -> None:
    with Classroom(tmp_path, strict(keep_old=False), FORGETFUL) as room:
        room.teach("mug", 40)
        hurt = room.teach("cup", 40)
        assert hurt.success
        warning = "held-out accuracy on what was known fell from 1.00 to 0.00"
        assert hurt.warnings == (warning,)
        assert warning in hurt.message
        assert room.engine.status.warnings == (warning,)
        assert room.learner.classes == ("mug", "cup")


def test_a_fall_that_is_allowed_goes_live(tmp_path: Path) -> None:
    with Classroom(tmp_path, strict(largest_fall=1.0), FORGETFUL) as room:
        room.teach("mug", 40)
        allowed = room.teach("cup", 40)
        assert (allowed.success, allowed.warnings) == (True, ())


def test_the_first_class_and_one_learned_further_pass(tmp_path: Path) -> None:
    with Classroom(tmp_path, strict(), LearnerConfig(strategy="ncm", holdout=0.1)) as room:
        for name in ("mug", "cup", "mug"):
            assert room.teach(name, 25).success
        assert room.learner.held_out_accuracy() == {"mug": 1.0, "cup": 1.0}


def test_sessions_of_a_few_seconds_have_held_out_frames(tmp_path: Path) -> None:
    with Classroom(tmp_path, learner=LearnerConfig(strategy="ncm", holdout=0.1)) as room:
        taught = room.teach("mug", 20)
        assert taught.frames == 18
        assert room.learner.held_out_accuracy() == {"mug": 1.0}


def test_both_models_are_compared_on_the_same_frames(tmp_path: Path) -> None:
    with Classroom(tmp_path, learner=LearnerConfig(strategy="ncm", holdout=0.5)) as room:
        room.teach("mug", 40)
        before = room.learner.snapshot()
        room.teach("mug", 40, thing="another mug")
        room.teach("cup", 40)
        assert room.learner.compare(before) == {"mug": HeldOut(20, 20, 20)}


@pytest.mark.parametrize(
    ("compared", "passed"),
    [
        ({}, True),
        ({"mug": HeldOut(10, 9, 9)}, True),
        ({"mug": HeldOut(10, 5, 10)}, True),
        ({"mug": HeldOut(10, 9, 6)}, False),
        ({"mug": HeldOut(2, 2, 0)}, True),  # two neighbours are one view, which proves nothing
        ({"mug": HeldOut(2, 2, 0), "cup": HeldOut(2, 2, 2)}, True),
        ({"mug": HeldOut(2, 2, 0), "cup": HeldOut(2, 2, 1)}, False),
        ({"mug": HeldOut(4, 4, 1)}, False),
        ({"mug": HeldOut(40, 40, 38), "cup": HeldOut(40, 40, 40)}, True),
    ],
)
def test_verdict(compared: dict[str, HeldOut], passed: bool) -> None:
    assert examine(compared, largest_fall=0.1).passed is passed


def test_verdict_is_of_the_mean_over_classes() -> None:
    verdict = examine({"mug": HeldOut(8, 8, 4), "cup": HeldOut(40, 40, 40)}, largest_fall=0.1)
    assert not verdict.passed
    assert np.allclose((verdict.before, verdict.after), (1.0, 0.75))
    assert str(verdict) == "held-out accuracy on what was known fell from 1.00 to 0.75"
