"""One object after the other: a session gathers while those before it are trained."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lr_ros.core.learner import CanceledError
from lr_ros.teaching.capture import Capture
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.status import Phase, Status
from teaching.classroom import PATIENT, WAIT, Classroom, result


class SlowRoom(Classroom):
    """Trainings begin and then last until ``gate`` is open, or they are canceled."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        super().__init__(directory, replace(PATIENT, **settings))
        self.gate = threading.Event()
        begin = self.learner.begin

        def held_up(class_name: str, clip_id: str) -> Any:
            session = begin(class_name, clip_id)
            finish = session.finish

            def finish_later(progress: Any, cancel: Any, now: float) -> Any:
                while not self.gate.wait(0.01):
                    if cancel():
                        session.abort()
                        raise CanceledError
                return finish(progress, cancel, now)

            session.finish = finish_later
            return session

        self.learner.begin = held_up

    def complete(self, name: str, frames: int = 8) -> Capture:
        """Show an object and teach it, but do not wait for its training."""
        segment = self.show(name, frames, leaves=False)
        capture = self.begin(name, frames)
        assert capture.frames == frames
        self.engine.segment_ended(segment)
        assert capture.kept.result(WAIT)
        return capture

    def wait_for_training(self, capture: Capture) -> None:
        self.notebook.wait(lambda _: capture.training)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[SlowRoom]:
    with SlowRoom(tmp_path / "robot") as room:
        yield room
        room.gate.set()


def ended(status: Status, capture: Capture) -> bool:
    return status.session_id == capture.session_id and status.phase in (Phase.IDLE, Phase.FAILED)


def test_a_session_gathers_and_another_waits_while_one_is_trained(room: SlowRoom) -> None:
    mug, cup = room.complete("mug"), room.complete("cup")
    segment = room.show("can", 1, leaves=False)
    can = room.begin("can", 10)
    room.show("can", 9, segment, leaves=False)
    assert (can.frames, mug.frames, cup.frames) == (10, 8, 8), "no frame is lost"
    assert not any(capture.result.done() for capture in (mug, cup, can))
    room.gate.set()
    learned = [result(capture) for capture in (mug, cup, can)]
    assert [r.model_version for r in learned] == [1, 2, 3], "in the order they were shown"
    assert room.learner.classes == ("mug", "cup", "can")
    assert room.store.journal.ids() == []


def test_busy_only_while_a_session_gathers(room: SlowRoom) -> None:
    room.complete("mug")
    room.show("cup", 2, leaves=False)
    room.begin("cup", 100)
    for another in (lambda: room.begin("can"), lambda: room.engine.label_segment(1, "can")):
        with pytest.raises(TeachingError, match="'cup' gathers") as busy:
            another()
        assert busy.value.code is ErrorCode.BUSY


def test_what_is_known_is_not_changed_while_sessions_wait(room: SlowRoom) -> None:
    mug = room.complete("mug")
    changes = [
        lambda c: c.undo(), lambda c: c.reset(), lambda c: c.forget("mug"),
        lambda c: c.rename("mug", "cup"), lambda c: c.load("x"), lambda c: c.save("x", False),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(TeachingError, match="sessions are still being trained") as busy:
            room.engine.change(change)
        assert busy.value.code is ErrorCode.BUSY
    room.gate.set()
    assert result(mug).success
    room.undo()
    assert room.learner.classes == ()


def test_questions_are_answered_while_a_session_is_trained(room: SlowRoom) -> None:
    mug = room.complete("mug")
    room.wait_for_training(mug)
    assert room.engine.ask(lambda learner: learner.classes).result(WAIT) == ()
    assert [s.frames for s in room.engine.segments().result(WAIT)] == [8]
    room.show("cup", 3, leaves=False)
    assert room.engine.advice(room.begin("cup", 100)).result(WAIT) == ()
    assert not mug.result.done()


def test_the_session_that_gathers_is_shown_and_the_end_of_another_is_told(room: SlowRoom) -> None:
    mug = room.complete("mug")
    room.wait_for_training(mug)
    room.show("cup", 3, leaves=False)
    cup = room.begin("cup", 100)
    shown = room.engine.status
    assert (shown.session_id, shown.phase, shown.class_name) == (
        cup.session_id, Phase.CAPTURING, "cup"
    )  # fmt: skip
    behind = room.engine.status_of(mug.session_id)
    assert behind is not None
    assert (behind.phase, behind.class_name, behind.frames) == (Phase.TRAINING, "mug", 8)
    since = len(room.notebook.statuses)
    room.gate.set()
    result(mug)
    end = next(s for s in room.notebook.statuses[since:] if ended(s, mug))
    assert (end.class_name, end.error_code, end.classes) == ("mug", ErrorCode.NONE, ("mug",))
    assert room.engine.status.session_id == cup.session_id
    assert room.engine.status.classes == ("mug",), "what is known is told with every session"
    assert room.engine.status_of(mug.session_id) is None


def test_a_session_is_called_complete_once_it_is_on_disk(room: SlowRoom) -> None:
    order: list[str] = []
    put, told = room.store.journal.put, room.notebook.on_status

    def note(status: Status) -> None:
        if status.phase is Phase.QUEUED:
            order.append("told")
        told(status)

    room.store.journal.put = lambda *a: (put(*a), order.append("on disk"))
    room.notebook.on_status = note
    room.complete("mug")
    assert order == ["on disk", "told"]


def test_cancel_takes_the_newest_first_and_each_by_its_own_flag(room: SlowRoom) -> None:
    mug, cup, can = (room.complete(name) for name in ("mug", "cup", "can"))
    room.wait_for_training(mug)
    room.show("jar", 3, leaves=False)
    jar = room.begin("jar", 100)
    for expected in (jar, can):
        assert room.engine.sessions.cancel() is expected
        assert result(expected).code is ErrorCode.CANCELED
    assert room.store.journal.ids() == [mug.session_id, cup.session_id]
    assert room.engine.sessions.cancel(mug.session_id) is mug, "in training, by its id"
    assert result(mug).code is ErrorCode.CANCELED
    room.gate.set()
    assert result(cup).success, "its training is not canceled with the one before"
    assert room.learner.classes == ("cup",)
    assert room.store.journal.ids() == []
    with pytest.raises(TeachingError) as nothing:
        room.engine.sessions.cancel()
    assert nothing.value.code is ErrorCode.NO_SESSION


def test_stop_ends_the_one_that_gathers_only(room: SlowRoom) -> None:
    mug = room.complete("mug")
    with pytest.raises(TeachingError) as nothing:
        room.engine.sessions.stop(keep=False)
    assert nothing.value.code is ErrorCode.NO_SESSION
    room.show("cup", 8, leaves=False)
    cup = room.begin("cup", 100)
    assert room.engine.sessions.stop(keep=True) is cup
    room.gate.set()
    assert (result(mug).success, result(cup).success) == (True, True)


def test_as_many_wait_as_the_limits_allow(tmp_path: Path) -> None:
    with SlowRoom(tmp_path, most_waiting=2, max_classes=2) as room:
        mug = room.complete("mug")
        cup = room.complete("cup")
        with pytest.raises(TeachingError, match=r"session\.waiting") as full:
            room.begin("mug")
        assert full.value.code is ErrorCode.CAPACITY
        room.gate.set()
        assert (result(mug).success, result(cup).success) == (True, True)


def test_classes_that_wait_for_their_training_count(tmp_path: Path) -> None:
    with SlowRoom(tmp_path, max_classes=1) as room:
        room.complete("mug")
        with pytest.raises(TeachingError, match=r"session\.max_classes") as full:
            room.begin("cup")
        assert full.value.code is ErrorCode.CAPACITY
        room.complete("mug")  # one that is learned further takes no more room
        room.gate.set()


def test_a_silent_camera_ends_a_session_while_another_is_trained(tmp_path: Path) -> None:
    with SlowRoom(tmp_path, silence=0.2) as room:
        mug = room.complete("mug")
        room.wait_for_training(mug)
        room.show("cup", 2, leaves=False)
        cup = room.begin("cup", 100)
        room.engine.sessions.end_if_silent()
        assert not cup.result.done()
        room.gate.set()
        assert result(mug).success
        assert "no images arrive any more" in result(cup).message


def test_a_power_cut_loses_none_that_wait(tmp_path: Path, room: SlowRoom) -> None:
    mug = room.complete("mug")
    room.wait_for_training(mug)
    room.complete("cup")
    room.show("can", 3, leaves=False)
    room.begin("can", 100)  # not complete: this one may be lost
    shutil.copytree(tmp_path / "robot", tmp_path / "after", ignore=shutil.ignore_patterns("lock"))
    with Classroom(tmp_path / "after") as revived:
        segment = revived.show("jar", 8, leaves=False)
        jar = revived.begin("jar", 8)  # it is not busy with what the power cut left
        assert result(jar).success
        assert revived.learner.classes == ("mug", "cup", "jar")
        assert revived.store.journal.ids() == []
        revived.leave(segment)


def test_ending_the_learner_keeps_those_that_are_complete(tmp_path: Path) -> None:
    with SlowRoom(tmp_path) as room:
        mug = room.complete("mug")
        room.wait_for_training(mug)
        cup = room.complete("cup")
        room.show("can", 3, leaves=False)
        can = room.begin("can", 100)
    for capture in (mug, cup):
        assert result(capture).code is ErrorCode.CANCELED
        assert "is trained at its next start" in result(capture).message
    assert "nothing was changed" in result(can).message
    with Classroom(tmp_path) as room:
        room.notebook.wait(lambda book: bool(book.models) and book.models[-1].version == 2)
        assert room.learner.classes == ("mug", "cup")


def test_a_disk_that_refuses_the_journal_does_not_stop_the_training(room: SlowRoom) -> None:
    def refuse(*_: Any) -> None:
        raise ValueError("no room")

    room.store.journal.put = refuse
    segment = room.show("mug", 8, leaves=False)
    mug = room.begin("mug", 8)
    kept: Future[bool] = mug.kept
    assert kept.result(WAIT) is False
    room.engine.segment_ended(segment)
    room.gate.set()
    assert result(mug).success
    assert any("would not survive" in text for _, text in room.notebook.log)
