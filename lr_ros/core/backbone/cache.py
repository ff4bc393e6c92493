"""Models that take seconds to make, kept on disk from one start to the next."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

_DIGEST_BYTES = hashlib.sha256().digest_size
_log = logging.getLogger(__name__)


def default_cache_dir() -> Path:
    """Return ``$XDG_CACHE_HOME/lr_ros``, by default ``~/.cache/lr_ros``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "lr_ros"


def cached(directory: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """Return the bytes kept under ``name``, or make and keep them.

    A file starts with the sha256 of what follows; one that does not match is made anew. Files are
    put in place whole, by renaming, so that processes may do this at the same time. A directory
    that cannot be written costs a warning and the time to make the bytes at each start.
    """
    path = directory / name
    kept = _read(path)
    if kept is not None:
        return kept
    content = make()
    try:
        _write(path, content)
    except OSError as error:
        _log.warning("cannot keep %s, it will be made again at the next start: %s", path, error)
    return content


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() == digest:
        return content
    _log.warning("%s is damaged and will be made anew", path)
    return None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(hashlib.sha256(content).digest() + content)
            file.flush()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
