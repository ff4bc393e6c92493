"""Where what a robot has learned lies if nobody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def default_directory(namespace: str, environment: Mapping[str, str]) -> Path:
    """Return the store of the robot in ``namespace``: below $XDG_STATE_HOME or ~/.local/state."""
    base = environment.get("XDG_STATE_HOME") or "~/.local/state"
    name = namespace.strip("/").replace("/", "_") or "default"
    return Path(base).expanduser() / "lr_ros" / name
