"""What is found damaged on disk is told of, whenever it is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lr_ros.core.state import State
from lr_ros.core.store import Store
from teaching.classroom import SPEC, Classroom


def _told_of(room: Classroom, name: str) -> None:
    room.notebook.wait(
        lambda book: any(level == "error" and name in text for level, text in book.log)
    )


def test_a_damaged_journal_is_told_of_at_the_start(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        latents = np.zeros((5, *SPEC.latent_shape), np.float32)
        store.journal.put("lesson", State({"latents": latents}, {"class_name": "mug"}))
    entry = next((tmp_path / "store" / "journal").iterdir())
    entry.write_bytes(entry.read_bytes()[:-100])
    with Classroom(tmp_path) as room:
        _told_of(room, entry.name)
        assert room.learner.classes == ()


def test_a_version_found_damaged_by_undo_is_told_of(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        for name in ("mug", "cup"):
            assert room.teach(name).success
        damaged = tmp_path / "store" / "versions" / "000000000001.snapshot"
        damaged.write_bytes(b"")
        assert "version 0" in room.undo()
        _told_of(room, damaged.name)
        assert room.learner.classes == ()
