"""The numbered versions of what is known, and which of them are kept."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from lr_ros.core.state import State
from lr_ros.core.store import snapshot
from lr_ros.core.store.aside import Quarantine
from lr_ros.core.store.disk import (
    is_damage,
    make_directory,
    read_file,
    remove_unfinished,
    write_bytes,
    write_file,
)
from lr_ros.core.store.errors import DamagedError, StoreIOError

_FILE = re.compile(r"(\d{12})\.snapshot(\.\d+)?")
_POINTER = "newest.json"


@dataclass(frozen=True)
class Version:
    """A whole version as read: its number, its content and what its manifest says."""

    number: int
    state: State
    manifest: snapshot.Manifest


class Versions:
    """The version files in ``directory`` and the pointer beside them.

    The pointer holds the highest number ever acknowledged. It makes numbers rise even when the
    newest version was damaged, and a version that vanished is noticed.
    """

    def __init__(self, directory: Path, quarantine: Quarantine) -> None:
        make_directory(directory)
        remove_unfinished(directory)
        self._directory = directory
        self._quarantine = quarantine
        acknowledged = self._read_pointer()
        aside = [int(m[1]) for m in map(_FILE.fullmatch, quarantine.names()) if m]
        newest = max([*self.numbers(), *aside], default=0)
        if newest < acknowledged:
            self._quarantine.report(
                self.path(acknowledged).name, "was acknowledged and is not there any more"
            )
        self._highest = max(newest, acknowledged)

    def path(self, number: int) -> Path:
        """Return the file of a version."""
        return self._directory / f"{number:012d}.snapshot"

    def numbers(self) -> list[int]:
        """Return the numbers of the versions kept, lowest first."""
        names = (path.name for path in self._directory.glob("*.snapshot"))
        return sorted(int(match[1]) for match in map(_FILE.fullmatch, names) if match)

    @property
    def next_number(self) -> int:
        """The number of the next version: one more than the highest there ever was, at least 1."""
        return self._highest + 1

    def write(
        self, number: int, state: State, note: str, lineage: tuple[int, ...], session_id: str
    ) -> Version:
        """Put a new version on disk. Raises StoreIOError, ValueError."""
        path = self.path(number)
        manifest = snapshot.Manifest("version", str(number), note, lineage, session_id)
        write_file(path, lambda file: snapshot.write(file, state, manifest))
        self._highest = number
        self._write_pointer(number)
        return Version(number, state, manifest)

    def read(self, number: int) -> Version | None:
        """Return a whole version; None if it is not there, or damaged and therefore set aside.

        Raises StoreIOError and IncompatibleStoreError.
        """
        path = self.path(number)
        try:
            manifest, state = snapshot.read(read_file(path), path.name)
            self._check_label(manifest, number)
        except (DamagedError, OSError) as error:
            self._explain(path, error)
            return None
        return Version(number, state, manifest)

    def manifest(self, number: int) -> snapshot.Manifest | None:
        """Return the manifest of a version without reading the rest; else as :meth:`read`."""
        path = self.path(number)
        try:
            with open(path, "rb") as file:
                manifest = snapshot.read_manifest(file, path.name)
            self._check_label(manifest, number)
        except (DamagedError, OSError) as error:
            self._explain(path, error)
            return None
        return manifest

    def prune(self, order: list[int], keep: int, max_bytes: int) -> None:
        """Remove versions, the last in ``order`` first, until limits are met; the first stays."""
        total = 0
        for place, number in enumerate(order):
            # What cannot be removed now is removed after the next change.
            with contextlib.suppress(OSError):
                total += self.path(number).stat().st_size
                if place > 0 and (place >= keep or total > max_bytes):
                    self.path(number).unlink()

    def _check_label(self, manifest: snapshot.Manifest, number: int) -> None:
        if (manifest.kind, manifest.label) != ("version", str(number)):
            raise DamagedError(
                f"{self.path(number).name} holds {manifest.kind} {manifest.label} instead"
            )

    def _explain(self, path: Path, error: DamagedError | OSError) -> None:
        """Set ``path`` aside if ``error`` says that it is damaged; raise if it is not its fault."""
        if isinstance(error, FileNotFoundError):
            return
        if isinstance(error, OSError) and not is_damage(error):
            raise StoreIOError.of(error, path, "reading") from error
        self._quarantine.move(path, str(error))

    def _write_pointer(self, number: int) -> None:
        try:
            write_bytes(self._directory / _POINTER, snapshot.seal({"version": number}))
        except StoreIOError as error:
            # The version itself is on disk, and the pointer is written again with the next one.
            self._quarantine.report(_POINTER, str(error))

    def _read_pointer(self) -> int:
        path = self._directory / _POINTER
        try:
            return int(snapshot.unseal(read_file(path))["version"])
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreIOError.of(error, path, "reading") from error
        except (ValueError, KeyError, TypeError, DamagedError) as error:
            self._quarantine.move(path, f"{_POINTER} is damaged: {error}")
            return 0
