"""Sessions that are complete but not yet trained, on disk so that a power cut loses none.

A session goes in before its training starts and out after the version made of it is on disk. Those
still in the journal at the next start are to be trained then.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

from lr_ros.core.state import State
from lr_ros.core.store import snapshot
from lr_ros.core.store.aside import Quarantine
from lr_ros.core.store.disk import (
    is_damage,
    make_directory,
    read_file,
    remove_file,
    remove_unfinished,
    write_file,
)
from lr_ros.core.store.errors import DamagedError, JournalFullError, StoreIOError
from lr_ros.core.store.names import check_name

_FILE = re.compile(r"(\d{12})-(.+)\.snapshot")


@dataclass(frozen=True)
class JournalEntry:
    """A session that waits for its training."""

    session_id: str
    state: State


class Journal:
    """The journal in ``directory``: at most ``most`` sessions of ``max_bytes`` altogether.

    Its methods may be called from any thread.
    """

    def __init__(
        self,
        directory: Path,
        quarantine: Quarantine,
        most: int = 64,
        max_bytes: int = 1 << 30,
    ) -> None:
        make_directory(directory)
        remove_unfinished(directory)
        self._directory = directory
        self._quarantine = quarantine
        self._most = most
        self._max_bytes = max_bytes
        self._mutex = threading.Lock()

    def put(self, session_id: str, state: State) -> None:
        """Put a session on disk; when this returns, a power cut does not lose it.

        One of the same id is replaced. An id must not be used again once it was trained: after a
        restart it would count as trained. Raises InvalidNameError, JournalFullError, StoreIOError,
        and ValueError for a state that cannot be stored.
        """
        check_name(session_id, "session")
        manifest = snapshot.Manifest("session", session_id)
        with self._mutex:
            path = self._path(session_id)
            others = [p for p in self._files().values() if p != path]
            self._check_room(others, state)
            write_file(path, lambda file: snapshot.write(file, state, manifest))

    def done(self, session_id: str) -> None:
        """Take a session out, its training being on disk; an unknown one is no error.

        Raises StoreIOError.
        """
        with self._mutex:
            path = self._files().get(session_id)
            if path is not None:
                remove_file(path)

    def ids(self) -> list[str]:
        """Return the ids of the sessions in the journal, oldest first, without reading them."""
        return list(self._files())

    def pending(self) -> list[JournalEntry]:
        """Return the sessions in the journal, oldest first; damaged ones are set aside.

        Raises IncompatibleStoreError and StoreIOError.
        """
        with self._mutex:
            entries = [self._read(session_id, path) for session_id, path in self._files().items()]
        return [entry for entry in entries if entry is not None]

    def _read(self, session_id: str, path: Path) -> JournalEntry | None:
        try:
            manifest, state = snapshot.read(read_file(path), path.name)
            if (manifest.kind, manifest.label) != ("session", session_id):
                raise DamagedError(f"{path.name} holds {manifest.kind} {manifest.label}")
        except DamagedError as error:
            self._quarantine.move(path, str(error))
            return None
        except OSError as error:
            if not is_damage(error):
                raise StoreIOError.of(error, path, "reading") from error
            self._quarantine.move(path, str(error))
            return None
        return JournalEntry(session_id, state)

    def _files(self) -> dict[str, Path]:
        """Return the file of each session id, oldest first."""
        found = {}
        for path in sorted(self._directory.iterdir()):
            match = _FILE.fullmatch(path.name)
            if match:
                found[match[2]] = path
        return found

    def _path(self, session_id: str) -> Path:
        files = self._files()
        if session_id in files:
            return files[session_id]
        newest = max((int(p.name[:12]) for p in files.values()), default=0)
        return self._directory / f"{newest + 1:012d}-{session_id}.snapshot"

    def _check_room(self, others: list[Path], state: State) -> None:
        size = sum(array.nbytes for array in state.arrays.values())
        try:
            size += sum(path.stat().st_size for path in others)
        except OSError as error:
            raise StoreIOError.of(error, self._directory, "reading") from error
        if len(others) >= self._most or size > self._max_bytes:
            raise JournalFullError(
                f"{len(others)} sessions wait for their training and with this one would take "
                f"{size} bytes; at most {self._most} sessions of {self._max_bytes} bytes "
                "altogether may wait: wait until some are trained"
            )
