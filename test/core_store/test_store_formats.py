"""Older formats are brought forward, newer ones refused with the release that reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core_store.states import assert_equal, make_state
from lr_ros.core.state import State
from lr_ros.core.store import IncompatibleStoreError, Store, formats, snapshot


def _become_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (formats, snapshot):
        monkeypatch.setattr(module, "FORMAT", 2)
        monkeypatch.setattr(module, "NEEDS", "7.5.0")
    monkeypatch.setattr("lr_ros.core.store.store.FORMAT", 2)
    monkeypatch.setattr("lr_ros.core.store.store.NEEDS", "7.5.0")
    monkeypatch.setitem(
        formats.MIGRATIONS, 1, lambda state: State(state.arrays, {**state.meta, "added": True})
    )


def test_migration_forward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        store.commit(make_state(1), "")
    _become_newer(monkeypatch)
    with Store(tmp_path) as store:
        loaded = store.load()
        assert loaded is not None
        assert loaded.state.meta.pop("added") is True
        assert_equal(loaded.state, make_state(1))


def test_newer_store_is_refused_and_kept(tmp_path: Path, monkeypatch) -> None:
    with monkeypatch.context() as newer:
        _become_newer(newer)
        with Store(tmp_path) as store:
            store.commit(make_state(1), "")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.name != "lock"}
    for _ in range(2):  # the lock is let go of
        with pytest.raises(IncompatibleStoreError, match=r"format 2.*up to 1.*7\.5\.0"):
            Store(tmp_path)
    assert {p: p.read_bytes() for p in before} == before


def test_newer_snapshot_is_refused_not_set_aside(tmp_path: Path, monkeypatch) -> None:
    with Store(tmp_path) as store:
        store.commit(make_state(1), "")
        with monkeypatch.context() as newer:
            _become_newer(newer)
            store.commit(make_state(2), "")
            store.save(make_state(2), "kitchen")
        for ask in (store.load, store.versions, lambda: store.read("kitchen")):
            with pytest.raises(IncompatibleStoreError, match=r"7\.5\.0"):
                ask()
        assert store.set_aside == []
