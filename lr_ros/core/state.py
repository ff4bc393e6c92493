"""What a learner knows, as plain arrays and JSON: the form in which it is stored and restored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
"""Named arrays; names are dotted paths such as ``replay.codes``."""

JsonDict = dict[str, Any]
"""A dictionary that ``json.dumps`` takes (finite numbers only)."""


@dataclass(frozen=True)
class State:
    """A whole, restorable state.

    ``arrays`` holds the numbers (any numpy dtype that safetensors knows, never object arrays),
    ``meta`` all the rest as JSON.
    """

    arrays: Arrays = field(default_factory=dict)
    meta: JsonDict = field(default_factory=dict)

    def part(self, prefix: str) -> Arrays:
        """Return the arrays below ``prefix`` (a dotted path), with the prefix taken off."""
        start = prefix + "."
        return {k[len(start) :]: v for k, v in self.arrays.items() if k.startswith(start)}


def with_prefix(prefix: str, arrays: Arrays) -> Arrays:
    """Return ``arrays`` with ``prefix`` and a dot put before each name."""
    return {f"{prefix}.{name}": np.asarray(value) for name, value in arrays.items()}
