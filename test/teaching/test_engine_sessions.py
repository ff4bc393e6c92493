"""Sessions of the engine: begun, fed, stopped, cancelled, named afterwards; without ROS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lr_ros.core.learner import LearnerConfig
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.status import Phase
from teaching.classroom import PATIENT, WAIT, Classroom, result


def test_what_is_taught_is_known_published_and_on_disk(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        assert room.teach("mug").success
        taught = room.teach("cup", 20)
        assert (taught.code, taught.frames, taught.model_version) == (ErrorCode.NONE, 20, 2)
        assert (room.guess("mug"), room.guess("cup")) == ("mug", "cup")
        assert room.notebook.models[-1].version == 2
        assert room.notebook.models[-1].export.class_names == ("mug", "cup")
        assert room.engine.status.phase is Phase.IDLE
    with Classroom(tmp_path) as room:
        assert room.learner.classes == ("mug", "cup")


def test_frames_from_before_the_call_count_if_the_object_is_still_there(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug", 30, leaves=False)
        capture = room.begin("mug", frames=25)
        assert capture.frames == 25
        assert result(capture).success
        assert room.learner.class_info("mug").frames == 25
        room.leave(segment)


def test_frames_of_an_object_that_has_left_do_not_count(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("mug", 30)
        segment = room.show("cup", 3, leaves=False)
        capture = room.begin("cup", frames=10)
        assert capture.frames == 3
        room.show("cup", 7, segment)
        assert result(capture).frames == 10
        assert room.guess("cup") == "cup"


def test_the_session_ends_when_the_object_leaves(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug", 1, leaves=False)
        capture = room.begin("mug", frames=1000)
        room.show("mug", 11, segment)
        assert result(capture).frames == 12


def test_too_few_frames_change_nothing(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        stored = room.store.versions()
        segment = room.show("mug", 2, leaves=False)
        capture = room.begin("mug")
        room.show("mug", 1, segment)
        ended = result(capture)
        assert (ended.success, ended.code, ended.frames) == (False, ErrorCode.TOO_FEW_FRAMES, 3)
        assert "3 good frames, 5 are needed" in ended.message
        assert room.learner.classes == ()
        assert room.store.versions() == stored
        assert room.engine.status.phase is Phase.FAILED
        assert room.teach("mug").success  # and the next one may begin


@pytest.mark.parametrize("keep", [True, False])
def test_stop_learns_or_discards(tmp_path: Path, keep: bool) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug", 8, leaves=False)
        capture = room.begin("mug", frames=1000)
        room.engine.sessions.stop(keep)
        ended = result(capture)
        assert ended.success is keep
        assert room.learner.classes == (("mug",) if keep else ())
        room.leave(segment)


def test_stop_with_too_few_frames_says_so(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("mug", 3, leaves=False)
        room.begin("mug", frames=1000)
        with pytest.raises(TeachingError, match="3 good frames, 5 are needed") as refusal:
            room.engine.sessions.stop(keep=True)
        assert refusal.value.code is ErrorCode.TOO_FEW_FRAMES
        assert room.learner.classes == ()


def test_cancel_while_gathering_and_while_training(tmp_path: Path) -> None:
    config = LearnerConfig(strategy="naive", epochs=1000)
    with Classroom(tmp_path, learner=config) as room:
        room.show("mug", 8, leaves=False)
        gathering = room.begin("mug", frames=1000)
        room.engine.sessions.cancel(gathering.session_id)
        assert result(gathering).code is ErrorCode.CANCELED
        training = room.begin("mug", frames=8)
        room.notebook.wait(lambda book: book.statuses[-1].phase is Phase.TRAINING)
        room.engine.sessions.cancel()
        assert result(training).code is ErrorCode.CANCELED
        assert room.learner.classes == ()
        assert room.store.journal.ids() == []


def test_one_session_at_a_time_and_none_while_paused(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("mug", 8, leaves=False)
        with pytest.raises(TeachingError) as nothing:
            room.engine.sessions.stop(keep=True)
        assert nothing.value.code is ErrorCode.NO_SESSION
        room.begin("mug", frames=1000)
        with pytest.raises(TeachingError) as busy:
            room.begin("cup")
        assert busy.value.code is ErrorCode.BUSY
        with pytest.raises(TeachingError) as busy:
            room.engine.change(lambda changes: changes.reset())
        assert busy.value.code is ErrorCode.BUSY
        room.engine.sessions.cancel()
        room.engine.pause(True)
        with pytest.raises(TeachingError) as paused:
            room.begin("mug")
        assert paused.value.code is ErrorCode.PAUSED


def test_no_images_and_no_room(tmp_path: Path) -> None:
    config = replace(PATIENT, max_classes=1, silence=5.0)
    with Classroom(tmp_path, config) as room:
        with pytest.raises(TeachingError) as silent:
            room.begin("mug")
        assert silent.value.code is ErrorCode.NO_IMAGES
        assert room.teach("mug").success
        with pytest.raises(TeachingError) as full:
            room.begin("cup")
        assert full.value.code is ErrorCode.CAPACITY
        assert room.teach("mug").success


def test_a_segment_is_named_after_its_object_has_left(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        mug = room.show("mug")
        room.show("cup")
        assert result(room.engine.label_segment(mug, "mug")).frames == 30
        assert room.learner.classes == ("mug",)
        labels = {s.segment_id: s.label for s in room.engine.segments().result(WAIT)}
        assert labels == {mug: "mug", mug + 1: ""}


def test_a_segment_that_is_not_remembered_cannot_be_named(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        with pytest.raises(TeachingError) as refusal:
            room.engine.label_segment(77, "mug")
        assert refusal.value.code is ErrorCode.UNKNOWN_SEGMENT
        blurred = room.show("mug", sharpness=0.0)
        with pytest.raises(TeachingError) as refusal:
            room.engine.label_segment(blurred, "mug")
        assert refusal.value.code is ErrorCode.TOO_FEW_FRAMES
        assert room.learner.classes == ()


def test_labels_of_segments_follow_what_is_known(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")

        def labels() -> list[str]:
            return [segment.label for segment in room.engine.segments().result(WAIT)]

        assert labels() == ["cup", "mug"]
        room.engine.change(lambda changes: changes.rename("cup", "beaker")).result(WAIT)
        assert labels() == ["beaker", "mug"]
        room.engine.change(lambda changes: changes.forget("mug")).result(WAIT)
        assert labels() == ["beaker", ""]


def test_a_canceled_training_names_no_segment(tmp_path: Path) -> None:
    with Classroom(tmp_path, learner=LearnerConfig(strategy="naive", epochs=1000)) as room:
        segment = room.show("mug")
        capture = room.engine.label_segment(segment, "mug")
        room.engine.sessions.cancel()
        assert result(capture).code is ErrorCode.CANCELED
        assert [s.label for s in room.engine.segments().result(WAIT)] == [""]
