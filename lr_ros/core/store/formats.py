"""The format of what is stored, and how older ones become the present one.

A change of the format raises FORMAT by one, sets NEEDS to the release that brings it, and adds the
step from the format before to MIGRATIONS. What is on disk stays as it is until it is written anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lr_ros.core.state import State
from lr_ros.core.store.errors import IncompatibleStoreError

FORMAT: Final = 1
NEEDS: Final = "0.1.0"
"""The first release of lr_ros that reads FORMAT."""

MIGRATIONS: dict[int, Callable[[State], State]] = {}
"""Steps forward: MIGRATIONS[n] takes a state of format n to format n + 1."""


def check_readable(found: int, needs: str, where: str) -> None:
    """Raise IncompatibleStoreError if format ``found`` is newer than this program's."""
    if found > FORMAT:
        raise IncompatibleStoreError(
            f"{where} is in store format {found}; this program reads up to {FORMAT}: "
            f"use lr_ros {needs} or newer"
        )


def migrate(state: State, found: int) -> State:
    """Return ``state``, written in format ``found``, in the present format."""
    for step in range(found, FORMAT):
        state = MIGRATIONS[step](state)
    return state
