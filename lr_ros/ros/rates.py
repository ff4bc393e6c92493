"""How often something happens, how long ago it last did, and how long it takes."""

from __future__ import annotations

import threading
import time
from collections import deque

import numpy as np


class Durations:
    """The last durations of something [s], and their percentiles; safe from every thread."""

    def __init__(self, most: int = 200) -> None:
        self._last: deque[float] = deque(maxlen=most)

    def add(self, seconds: float) -> None:
        """It took so long."""
        self._last.append(seconds)

    def percentile(self, share: float) -> float:
        """Return the duration that ``share`` percent stayed within; 0 before there is any."""
        last = list(self._last)
        return float(np.percentile(last, share)) if last else 0.0


class RateMeter:
    """Counts ticks over a sliding window [s]; safe from every thread."""

    def __init__(self, window: float = 5.0) -> None:
        self._window = window
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget all ticks; the age begins anew."""
        with self._lock:
            self._ticks: deque[float] = deque()
            self._last = time.monotonic()

    def tick(self) -> None:
        """It has happened."""
        now = time.monotonic()
        with self._lock:
            self._last = now
            self._ticks.append(now)
            self._drop(now)

    @property
    def age(self) -> float:
        """Seconds since the last tick, or since the beginning."""
        return time.monotonic() - self._last

    @property
    def rate(self) -> float:
        """Ticks a second over the window."""
        now = time.monotonic()
        with self._lock:
            self._drop(now)
            return len(self._ticks) / self._window

    def _drop(self, now: float) -> None:
        while self._ticks and now - self._ticks[0] > self._window:
            self._ticks.popleft()
