"""Damaged files are moved out of the way, never deleted: somebody may still want what is left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lr_ros.core.store.disk import make_directory, sync_directory
from lr_ros.core.store.errors import StoreIOError


@dataclass(frozen=True)
class SetAside:
    """A file found damaged or missing, for the log and the diagnostics."""

    name: str
    reason: str


class Quarantine:
    """The directory for damaged files, and the list of those found since the store was opened."""

    def __init__(self, directory: Path) -> None:
        make_directory(directory)
        self._directory = directory
        self.found: list[SetAside] = []

    def move(self, path: Path, reason: str) -> None:
        """Take ``path`` out of use and report it.

        On a read-only disk it stays where it is, which the report then says.
        """
        target = self._free(path.name)
        try:
            path.rename(target)
            sync_directory(self._directory)
            sync_directory(path.parent)
            reason = f"{reason}; moved to {target}"
        except OSError as error:
            reason = f"{reason}; {StoreIOError.of(error, target, 'moving it to')}"
        self.report(path.name, reason)

    def report(self, name: str, reason: str) -> None:
        """Report a file without moving it."""
        entry = SetAside(name, reason)
        if entry not in self.found:
            self.found.append(entry)

    def names(self) -> list[str]:
        """Return the names of all files ever set aside in this store."""
        return [path.name for path in self._directory.iterdir()]

    def _free(self, name: str) -> Path:
        target, count = self._directory / name, 0
        while target.exists():
            count += 1
            target = self._directory / f"{name}.{count}"
        return target
