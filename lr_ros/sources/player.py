"""Plays clips: which one, from where, paused or not, again at its end or not."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from enum import Enum

from lr_ros.sources.base import ClipLibrary, Frame, ImageSource, SourceError

DEFAULT_RATE = 10.0
_RETRY = 1.0  # seconds between attempts to open a lost camera again


class State(Enum):
    """What a player does."""

    WAITING = "waiting for a clip"
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"
    LOST = "lost"


class ClipEnded(Exception):  # noqa: N818 - an event, not an error
    """The clip has just ended; raised once by :meth:`Player.next`."""

    def __init__(self, clip: str, frames: int) -> None:
        super().__init__(f"clip {clip!r} ended after {frames} frames")
        self.clip = clip


@dataclass(frozen=True)
class Standing:
    """Where a player is.

    Attributes:
        state: What it does.
        clip: Name of the clip; empty before the first one.
        next_index: Number of the next frame.
        length: Frames in the clip; None: not known.
        skipped: Damaged frames passed over in this clip.
        live: Whether it is a camera.
        error: Why a camera or clip is lost; empty otherwise.
    """

    state: State
    clip: str
    next_index: int
    length: int | None
    skipped: int
    live: bool
    error: str


class Player:
    """Plays the clips of a library one frame a call. Safe from every thread."""

    def __init__(self, library: ClipLibrary) -> None:
        self._library = library
        self._lock = threading.RLock()
        self._source: ImageSource | None = None
        self._clip = ""
        self._loop = False
        self._state = State.WAITING
        self._next = 0
        self._given = 0
        self._error = ""
        self._retry_at = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The clips there are."""
        return self._library.names

    @property
    def standing(self) -> Standing:
        """Where the player is now."""
        with self._lock:
            source = self._source
            return Standing(
                self._state,
                self._clip,
                self._next,
                source.length if source is not None else None,
                source.skipped if source is not None else 0,
                source is not None and source.live,
                self._error,
            )

    def rate(self, wanted: float) -> float:
        """Return the frames a second to play at: as wanted, or where 0, by the clip itself."""
        if wanted > 0:
            return wanted
        with self._lock:
            own = self._source.rate if self._source is not None else None
        return own or DEFAULT_RATE

    def play(self, name: str, loop: bool = False) -> int:
        """Play a clip from its beginning; return its number of frames, 0 where not known.

        Raises:
            UnknownClipError: There is no such clip; the present one plays on.
            SourceError: It cannot be opened; the present one plays on.
        """
        with self._lock:
            if self._source is not None and self._source.live and name == self._clip:
                if self._state is State.LOST:
                    self._retry_at = 0.0
                else:
                    self._state = State.PLAYING
                return 0
            source = self._library.open(name)
            self._replace(source)
            self._clip, self._loop = name, loop
            self._state, self._error = State.PLAYING, ""
            return source.length or 0

    def pause(self, paused: bool) -> bool:
        """Hold or go on; return whether anything changed."""
        with self._lock:
            before, after = (
                (State.PLAYING, State.PAUSED) if paused else (State.PAUSED, State.PLAYING)
            )
            if self._state is not before:
                return False
            self._state = after
            return True

    def seek(self, position: float, wanted_rate: float) -> int:
        """Go to ``position`` [s] at the rate it plays with; return the number of the next frame.

        A clip that has ended plays again from there; a paused one stays paused.

        Raises:
            SourceError: No clip, a live camera, or no such place.
        """
        if not (math.isfinite(position) and position >= 0):
            raise SourceError(f"position = {position}: seconds from 0 are needed")
        with self._lock:
            if self._source is None:
                raise SourceError("no clip plays: call play_clip first")
            # A hair is added, so that a frame's own time finds it in spite of rounding.
            place = position * self.rate(wanted_rate) + 1e-6
            if not math.isfinite(place):
                raise SourceError(f"position = {position} s: no clip is that long")
            index = int(place)
            try:
                self._source.seek(index)
            except SourceError as error:
                raise SourceError(f"position = {position} s: {error}") from error
            self._next = index
            if self._state in (State.ENDED, State.LOST):
                self._state = State.PLAYING
            return index

    def next(self) -> Frame | None:
        """Return the frame to show now; None where nothing plays.

        Raises:
            ClipEnded: Once, in place of a frame after the last one.
            SourceError: A camera is lost (it is opened again after a while), or a clip unreadable.
        """
        with self._lock:
            if self._state is State.LOST:
                self._reopen()
            if self._state is not State.PLAYING or self._source is None:
                return None
            try:
                frame = self._source.read()
                if frame is None and self._loop and self._given:
                    self._source.seek(0)
                    frame = self._source.read()
            except SourceError as error:
                self._state, self._error = State.LOST, str(error)
                self._retry_at = time.monotonic() + _RETRY
                raise
            if frame is None:
                self._state = State.ENDED
                raise ClipEnded(self._clip, self._given)
            self._next = frame.index + 1
            self._given += 1
            return frame

    def close(self) -> None:
        """Give file or device back."""
        with self._lock:
            self._replace(None)
            self._state = State.WAITING

    def _replace(self, source: ImageSource | None) -> None:
        if self._source is not None:
            self._source.close()
        self._source = source
        self._next = self._given = 0

    def _reopen(self) -> None:
        """Try to get a lost camera back, now and then."""
        if self._source is None or not self._source.live or time.monotonic() < self._retry_at:
            return
        self._retry_at = time.monotonic() + _RETRY
        self._source.close()
        source = self._library.open(self._clip)
        self._replace(source)
        self._state, self._error = State.PLAYING, ""
