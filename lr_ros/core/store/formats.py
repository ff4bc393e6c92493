"""The format of what is stored, and how older ones become the present one.

A change of the format raises FORMAT by one, sets NEEDS to the release that brings it, and adds the
step from the format before to MIGRATIONS. What is on disk stays as it is until it is written anew.

- 1: the first.
- 2: streaming LDA keeps a scatter for each class beside the sum of all, and no inverse of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from lr_ros.core.state import State
from lr_ros.core.store.errors import IncompatibleStoreError

FORMAT: Final = 2
NEEDS: Final = "0.1.0"
"""The first release of lr_ros that reads FORMAT."""


def with_scatters_of_classes(state: State) -> State:
    """Format 1 to 2: what classes have in common so far is shared, and none has its own yet."""
    arrays = dict(state.arrays)
    for name, scatter in state.arrays.items():
        head = name.removesuffix("scatter")
        if head != name and f"{head}inverse" in arrays:
            counts = arrays[f"{head}counts"]
            arrays[f"{head}shared"] = scatter if counts.any() else np.zeros((0, 0))
            arrays[f"{head}shared_counts"] = counts
            del arrays[f"{head}inverse"], arrays[f"{head}frames"]
            for label in range(len(counts)):
                arrays[f"{head}own{label}"] = np.zeros((0, len(scatter)), np.float32)
    return State(arrays, state.meta)


MIGRATIONS: dict[int, Callable[[State], State]] = {1: with_scatters_of_classes}
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
