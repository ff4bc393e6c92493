"""Older formats are brought forward, newer ones refused with the release that reads them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from core_learning.parts import learner, patterns

from core_store.states import assert_equal, make_state
from lr_ros.core.state import State
from lr_ros.core.store import IncompatibleStoreError, Store, formats, snapshot

NOW = formats.FORMAT


def _become(monkeypatch: pytest.MonkeyPatch, number: int, needs: str) -> None:
    for module in (formats, snapshot):
        monkeypatch.setattr(module, "FORMAT", number)
        monkeypatch.setattr(module, "NEEDS", needs)
    monkeypatch.setattr("lr_ros.core.store.store.FORMAT", number)
    monkeypatch.setattr("lr_ros.core.store.store.NEEDS", needs)


def _become_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    _become(monkeypatch, NOW + 1, "7.5.0")
    monkeypatch.setitem(
        formats.MIGRATIONS, NOW, lambda state: State(state.arrays, {**state.meta, "added": True})
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
        message = rf"format {NOW + 1}.*up to {NOW}.*7\.5\.0"
        with pytest.raises(IncompatibleStoreError, match=message):
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


def _as_format_1(state: State) -> State:
    """Take away what format 2 brought, and put back what it left out."""
    added = re.compile(r"strategy\.((wide_)?closed_form\.)?(own\d+|shared|shared_counts)")
    arrays = {name: value for name, value in state.arrays.items() if not added.fullmatch(name)}
    for name in [name for name in arrays if name.endswith(".scatter")]:
        head = name.removesuffix("scatter")
        arrays[f"{head}inverse"] = np.linalg.inv(arrays[name] + np.eye(len(arrays[name])))
        arrays[f"{head}frames"] = np.array([arrays[f"{head}counts"].sum()], np.float64)
    return State(arrays, state.meta)


@pytest.mark.parametrize("strategy", ["default", "slda"])
def test_format_1_is_learned_on_from(tmp_path: Path, monkeypatch, strategy: str) -> None:
    old = learner(strategy)
    for label, name in enumerate("abc"):
        old.learn(name, patterns(label), f"clip-{name}")
    with monkeypatch.context() as older, Store(tmp_path) as store:
        _become(older, 1, "0.1.0")
        store.commit(_as_format_1(old.state()), "")
        store.journal.put("waits", make_state(3))
    new = learner(strategy)
    with Store(tmp_path) as store:
        loaded = store.load()
        assert loaded is not None
        assert_equal(store.journal.pending()[0].state, make_state(3))
    new.restore(loaded.state)
    asked = np.concatenate([patterns(label, 8, seed=1) for label in range(3)])
    np.testing.assert_array_equal(
        new.predict(asked).probabilities, old.predict(asked).probabilities
    )
    # What was learned before cannot be told apart, what comes now can.
    new.forget("b")
    before = new.snapshot().strategy.parts().branches[-1]
    new.learn("d", patterns(3), "clip-d")
    new.forget("d")
    after = new.snapshot().strategy.parts().branches[-1]
    np.testing.assert_allclose(after.weight, before.weight, rtol=1e-4, atol=1e-4)
    best = new.predict(asked).probabilities.argmax(axis=1)
    assert (best[:8] == 0).all()
    assert (best[16:] == 1).all()
