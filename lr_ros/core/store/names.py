"""Names that come from outside and become file names: checked before they touch a path."""

from __future__ import annotations

import re
from pathlib import Path

from lr_ros.core.store.errors import InvalidNameError

LONGEST = 100
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def check_name(name: str, what: str = "model") -> str:
    """Return ``name`` if it may become a file name; raise InvalidNameError otherwise."""
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        raise InvalidNameError(
            f"{shown(name)} is not a {what} name: use 1 to {LONGEST} letters, digits, `_`, `-` "
            "or `.`, not beginning with a dot"
        )
    return name


def check_export(name: str, directory: Path | None) -> Path:
    """Return the resolved path of ``name``, an absolute path below ``directory``.

    Links are followed before the comparison, so none leads outside. Raises InvalidNameError.
    """
    if directory is None:
        raise InvalidNameError(
            f"{shown(name)} is a path, and no directory for exports is configured: "
            "use a plain name, or set `store.export_directory`"
        )
    if not name.isprintable():
        raise InvalidNameError(f"{shown(name)} holds control characters: use printable ones only")
    try:
        path, base = Path(name).resolve(), directory.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links that run in a circle
        raise InvalidNameError(f"{shown(name)} is not a usable path: {error}") from error
    if base not in path.parents:
        raise InvalidNameError(
            f"{shown(name)} leads to {path}, outside the directory for exports {base}"
        )
    if path.name.startswith("."):
        raise InvalidNameError(f"{shown(name)} is hidden: the name may not begin with a dot")
    return path


def shown(name: str) -> str:
    """Return ``name`` quoted, escaped and cut to a readable length, for a message."""
    text = name if len(name) <= LONGEST else name[:LONGEST] + "..."
    return repr(text)
