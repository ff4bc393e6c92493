"""Versions: what goes in comes out, numbers rise, old ones go, undo goes back."""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core_store.states import assert_equal, make_state
from lr_ros.core.state import State
from lr_ros.core.store import NothingToUndoError, Store, StoreError, UnknownVersionError, snapshot


def test_empty_store_loads_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        assert store.load() is None
        assert store.versions() == []
        assert store.set_aside == []
        with pytest.raises(NothingToUndoError):
            store.undo()


def test_commit_survives_a_restart(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert store.commit(make_state(1), "learned mug") == 1
        assert store.commit(make_state(2), "learned cup", session_id="s2") == 2
    with Store(tmp_path) as store:
        loaded = store.load()
        assert loaded is not None
        assert (loaded.version, loaded.note, loaded.session_id) == (2, "learned cup", "s2")
        assert_equal(loaded.state, make_state(2))
        assert_equal(store.load_version(1).state, make_state(1))
        assert [v.version for v in store.versions()] == [2, 1]
        with pytest.raises(UnknownVersionError, match=r"version 3 .* \[1, 2\]"):
            store.load_version(3)


_dtypes = st.sampled_from(["u1", "i1", "<u2", "<i4", "<i8", "<f2", "<f4", "<f8", "?", ">i4", ">f8"])


@settings(max_examples=60, deadline=None)
@given(
    array=_dtypes.flatmap(
        lambda d: hnp.arrays(np.dtype(d), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
    ),
    transposed=st.booleans(),
    meta=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
)
def test_any_state_comes_back_as_it_was(tmp_path_factory, array, transposed, meta) -> None:
    array = array.T if transposed else array  # not row-major in memory
    path = tmp_path_factory.mktemp("any") / "file"
    with open(path, "wb") as file:
        snapshot.write(file, State({"a.b": array}, {"meta": meta}), snapshot.Manifest("model", "m"))
    _, state = snapshot.read(path.read_bytes(), "file")
    native = array.astype(array.dtype.newbyteorder("="))
    np.testing.assert_array_equal(state.arrays["a.b"], native)
    assert state.arrays["a.b"].shape == array.shape
    assert state.arrays["a.b"].flags.writeable
    assert state.meta == {"meta": meta}


@pytest.mark.parametrize(
    "state",
    [
        State({"a": np.array([object()])}),
        State({"a": np.array(["text"])}),
        State({"__metadata__": np.zeros(1)}),
        State(meta={"loss": float("nan")}),
        State(meta={"loss": object()}),
    ],
    ids=["objects", "text", "reserved name", "nan", "no json"],
)
def test_state_that_cannot_be_stored_changes_nothing(tmp_path: Path, state: State) -> None:
    with Store(tmp_path) as store:
        store.commit(make_state(1), "")
        files = sorted(tmp_path.rglob("*"))
        with pytest.raises((ValueError, TypeError)):
            store.commit(state, "")
        assert sorted(tmp_path.rglob("*")) == files
        assert store.commit(make_state(2), "") == 2


def test_keeps_the_last_versions(tmp_path: Path) -> None:
    with Store(tmp_path, keep=3) as store:
        for number in range(1, 8):
            store.commit(make_state(number), f"n{number}")
        assert [v.version for v in store.versions()] == [7, 6, 5]


def test_byte_limit_never_removes_the_newest(tmp_path: Path) -> None:
    with Store(tmp_path, keep=5, max_bytes=1) as store:
        store.commit(make_state(1), "")
        store.commit(make_state(2), "")
        assert [v.version for v in store.versions()] == [2]
        size = store.versions()[0].bytes
    with Store(tmp_path, keep=5, max_bytes=3 * size + 50) as store:
        for number in range(3, 9):
            store.commit(make_state(number), "")
        assert [v.version for v in store.versions()] == [8, 7, 6]


def test_undo_goes_further_back_each_time_and_survives_restarts(tmp_path: Path) -> None:
    with Store(tmp_path, keep=4) as store:
        for number in range(1, 5):
            store.commit(make_state(number), "")
    for version, number in ((5, 3), (6, 2), (7, 1)):
        with Store(tmp_path, keep=4) as store:
            loaded = store.undo()
            assert loaded.version == version
            assert_equal(loaded.state, make_state(number))
        with Store(tmp_path, keep=4) as store:
            loaded = store.load()
            assert loaded is not None
            assert loaded.version == version
            assert_equal(loaded.state, make_state(number))
    with Store(tmp_path, keep=4) as store, pytest.raises(NothingToUndoError):
        store.undo()


def test_the_first_change_can_be_undone(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.begin(make_state(0))
        store.begin(make_state(7))
    with Store(tmp_path) as store:
        assert store.commit(make_state(1), "") == 1
        store.begin(make_state(7))
    with Store(tmp_path) as store:
        undone = store.undo()
        assert undone.version == 2
        assert_equal(undone.state, make_state(0))
        with pytest.raises(NothingToUndoError):
            store.undo()


def test_undo_after_learning_again_skips_what_was_undone(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for number in range(1, 4):
            store.commit(make_state(number), "")
        store.undo()  # version 4, as 2
        store.commit(make_state(5), "")
        assert_equal(store.undo().state, make_state(2))
        assert_equal(store.undo().state, make_state(1))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["commit", "undo", "restart"]), max_size=14),
    st.integers(1, 5),
)
def test_undo_against_a_simple_model(tmp_path_factory, actions: list[str], keep: int) -> None:
    root = tmp_path_factory.mktemp("undo")
    history: list[int] = []  # contents that undo can reach, the present one last
    highest, content = 0, 0
    store = Store(root, keep=keep)
    for action in actions:
        if action == "commit":
            content += 1
            history = [*history, content][-keep:]
            assert store.commit(make_state(content), "") == highest + 1
            highest += 1
        elif action == "undo" and len(history) > 1:
            history.pop()
            loaded = store.undo()
            highest += 1
            assert loaded.version == highest
            assert loaded.state.meta["number"] == history[-1]
        elif action == "undo":
            with pytest.raises(NothingToUndoError):
                store.undo()
        else:
            store.close()
            store = Store(root, keep=keep)
        loaded = store.load()
        assert (loaded.state.meta["number"] if loaded else None) == (
            history[-1] if history else None
        )
        assert len(store.versions()) <= keep
    store.close()


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    root = tmp_path / "open"
    root.mkdir(mode=0o755)
    with Store(root, export_directory=tmp_path / "export") as store:
        store.commit(make_state(1), "")
        store.save(make_state(1), "kitchen")
        store.journal.put("s1", make_state(1))
        exported = store.save(make_state(1), str(tmp_path / "export" / "kitchen"))
    for path in [root, exported, *root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_directory_of_something_else_is_refused_untouched(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(StoreError, match=r"thesis\.tex"):
        Store(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_closed_store_refuses(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.commit(make_state(), "")


@pytest.mark.parametrize(("keep", "max_bytes"), [(0, 1), (1, 0)])
def test_limits_are_checked(tmp_path: Path, keep: int, max_bytes: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Store(tmp_path, keep=keep, max_bytes=max_bytes)
