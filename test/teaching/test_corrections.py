"""Rename, merge, forget, undo, reset, and disks that fail: on a live engine and after a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lr_ros.core.learner import LearnerConfig
from lr_ros.core.store import StoreIOError
from lr_ros.teaching import knowledge
from lr_ros.teaching.changes import Changes
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.status import Phase
from teaching.classroom import WAIT, Classroom


def rename(room: Classroom, old: str, new: str, merge: bool = False) -> int:
    return room.engine.change(lambda changes: changes.rename(old, new, merge)).result(WAIT)


def test_rename(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")
        assert rename(room, "mug", "beaker") == 3
        assert room.learner.classes == ("beaker", "cup")
        assert room.guess("mug") == "beaker"


def test_rename_to_a_name_that_is_taken_merges_only_when_asked(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")
        room.teach("box")
        with pytest.raises(TeachingError) as refusal:
            rename(room, "mug", "cup")
        assert refusal.value.code is ErrorCode.CLASS_EXISTS
        assert room.learner.classes == ("mug", "cup", "box")
        rename(room, "mug", "cup", merge=True)
        assert room.learner.classes == ("cup", "box")
        assert room.learner.class_info("cup").sessions == 2
        assert (room.guess("mug"), room.guess("cup"), room.guess("box")) == ("cup", "cup", "box")
        room.undo()
        assert (room.guess("mug"), room.guess("cup")) == ("mug", "cup")


def test_merging_needs_no_class_of_the_new_name_but_another_one(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        rename(room, "mug", "cup", merge=True)
        assert room.learner.classes == ("cup",)
        with pytest.raises(TeachingError) as itself:
            rename(room, "cup", "cup", merge=True)
        assert itself.value.code is ErrorCode.CLASS_EXISTS
        with pytest.raises(TeachingError) as stranger:
            rename(room, "pot", "cup", merge=True)
        assert stranger.value.code is ErrorCode.UNKNOWN_CLASS


def test_undo_goes_back_step_by_step_across_a_restart(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")
        rename(room, "cup", "beaker")
        room.engine.change(lambda changes: changes.forget("mug")).result(WAIT)
        room.undo()
        assert room.learner.classes == ("mug", "beaker")
    with Classroom(tmp_path) as room:
        assert room.learner.classes == ("mug", "beaker")
        before = room.engine.status.model_version
        room.undo()
        assert room.learner.classes == ("mug", "cup")
        room.undo()
        assert room.learner.classes == ("mug",)
        room.undo()
        assert room.learner.classes == ()
        assert room.notebook.models[-1].version == room.engine.status.model_version == before + 3
        with pytest.raises(TeachingError) as nothing:
            room.undo()
        assert nothing.value.code is ErrorCode.NOTHING_TO_UNDO
        assert room.teach("pot").success


def test_a_restart_with_other_settings_converts_what_is_stored_and_tells(tmp_path: Path) -> None:
    plain = LearnerConfig(strategy="latent_replay")
    with Classroom(tmp_path, learner=plain) as room:
        room.teach("mug")
        room.teach("cup")
        stored = room.learner.replay_used
    sparing = replace(plain, replay_capacity=8, bits=4)
    with Classroom(tmp_path, learner=sparing) as room:
        assert room.learner.replay_used == room.learner.replay_capacity == 8 < stored
        assert [room.learner.class_info(name).latents for name in ("mug", "cup")] == [4, 4]
        (line,) = [text for _, text in room.notebook.log if "replay memory" in text]
        assert "8 places of 4 bits" in line
        assert f"8 of {stored} latents are kept" in line
        assert room.teach("box").success
        assert room.learner.replay_used == 8


def test_reset_is_undone_and_a_forgotten_class_is_learned_again(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.engine.change(Changes.reset).result(WAIT)
        assert room.learner.classes == ()
        assert room.notebook.models[-1].export is None
        room.undo()
        assert room.guess("mug") == "mug"
        room.engine.change(lambda changes: changes.forget("mug")).result(WAIT)
        assert room.teach("mug").success
        assert room.learner.class_info("mug").sessions == 1


class FullDisk:
    """Lets commits of a store fail as long as ``full``."""

    def __init__(self, room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        commit = room.store.commit

        def attempt(*arguments: Any) -> int:
            if self.full:
                raise StoreIOError("the disk is full")
            return commit(*arguments)

        monkeypatch.setattr(room.store, "commit", attempt)


def test_a_full_disk_is_told_and_what_was_learned_is_saved_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowledge, "RETRY_SECONDS", 0.1)
    with Classroom(tmp_path) as room:
        disk = FullDisk(room, monkeypatch)
        failed = [room.teach("mug"), room.teach("cup")]
        assert [ended.code for ended in failed] == [ErrorCode.IO_ERROR] * 2
        assert "not on disk" in failed[0].message
        assert room.guess("mug") == "mug"  # in force all the same
        assert room.engine.vitals.unsaved_for is not None
        assert len(room.store.journal.ids()) == 2
        disk.full = False
        room.notebook.wait(lambda book: any(text == knowledge.SAVED for _, text in book.log))
        room.settle()
        assert room.engine.vitals.unsaved_for is None
        assert room.engine.status.phase is Phase.IDLE
        assert room.store.journal.ids() == []
    with Classroom(tmp_path) as room:
        assert room.learner.classes == ("mug", "cup")
        assert room.learner.class_info("mug").sessions == 1


def test_undo_is_refused_while_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        disk = FullDisk(room, monkeypatch)
        room.teach("cup")
        with pytest.raises(TeachingError) as refusal:
            room.undo()
        assert refusal.value.code is ErrorCode.IO_ERROR
        assert room.learner.classes == ("mug", "cup")
        disk.full = False
        room.undo()
        assert room.learner.classes == ("mug",)
