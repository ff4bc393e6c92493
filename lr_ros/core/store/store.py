"""What a robot knows, on disk, so that neither a crash nor a power cut loses it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lr_ros.core.state import State
from lr_ros.core.store import snapshot
from lr_ros.core.store.aside import Quarantine, SetAside
from lr_ros.core.store.disk import make_directory, read_file, remove_unfinished, write_bytes
from lr_ros.core.store.errors import (
    DamagedError,
    NothingToUndoError,
    StoreError,
    StoreIOError,
    UnknownVersionError,
)
from lr_ros.core.store.formats import FORMAT, NEEDS, check_readable
from lr_ros.core.store.journal import Journal
from lr_ros.core.store.lock import OwnerLock
from lr_ros.core.store.models import SavedModels
from lr_ros.core.store.versions import Version, Versions

_FORMAT_FILE = "store.json"
_OURS = frozenset((OwnerLock.NAME, _FORMAT_FILE, "versions", "models", "journal", "damaged"))


@dataclass(frozen=True)
class Loaded:
    """A version as it was committed; ``session_id`` is empty if no session made it."""

    version: int
    state: State
    note: str
    session_id: str = ""


@dataclass(frozen=True)
class VersionInfo:
    """A version kept: its number, its note, when it was made (UTC, ISO form), and its size."""

    version: int
    note: str
    created: str
    bytes: int


class Store:
    """A directory that holds what one robot knows; this object owns it until :meth:`close`.

    Args:
        root: The directory; made if it is not there. Only the owner may read what is in it.
        keep: Versions kept, at least 1. Those that :meth:`undo` leads to are kept first.
        max_bytes: Most bytes of all versions together; the newest stays even if it is larger. Also
            the longest model file that is read.
        export_directory: Below it, :meth:`save` and :meth:`read` take absolute paths.

    Raises:
        StoreLockedError: Another process owns the directory.
        IncompatibleStoreError: It is of a newer format.
        StoreIOError: It cannot be read and written.
        StoreError: It holds other things than a store.

    All methods may be called from any thread. A process killed at any moment leaves the directory
    such that the next one loads all that was acknowledged.
    """

    def __init__(
        self,
        root: Path,
        keep: int = 10,
        max_bytes: int = 2 << 30,
        export_directory: Path | None = None,
    ) -> None:
        if keep < 1 or max_bytes < 1:
            raise ValueError(f"keep {keep} and max_bytes {max_bytes} must be at least 1")
        self.root = Path(root).absolute()
        self._keep, self._max_bytes = keep, max_bytes
        self._mutex = threading.RLock()
        self._closed = False
        _check_directory(self.root)
        make_directory(self.root)
        self._lock = OwnerLock(self.root)
        try:
            self._open(export_directory)
        except BaseException:
            self.close()
            raise

    def _open(self, export_directory: Path | None) -> None:
        remove_unfinished(self.root)
        self._quarantine = Quarantine(self.root / "damaged")
        self._check_format()
        self._versions = Versions(self.root / "versions", self._quarantine)
        self._models = SavedModels(self.root / "models", export_directory, self._max_bytes)
        self.journal = Journal(self.root / "journal", self._quarantine)
        self._head: tuple[int, tuple[int, ...]] | None = None
        self._forget_trained_sessions()

    def begin(self, state: State) -> None:
        """Make ``state`` version 0, what is known before anything is learned.

        With it, the first change can be undone, too. Does nothing in a store that holds, or ever
        held, a version. Raises StoreIOError, ValueError.
        """
        with self._owned():
            if self._versions.next_number == 1 and not self._versions.numbers():
                version = self._versions.write(0, state, "nothing known yet", (), "")
                self._head = (version.number, ())

    def commit(self, state: State, note: str, session_id: str = "") -> int:
        """Make ``state`` the newest version and return its number, which is higher than any before.

        When this returns, the version is on disk, and the session ``session_id`` (if it is in the
        journal) is out of it. Raises StoreIOError (nothing has then changed), and ValueError for a
        state that cannot be stored.
        """
        with self._owned():
            head = self._find_head()
            before = () if head is None else (head[0], *head[1])
            return self._commit(state, note, before, session_id).version

    def load(self) -> Loaded | None:
        """Return the newest whole version, or None if there is none; damaged ones are set aside.

        Raises IncompatibleStoreError and StoreIOError.
        """
        with self._owned():
            for number in reversed(self._versions.numbers()):
                version = self._versions.read(number)
                if version is not None:
                    self._head = (number, version.manifest.lineage)
                    return _loaded(version)
            self._head = None
            return None

    def load_version(self, number: int) -> Loaded:
        """Return one of the versions kept.

        Raises UnknownVersionError, DamagedError (it is then set aside), StoreIOError and
        IncompatibleStoreError.
        """
        with self._owned():
            if number not in self._versions.numbers():
                raise UnknownVersionError(
                    f"version {number} is not kept; kept are: {self._versions.numbers()}"
                )
            version = self._versions.read(number)
            if version is None:
                raise DamagedError(f"version {number} is damaged and was set aside")
            return _loaded(version)

    def versions(self) -> list[VersionInfo]:
        """Return the versions kept, newest first; those with a damaged manifest are set aside."""
        with self._owned():
            infos = []
            for number in reversed(self._versions.numbers()):
                manifest = self._versions.manifest(number)
                if manifest is not None:
                    size = self._versions.path(number).stat().st_size
                    infos.append(VersionInfo(number, manifest.note, manifest.created, size))
            return infos

    def undo(self) -> Loaded:
        """Go back to what was known before the newest version, and return it.

        This is a change like any other: it is committed as a new version, whose own undo goes one
        further back. Raises NothingToUndoError and StoreIOError (nothing has then changed).
        """
        with self._owned():
            head = self._find_head()
            before = () if head is None else head[1]
            for place, number in enumerate(before):
                version = self._versions.read(number)
                if version is not None:
                    note = f"undo: as version {number}"
                    return self._commit(version.state, note, before[place + 1 :])
            raise NothingToUndoError(
                f"no earlier version is kept; the last {self._keep} are, within "
                f"{self._max_bytes} bytes"
            )

    def save(self, state: State, name: str, overwrite: bool = False) -> Path:
        """Save ``state`` under ``name`` and return where it lies.

        ``name`` is a plain name, or an absolute path below the directory for exports. Raises
        InvalidNameError, ExistsError, StoreIOError (nothing has then changed), and ValueError for a
        state that cannot be stored.
        """
        with self._owned():
            return self._models.save(state, name, overwrite)

    def read(self, name: str) -> State:
        """Return what was saved under ``name``.

        Raises InvalidNameError, UnknownModelError, DamagedError (not a model, or not whole),
        IncompatibleStoreError and StoreIOError.
        """
        with self._owned():
            return self._models.read(name)

    def models(self) -> list[str]:
        """Return the names of the models saved inside the store, in alphabetical order."""
        with self._owned():
            return self._models.names()

    @property
    def set_aside(self) -> list[SetAside]:
        """Files found damaged or missing since the store was opened."""
        return list(self._quarantine.found)

    def close(self) -> None:
        """Let another process own the directory; calling it again does nothing."""
        with self._mutex:
            self._closed = True
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _owned(self) -> Iterator[None]:
        with self._mutex:
            if self._closed:
                raise StoreError(f"the store {self.root} is closed")
            yield

    def _commit(
        self, state: State, note: str, before: tuple[int, ...], session_id: str = ""
    ) -> Loaded:
        kept = set(self._versions.numbers())
        lineage = tuple(number for number in before if number in kept)[: self._keep - 1]
        number = self._versions.next_number
        version = self._versions.write(number, state, note, lineage, session_id)
        self._head = (version.number, lineage)
        first = [version.number, *lineage]
        rest = sorted(kept.difference(first), reverse=True)
        self._versions.prune(first + rest, self._keep, self._max_bytes)
        if session_id:
            self._end_session(session_id)
        return _loaded(version)

    def _end_session(self, session_id: str) -> None:
        # The version itself names the session: should its entry stay in the journal now, it is
        # taken out when the store is opened next.
        try:
            self.journal.done(session_id)
        except StoreIOError as error:
            self._quarantine.report(session_id, f"trained, but still in the journal: {error}")

    def _forget_trained_sessions(self) -> None:
        waiting = set(self.journal.ids())
        for number in self._versions.numbers() if waiting else ():
            manifest = self._versions.manifest(number)
            if manifest is not None and manifest.session_id in waiting:
                self._end_session(manifest.session_id)

    def _find_head(self) -> tuple[int, tuple[int, ...]] | None:
        if self._head is None:
            self.load()
        return self._head

    def _check_format(self) -> None:
        path = self.root / _FORMAT_FILE
        found = 0
        try:
            body = snapshot.unseal(read_file(path))
            found, needs = int(body["format"]), str(body["needs"])
            check_readable(found, needs, f"the store {self.root}")
        except FileNotFoundError:
            pass
        except OSError as error:
            raise StoreIOError.of(error, path, "reading") from error
        except (ValueError, KeyError, TypeError, DamagedError) as error:
            self._quarantine.move(path, f"{_FORMAT_FILE} is damaged: {error}")
        if found != FORMAT:
            data = snapshot.seal({"format": FORMAT, "needs": NEEDS})
            write_bytes(path, data)


def _check_directory(root: Path) -> None:
    """Refuse a directory that holds other things: its permissions would be taken from others."""
    try:
        names = {path.name for path in root.iterdir()} - {"lost+found"}
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreIOError.of(error, root, "reading") from error
    if names and not names & _OURS:
        raise StoreError(
            f"{root} holds other things than a store ({', '.join(sorted(names)[:3])}): "
            "name a directory that is empty or not there yet"
        )


def _loaded(version: Version) -> Loaded:
    manifest = version.manifest
    return Loaded(version.number, version.state, manifest.note, manifest.session_id)
