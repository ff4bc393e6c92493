"""Faults that repeat: each kind is counted, and warned about now and then only."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

WARN_SECONDS = 5.0
"""A kind of fault that goes on is warned about at most this often."""


class Faults:
    """How often each kind of fault was met; ``warn`` is told of the first, then now and then.

    Kinds do not silence each other: one that is rare is told of beside one that floods.
    Safe from every thread.
    """

    def __init__(self, warn: Callable[[str], object]) -> None:
        self._warn = warn
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._told: dict[str, float] = {}

    @property
    def counts(self) -> dict[str, int]:
        """How often each kind was met so far."""
        with self._lock:
            return dict(self._counts)

    def note(self, kind: str, text: str) -> None:
        """Count a fault; ``text`` is what people should read of it."""
        now = time.monotonic()
        with self._lock:
            self._counts[kind] += 1
            due = now - self._told.get(kind, -WARN_SECONDS) >= WARN_SECONDS
            if due:
                self._told[kind] = now
        if due:
            self._warn(text)
