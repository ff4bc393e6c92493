"""Models by name, and the names that may not become paths."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_store.states import assert_equal, make_state
from lr_ros.core.store import (
    DamagedError,
    ExistsError,
    InvalidNameError,
    Store,
    StoreError,
    StoreIOError,
    UnknownModelError,
)
from lr_ros.core.store.disk import TEMPORARY


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "store", export_directory=tmp_path / "export") as store:
        yield store


def test_save_and_read(store: Store) -> None:
    path = store.save(make_state(1), "kitchen-2.1_b")
    assert path.is_file()
    assert_equal(store.read("kitchen-2.1_b"), make_state(1))
    assert store.models() == ["kitchen-2.1_b"]


def test_overwrite_only_when_asked(store: Store) -> None:
    store.save(make_state(1), "kitchen")
    with pytest.raises(ExistsError, match="'kitchen'"):
        store.save(make_state(2), "kitchen")
    assert_equal(store.read("kitchen"), make_state(1))
    store.save(make_state(2), "kitchen", overwrite=True)
    assert_equal(store.read("kitchen"), make_state(2))


def test_unknown_names_the_known(store: Store) -> None:
    store.save(make_state(1), "kitchen")
    with pytest.raises(UnknownModelError, match=r"'bath'.*kitchen"):
        store.read("bath")


BAD_NAMES = [
    "", ".", "..", ".hidden", "a/b", "../x", "a\\b", "a b", "a\0", "a\n", "ü", "x" * 101,
    "~", "$HOME",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names(store: Store, name: str) -> None:
    with pytest.raises(InvalidNameError) as error:
        store.save(make_state(), name)
    assert repr(name[:50])[1:-1] in str(error.value)
    with pytest.raises(InvalidNameError):
        store.read(name)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(max_size=120) | st.text(alphabet="/.ab~\0", max_size=12))
def test_no_name_leads_outside(store: Store, tmp_path: Path, name: str) -> None:
    try:
        path = store.save(make_state(), name, overwrite=True)
    except StoreError:
        return
    assert (store.root / "models") in path.parents or (tmp_path / "export") in path.parents


def test_export_below_the_directory(store: Store, tmp_path: Path) -> None:
    name = str(tmp_path / "export" / "robots" / "kitchen")
    assert store.save(make_state(3), name) == Path(name)
    assert_equal(store.read(name), make_state(3))


def test_what_a_killed_process_was_writing_is_removed(tmp_path: Path) -> None:
    """Also where models are exported, but never what another process still writes there."""
    export = tmp_path / "export"
    (export / "robots").mkdir(parents=True)
    left = [export / f"{TEMPORARY}1", export / "robots" / f"{TEMPORARY}2"]
    written = export / f"{TEMPORARY}3"
    linked = export / f"{TEMPORARY}4"
    other = tmp_path / "other"
    for path in (*left, written, other):
        path.write_bytes(b"half a model")
    linked.symlink_to(other)
    with open(written, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with Store(tmp_path / "store", export_directory=export) as store:
            assert [path.exists() for path in left] == [False, True]
            store.save(make_state(1), str(export / "robots" / "kitchen"))
            assert not left[1].exists()
        assert written.exists()
        assert other.exists()


def test_two_processes_export_to_one_directory_at_once(tmp_path: Path) -> None:
    """One opens its store again and again while the other writes: neither disturbs the other."""
    export = tmp_path / "export"
    writer = (
        "import sys; from pathlib import Path; from lr_ros.core.store import Store\n"
        "from core_store.states import make_state\n"
        "with Store(Path(sys.argv[1]), export_directory=Path(sys.argv[2])) as store:\n"
        "    for n in range(60): store.save(make_state(n), sys.argv[2] + '/one', overwrite=n > 0)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", writer, str(tmp_path / "one"), str(export)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    opened = 0
    while process.poll() is None:
        Store(tmp_path / "two", export_directory=export).close()
        opened += 1
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert opened > 5
    with Store(tmp_path / "two", export_directory=export) as store:
        assert_equal(store.read(str(export / "one")), make_state(59))


def test_export_is_refused_outside(store: Store, tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "out").symlink_to(tmp_path)
    (export / "file").symlink_to(tmp_path / "elsewhere")
    (export / "circle").symlink_to(export / "circle")
    for name in (
        "/etc/passwd", f"{export}", f"{export}/../x", f"{export}/out/x", f"{export}/file",
        f"{export}evil/x", f"{export}/circle/x", f"{export}/.x", f"{export}/a\nb",
        f"{export}/{'x' * 300}", f"{export}/\0", "/" + "a/" * 3000,
    ):  # fmt: skip
        with pytest.raises((InvalidNameError, StoreIOError)):
            store.save(make_state(), name)
        with pytest.raises((InvalidNameError, StoreIOError)):
            store.read(name)
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "x").exists()


def test_export_needs_a_directory(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store, pytest.raises(InvalidNameError, match="export_directory"):
        store.save(make_state(), str(tmp_path / "x"))


def test_export_does_not_replace_foreign_files(store: Store, tmp_path: Path) -> None:
    (tmp_path / "export" / "folder").mkdir(parents=True)
    photo = tmp_path / "export" / "photo.jpg"
    photo.write_bytes(b"\xff\xd8 a photograph")
    for name in (photo, photo.parent / "folder"):
        with pytest.raises(ExistsError, match="not a model"):
            store.save(make_state(), str(name), overwrite=True)
    assert photo.read_bytes() == b"\xff\xd8 a photograph"


def test_files_that_are_no_models(store: Store, tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "text").write_text("hello")
    (export / "empty").write_bytes(b"")
    (export / "folder").mkdir()
    os.mkfifo(export / "pipe")
    (export / "huge").touch()
    os.truncate(export / "huge", 3 << 30)
    for name in ("text", "empty", "folder", "pipe", "huge"):
        with pytest.raises((DamagedError, StoreIOError), match=name):
            store.read(str(export / name))


def test_a_session_is_not_a_model(store: Store, tmp_path: Path) -> None:
    store.journal.put("s1", make_state())
    entry = next((store.root / "journal").iterdir())
    target = tmp_path / "export" / "session"
    target.parent.mkdir()
    target.write_bytes(entry.read_bytes())
    with pytest.raises(DamagedError, match="session s1"):
        store.read(str(target))
