"""Full and read-only disks, and the lock."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from core_store.states import assert_equal, make_state
from lr_ros.core.store import Store, StoreIOError, StoreLockedError, disk


def _contents(root: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and p.name != "lock"}


_CALLS = ["open", "fsync", "fdopen"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS], ids=os.strerror)
@pytest.mark.parametrize("place", range(1, 12))
@pytest.mark.parametrize("change", ["commit", "undo", "save", "put"])
def test_a_call_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, place: int, change: str
) -> None:
    """The n-th call into the operating system that writes fails, for every n there is."""
    with Store(tmp_path) as store:
        store.commit(make_state(1), "")
        store.commit(make_state(2), "")
        before = _contents(tmp_path)
        with monkeypatch.context() as failing:
            _fail_at(failing, place, number)
            try:
                _change(store, change)
            except StoreIOError as error:
                message = str(error)
            else:
                message = ""
        if message:
            assert os.strerror(number) in message
            assert str(tmp_path) in message
            assert _contents(tmp_path) == before
            _change(store, change)  # there is room again
    with Store(tmp_path) as store:
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == (3 if change in ("commit", "undo") else 2)
        assert store.models() == (["kitchen"] if change == "save" else [])
        assert store.journal.ids() == (["s"] if change == "put" else [])
        assert store.set_aside == []


def test_failures_are_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        monkeypatch.setattr(disk.os, "fsync", _no_space)
        for change in ("commit", "save", "put"):
            with pytest.raises(StoreIOError, match="No space left"):
                _change(store, change)


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _change(store: Store, change: str) -> None:
    if change == "commit":
        assert store.commit(make_state(3), "") == 3
    elif change == "undo":
        assert store.undo().version == 3
    elif change == "save":
        store.save(make_state(3), "kitchen", overwrite=True)
    else:
        store.journal.put("s", make_state(3))


def _fail_at(monkeypatch: pytest.MonkeyPatch, place: int, number: int) -> None:
    """Let the ``place``-th of the calls that writing makes fail."""
    calls = 0

    def failing(name: str):
        real = getattr(os, name)

        def call(*args, **kwargs):
            nonlocal calls
            writes = name != "open" or args[1] & (os.O_WRONLY | os.O_DIRECTORY)
            calls += bool(writes)
            if writes and calls == place:
                raise OSError(number, os.strerror(number))
            return real(*args, **kwargs)

        return call

    for name in _CALLS:
        monkeypatch.setattr(disk.os, name, failing(name))


def _commit_at_a_limit(directory: Path) -> str:
    """Return what is said of a file that the kernel lets grow no further; then there is room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store(directory) as store:
        store.commit(make_state(1), "")
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        try:
            store.commit(make_state(2, size=100_000), "")
            return "nothing"
        except StoreIOError as error:
            said = str(error)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert store.commit(make_state(2, size=100_000), "") == 2
    return said


def test_a_file_size_limit_of_the_kernel(tmp_path: Path) -> None:
    """A real write that fails in its midst, as on a full disk."""
    # In a process of its own: the limit is on all that a process writes, shared memory included.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        said = pool.submit(_commit_at_a_limit, tmp_path).result(100)
    assert re.search(r"writing .*snapshot failed: File too large", said)
    assert len(list((tmp_path / "versions").iterdir())) == 3


@pytest.fixture
def small_disk(tmp_path: Path):
    """Return a file system of one megabyte, where this user may mount one."""
    disk_path = tmp_path / "disk"
    disk_path.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk_path)]
    if (
        mount is None
        or subprocess.run([mount, *options], check=False, stderr=subprocess.DEVNULL).returncode
    ):
        pytest.skip("this user may not mount a file system")
    yield disk_path
    subprocess.run([shutil.which("umount") or "umount", str(disk_path)], check=True)


def test_a_disk_that_is_full_and_has_room_again(small_disk: Path) -> None:
    with Store(small_disk / "store") as store:
        store.commit(make_state(1), "")
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(b"x" * (2 << 20))
        with pytest.raises(StoreIOError, match=r"writing .*snapshot failed: No space left"):
            store.commit(make_state(2, size=50_000), "")
        with pytest.raises(StoreIOError, match="No space left"):
            store.journal.put("s", make_state(2, size=50_000))
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == 1
        filler.unlink()
        assert store.commit(make_state(2, size=50_000), "") == 2
        assert store.set_aside == []


def test_a_store_on_a_full_disk_is_read_and_grows_once_there_is_room(small_disk: Path) -> None:
    with Store(small_disk / "store") as store:
        store.commit(make_state(1), "")
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(b"x" * (2 << 20))
    with Store(small_disk / "store") as store:
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == 1
        with pytest.raises(StoreIOError, match="No space left"):
            store.commit(make_state(2, size=50_000), "")
        filler.unlink()
        assert store.commit(make_state(2, size=50_000), "") == 2


def test_a_disk_that_becomes_read_only(small_disk: Path) -> None:
    mount = shutil.which("mount")
    assert mount is not None
    with Store(small_disk / "store") as store:
        store.commit(make_state(1), "")
        store.commit(make_state(2), "")
        newest = next((small_disk / "store" / "versions").glob("*2.snapshot"))
        newest.write_bytes(newest.read_bytes()[:-100])
        # The open lock file would keep the disk from being remounted.
        store.close()
        subprocess.run([mount, "-o", "remount,ro", str(small_disk)], check=True)
        with pytest.raises(StoreIOError, match="Read-only file system"):
            Store(small_disk / "another store")
    with Store(small_disk / "store") as store:
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == 1, "what can be read is served"
        assert [entry.name for entry in store.set_aside] == [newest.name]
        for change in ("commit", "save", "put"):
            with pytest.raises(StoreIOError, match="Read-only file system"):
                _change(store, change)
        with pytest.raises(StoreLockedError):
            Store(small_disk / "store")
    subprocess.run([mount, "-o", "remount,rw", str(small_disk)], check=True)
    with Store(small_disk / "store") as store:
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == 1


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreIOError, match="Not a directory"):
        Store(tmp_path / "file" / "store")


def test_one_owner_in_one_process(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(StoreLockedError, match=f"process {os.getpid()}"):
        Store(tmp_path)
    Store(tmp_path).close()


_HOLD = """
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from lr_ros.core.store import Store
store = Store(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_one_owner_among_processes_and_none_after_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreLockedError) as error:
            Store(tmp_path)
        assert str(holder.pid) in str(error.value)
        assert str(tmp_path) in str(error.value)
        holder.kill()
        holder.wait()
        with Store(tmp_path) as store:
            store.commit(make_state(1), "")
            loaded = store.load()
            assert loaded is not None
            assert_equal(loaded.state, make_state(1))
