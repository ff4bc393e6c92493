"""Models saved under a name, inside the store or at a path below the directory for exports."""

from __future__ import annotations

import os
from pathlib import Path

from lr_ros.core.state import State
from lr_ros.core.store import snapshot
from lr_ros.core.store.disk import make_directory, read_file, remove_unfinished, write_file
from lr_ros.core.store.errors import DamagedError, ExistsError, StoreIOError, UnknownModelError
from lr_ros.core.store.names import check_export, check_name, shown

_SUFFIX = ".snapshot"
_LISTED = 20


class SavedModels:
    """The models in ``directory``; with an ``export_directory``, also those below it.

    Files longer than ``max_bytes`` are refused before they are read.
    """

    def __init__(self, directory: Path, export_directory: Path | None, max_bytes: int) -> None:
        make_directory(directory)
        for place in (directory, export_directory):
            if place is not None:
                remove_unfinished(place)
        self._directory = directory
        self._export_directory = export_directory
        self._max_bytes = max_bytes

    def save(self, state: State, name: str, overwrite: bool) -> Path:
        """Save ``state`` and return where it lies; raises as :meth:`Store.save` says."""
        path = self._path(name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_unfinished(path.parent)
            if path.exists():
                self._check_replaceable(path, name, overwrite)
        except OSError as error:
            raise StoreIOError.of(error, path, "writing") from error
        manifest = snapshot.Manifest("model", path.name.removesuffix(_SUFFIX))
        write_file(path, lambda file: snapshot.write(file, state, manifest))
        return path

    def read(self, name: str) -> State:
        """Return the state saved as ``name``; raises as :meth:`Store.read` says."""
        path = self._path(name)
        try:
            data = read_file(path, self._max_bytes)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise UnknownModelError(self._unknown(name)) from error
        except OSError as error:
            raise StoreIOError.of(error, path, "reading") from error
        manifest, state = snapshot.read(data, str(path))
        if manifest.kind == "session":
            raise DamagedError(f"{path} is not a model but the session {manifest.label}")
        return state

    def names(self) -> list[str]:
        """Return the names of the models saved inside the store, in alphabetical order."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in self._directory.iterdir())

    def _path(self, name: str) -> Path:
        if name.startswith("/"):
            return check_export(name, self._export_directory)
        return self._directory / (check_name(name) + _SUFFIX)

    def _check_replaceable(self, path: Path, name: str, overwrite: bool) -> None:
        if not overwrite:
            raise ExistsError(f"{shown(name)} exists: choose another name, or ask to overwrite it")
        ours = path.parent == self._directory or _begins_as_snapshot(path)
        if not path.is_file() or not ours:
            raise ExistsError(f"{shown(name)} exists and is not a model: choose another name")

    def _unknown(self, name: str) -> str:
        names = self.names()
        known = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
        return f"no model {shown(name)} is saved; saved are: {known or 'none'}"


def _begins_as_snapshot(path: Path) -> bool:
    if not path.is_file():
        return False
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(len(snapshot.MAGIC)) == snapshot.MAGIC
