"""The newest picture, for browsers that each take as many as they can show."""

from __future__ import annotations

import asyncio
import threading
import time


class Pictures:
    """Holds the newest JPEG; safe from every thread.

    Pictures are numbered. A browser asks for the one after the one it shows, so a slow one skips
    pictures instead of lagging behind.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._jpeg = b""
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._asked = -float("inf")
        self._closed = False

    @property
    def idle(self) -> float:
        """Seconds since anybody asked for a picture; infinite before the first time."""
        return time.monotonic() - self._asked

    def put(self, jpeg: bytes) -> None:
        """Replace the picture."""
        with self._lock:
            self._number += 1
            self._jpeg = jpeg
            self._wake()

    def close(self) -> None:
        """Answer everybody who waits."""
        with self._lock:
            self._closed = True
            self._wake()

    async def after(self, number: int, timeout: float) -> tuple[int, bytes] | None:
        """Return a picture of another number, and its number; None after ``timeout`` seconds."""
        self._asked = time.monotonic()
        place = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self._number not in (0, number):
                return self._number, self._jpeg
            if self._closed:
                return None
            self._waiting.add(place)
        try:
            await asyncio.wait_for(place[1].wait(), timeout)
        except asyncio.TimeoutError:
            return None
        finally:
            self._waiting.discard(place)
        with self._lock:
            return (self._number, self._jpeg) if self._number not in (0, number) else None

    def _wake(self) -> None:
        for loop, event in list(self._waiting):
            loop.call_soon_threadsafe(event.set)
        self._waiting.clear()
