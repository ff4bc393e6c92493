"""What every image source is: frames in order, a place in the clip, and clear errors."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


class SourceError(ValueError):
    """A source cannot be opened or read; the message names the file or device and the remedy."""


class UnknownClipError(KeyError):
    """There is no clip of that name; the message lists some that there are."""

    def __str__(self) -> str:
        """Return the message as it is, where KeyError would quote it."""
        return str(self.args[0])


class Frame(NamedTuple):
    """One picture of a clip.

    Attributes:
        image: ``uint8 [H, W, 3]``, RGB.
        index: Number of the frame in its clip, from 0; a damaged frame keeps its number, so
            indices agree with a truth file made from the same clip.
        offset: Time since the clip's first frame by the clip's own timing [s].
        age: How long ago a live camera took it [s]; 0 for clips.
    """

    image: Picture
    index: int
    offset: float
    age: float = 0.0


class ImageSource(ABC):
    """Frames of one clip or camera, in order. Not for several threads at once.

    Attributes:
        name: Name of the clip or camera.
        live: Whether frames come by themselves (a camera), so that nothing can be sought.
        rate: Frames a second by the clip's own timing; None: it has none.
        length: Number of frames, damaged ones included; None: not known.
        skipped: How many damaged frames were passed over so far.
    """

    live = False

    def __init__(self, name: str, rate: float | None, length: int | None) -> None:
        self.name = name
        self.rate = rate
        self.length = length
        self.skipped = 0

    @abstractmethod
    def read(self) -> Frame | None:
        """Return the next whole frame, passing over damaged ones; None at the end.

        Raises:
            SourceError: A live camera has failed, or not one frame of the clip can be read.
        """

    @abstractmethod
    def seek(self, index: int) -> None:
        """Make frame ``index`` the next one.

        Raises:
            SourceError: The source is live, or there is no such frame.
        """

    @abstractmethod
    def close(self) -> None:
        """Give file or device back; may be called twice."""

    def __enter__(self) -> ImageSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.read()) is not None:
            yield frame

    def _check_index(self, index: int) -> None:
        if index < 0 or (self.length is not None and index >= self.length):
            last = "unknown" if self.length is None else str(self.length - 1)
            raise SourceError(f"clip {self.name!r} has no frame {index}; its last is {last}")


class ClipLibrary(ABC):
    """The clips of one place, by name."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the clips, in natural order; never empty."""

    def open(self, name: str) -> ImageSource:
        """Open a clip.

        Raises:
            UnknownClipError: There is no clip of that name.
            SourceError: It cannot be opened or read.
        """
        if name not in self.names:
            some = ", ".join(self.names[:12]) + (", ..." if len(self.names) > 12 else "")
            raise UnknownClipError(f"no clip {name[:64]!r}; there are: {some}")
        return self._open(name)

    @abstractmethod
    def _open(self, name: str) -> ImageSource: ...


def natural(path: Path | str) -> list[str | int]:
    """Return a key that sorts `img2` before `img10`."""
    parts = re.split(r"(\d+)", str(path))
    return [int(part) if number % 2 else part for number, part in enumerate(parts)]
