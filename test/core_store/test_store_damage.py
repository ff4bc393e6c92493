"""Whatever happens to the bytes of a store: no wrong load, no crash, the version before is used."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_store.states import assert_equal, make_state
from lr_ros.core.store import DamagedError, Loaded, Store, snapshot

NEWEST = "versions/000000000003.snapshot"


@pytest.fixture(autouse=True)
def _no_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save time: nothing here depends on what reaches the platter when."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Return a store of three versions, a model and two sessions."""
    root = tmp_path_factory.mktemp("whole")
    with Store(root) as store:
        for number in range(1, 4):
            store.commit(make_state(number, size=5), f"note {number}")
        store.save(make_state(7, size=5), "kitchen")
        store.journal.put("s1", make_state(8, size=5))
        store.journal.put("s2", make_state(9, size=5))
    return root


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of the whole store that a test may damage."""
    return Path(shutil.copytree(whole, tmp_path / "copy"))


def _files(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def _load(root: Path) -> tuple[Loaded, list[str]]:
    """Load, check that everything that is read is right, and return what was set aside."""
    with Store(root) as store:
        loaded = store.load()
        assert loaded is not None
        assert_equal(loaded.state, make_state(loaded.version, size=5))
        assert loaded.note == f"note {loaded.version}"
        for entry in store.journal.pending():
            assert_equal(entry.state, make_state({"s1": 8, "s2": 9}[entry.session_id], size=5))
        try:
            assert_equal(store.read("kitchen"), make_state(7, size=5))
        except DamagedError as error:
            assert "kitchen" in str(error)  # noqa: PT017 - one of two right outcomes
        assert store.commit(make_state(4, size=5), "note 4") == 4
        return loaded, [entry.name for entry in store.set_aside]


def _check_damaged(root: Path, name: str) -> None:
    before = _files(root)
    loaded, aside = _load(root)
    if aside:
        assert aside == [Path(name).name]
        assert loaded.version == (2 if name == NEWEST else 3)
        assert (root / "damaged" / Path(name).name).exists()
    else:  # the altered byte does not matter, as a time stamp inside a zip file
        assert loaded.version == 3
    assert len(_files(root)) >= len(before), "something was deleted"


def _prepared(whole: Path, tmp_path: Path) -> Path:
    root = tmp_path / "copy"
    shutil.rmtree(root, ignore_errors=True)
    return Path(shutil.copytree(whole, root))


_DAMAGEABLE = st.sampled_from(
    [
        NEWEST,
        "versions/000000000002.snapshot",
        "versions/newest.json",
        "models/kitchen.snapshot",
        "journal/000000000001-s1.snapshot",
        "store.json",
        "lock",
    ]
)
_relaxed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_every_file_of_a_store_is_damaged_below(whole: Path) -> None:
    known = {NEWEST, "versions/000000000001.snapshot", "journal/000000000002-s2.snapshot"}
    assert set(_files(whole)) - known <= set(_DAMAGEABLE.elements)


@_relaxed
@given(name=_DAMAGEABLE, share=st.floats(0, 1))
def test_truncation(whole: Path, tmp_path: Path, name: str, share: float) -> None:
    root = _prepared(whole, tmp_path)
    data = (root / name).read_bytes()
    (root / name).write_bytes(data[: int(share * len(data))])
    _check_damaged(root, name)


@_relaxed
@given(
    name=_DAMAGEABLE,
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=4),
)
def test_bit_flips(whole: Path, tmp_path: Path, name: str, places) -> None:
    root = _prepared(whole, tmp_path)
    data = bytearray((root / name).read_bytes())
    for share, bit in places if data else ():
        data[min(int(share * len(data)), len(data) - 1)] ^= 1 << bit
    (root / name).write_bytes(data)
    _check_damaged(root, name)


@_relaxed
@given(name=_DAMAGEABLE, tail=st.binary(min_size=1, max_size=60), replace=st.booleans())
def test_foreign_bytes(whole: Path, tmp_path: Path, name: str, tail: bytes, replace: bool) -> None:
    root = _prepared(whole, tmp_path)
    data = (root / name).read_bytes()
    (root / name).write_bytes(tail if replace else data + tail)
    _check_damaged(root, name)


def test_every_length_of_the_newest_version(copy: Path) -> None:
    data = (copy / NEWEST).read_bytes()
    for length in range(len(data)):
        with pytest.raises(DamagedError):
            snapshot.read(data[:length], "it")


def test_every_bit_of_the_newest_version(copy: Path) -> None:
    data = (copy / NEWEST).read_bytes()
    with zipfile.ZipFile(copy / NEWEST) as archive:
        members = [archive.read(name) for name in archive.namelist()]
    content = {data.index(m) + i for m in members for i in range(len(m))}
    for place in range(len(data)):
        altered = bytearray(data)
        altered[place] ^= 1 << place % 8
        try:
            manifest, state = snapshot.read(bytes(altered), "it")
        except DamagedError:
            continue
        assert place not in content
        assert manifest.label == "3"
        assert_equal(state, make_state(3, size=5))


def test_all_versions_damaged_leaves_nothing_known(copy: Path) -> None:
    for path in (copy / "versions").glob("*.snapshot"):
        path.write_bytes(b"")
    with Store(copy) as store:
        assert store.load() is None
        assert len(store.set_aside) == 3
        assert all("damaged" in entry.reason for entry in store.set_aside)
        store.begin(make_state(0))
        assert store.load() is None, "version 0 is for a store that never held anything"
        assert store.commit(make_state(4), "") == 4, "numbers rise although nothing is left"


def test_files_exchanged_for_each_other(copy: Path) -> None:
    (copy / NEWEST).write_bytes((copy / "versions/000000000001.snapshot").read_bytes())
    with Store(copy) as store:
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == 2
        assert "holds version 1" in store.set_aside[0].reason


def test_a_version_that_vanished_is_reported(copy: Path) -> None:
    (copy / NEWEST).unlink()
    with Store(copy) as store:
        assert [entry.name for entry in store.set_aside] == [Path(NEWEST).name]
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == 2
        assert store.commit(make_state(4), "") == 4


def test_damaged_files_of_one_name_do_not_replace_each_other(copy: Path) -> None:
    for _ in range(3):
        (copy / "store.json").write_text("{}")
        Store(copy).close()
    names = sorted(p.name for p in (copy / "damaged").iterdir())
    assert names == ["store.json", "store.json.1", "store.json.2"]


def test_undo_skips_a_damaged_version(copy: Path) -> None:
    (copy / "versions/000000000002.snapshot").write_bytes(b"PK\x03\x04")
    with Store(copy) as store:
        assert_equal(store.undo().state, make_state(1, size=5))


def test_a_damaged_version_asked_for_by_number(copy: Path) -> None:
    path = copy / "versions/000000000002.snapshot"
    path.write_bytes(path.read_bytes().replace(b"Tasse", b"tasse"))
    with Store(copy) as store, pytest.raises(DamagedError, match="version 2"):
        store.load_version(2)
