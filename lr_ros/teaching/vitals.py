"""What the engine measures of itself, for diagnostics."""

from __future__ import annotations

from typing import NamedTuple


class Vitals(NamedTuple):
    """How teaching goes.

    ``waiting`` sessions wait for their training, or are in it; ``training_seconds`` is how long the
    last training took [s]; ``saved_for`` is the time since what is known was last put on disk [s]
    (None: not since the start), ``unsaved_for`` since when the disk refuses (None: it does not);
    ``set_aside`` names the damaged files found since the start.
    """

    waiting: int = 0
    training_seconds: float = 0.0
    saved_for: float | None = None
    unsaved_for: float | None = None
    set_aside: tuple[str, ...] = ()
