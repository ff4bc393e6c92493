"""The journal: what is put survives, in order, until it is done; it is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from core_store.states import assert_equal, make_state
from lr_ros.core.store import InvalidNameError, Journal, JournalFullError, Store
from lr_ros.core.store.aside import Quarantine
from lr_ros.core.store.disk import TEMPORARY


def test_sessions_wait_in_order_over_a_restart(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number, session_id in enumerate(("z", "a", "m-1.2_x")):
            store.journal.put(session_id, make_state(number))
        store.journal.done("a")
        store.journal.done("a")
        store.journal.done("never there")
    with Store(tmp_path) as store:
        pending = store.journal.pending()
        assert [entry.session_id for entry in pending] == ["z", "m-1.2_x"]
        assert_equal(pending[1].state, make_state(2))
        store.journal.put("later", make_state(3))
        assert store.journal.ids() == ["z", "m-1.2_x", "later"]


def test_put_again_replaces(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.journal.put("a", make_state(1))
        store.journal.put("b", make_state(2))
        store.journal.put("a", make_state(3))
        assert store.journal.ids() == ["a", "b"]
        assert_equal(store.journal.pending()[0].state, make_state(3))


def test_commit_of_a_session_takes_it_out(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.journal.put("a", make_state(1))
        store.journal.put("b", make_state(2))
        store.commit(make_state(1), "learned", session_id="a")
        assert store.journal.ids() == ["b"]


def test_a_session_trained_before_the_crash_is_not_trained_again(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.journal.put("a", make_state(1))
        entry = next((tmp_path / "journal").iterdir())
        data = entry.read_bytes()
        store.commit(make_state(1), "learned", session_id="a")
        store.commit(make_state(2), "learned another")
        entry.write_bytes(data)  # the process was killed between the two
    with Store(tmp_path) as store:
        assert store.journal.ids() == []


def test_unfinished_entries_are_ignored(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.journal.put("a", make_state(1))
        whole = next((tmp_path / "journal").iterdir()).read_bytes()
    (tmp_path / "journal" / f"{TEMPORARY}123").write_bytes(whole[: len(whole) // 2])
    with Store(tmp_path) as store:
        assert store.journal.ids() == ["a"]
        assert len(list((tmp_path / "journal").iterdir())) == 1


def test_bounds(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", Quarantine(tmp_path / "d"), most=2, max_bytes=100_000)
    journal.put("a", make_state(1))
    with pytest.raises(JournalFullError, match="wait until"):
        journal.put("big", make_state(2, size=40_000))
    journal.put("b", make_state(2))
    with pytest.raises(JournalFullError, match="2 sessions"):
        journal.put("c", make_state(3))
    journal.put("b", make_state(4))
    journal.done("a")
    journal.put("c", make_state(3))
    assert journal.ids() == ["b", "c"]


@pytest.mark.parametrize("session_id", ["", "../x", "a/b", ".a", "a\0b"])
def test_ids_are_checked(tmp_path: Path, session_id: str) -> None:
    with Store(tmp_path) as store, pytest.raises(InvalidNameError, match="session"):
        store.journal.put(session_id, make_state())
