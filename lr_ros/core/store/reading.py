"""Reading what a robot knows beside the process that owns it: nothing is locked or repaired."""

from __future__ import annotations

import re
from pathlib import Path

from lr_ros.core.state import State
from lr_ros.core.store import snapshot
from lr_ros.core.store.disk import read_file
from lr_ros.core.store.errors import DamagedError, StoreIOError, UnknownModelError

_FILE = re.compile(r"(\d{12})\.snapshot")
_ATTEMPTS = 3


def read_newest(root: Path) -> tuple[int, State] | None:
    """Return number and state of the newest whole version in the store ``root``; None: nothing.

    Versions never change once they are written; one that its owner removes meanwhile is passed
    over. Damaged ones are passed over, too, and stay where they are.

    Raises:
        IncompatibleStoreError: It is of a newer format.
        StoreIOError: It cannot be read.
    """
    directory = root / "versions"
    for _ in range(_ATTEMPTS):
        vanished = False
        for path in sorted(directory.glob("*.snapshot"), reverse=True):
            match = _FILE.fullmatch(path.name)
            if match is None:
                continue
            try:
                manifest, state = snapshot.read(read_file(path), path.name)
            except FileNotFoundError:
                vanished = True
            except DamagedError:
                continue
            except OSError as error:
                raise StoreIOError.of(error, path, "reading") from error
            else:
                if (manifest.kind, manifest.label) == ("version", str(int(match[1]))):
                    return int(match[1]), state
        if not vanished:
            return None
    return None


def read_model(path: Path) -> State:
    """Return the state in the file of a saved model or of a version.

    Raises:
        UnknownModelError: There is no such file.
        DamagedError: It is no model, or not whole.
        IncompatibleStoreError: It is of a newer format.
        StoreIOError: It cannot be read.
    """
    try:
        data = read_file(path)
    except FileNotFoundError as error:
        raise UnknownModelError(f"there is no model {path}") from error
    except OSError as error:
        raise StoreIOError.of(error, path, "reading") from error
    manifest, state = snapshot.read(data, str(path))
    if manifest.kind == "session":
        raise DamagedError(f"{path} is not a model but the session {manifest.label}")
    return state
