"""Clips that are video files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from lr_ros.sources.base import ClipLibrary, Frame, ImageSource, SourceError, natural

SUFFIXES = (".avi", ".mp4", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg")
"""Kinds of files a folder of videos is searched for."""

_DEFAULT_RATE = 30.0
_LONGEST_DAMAGE = 300  # frames in a row, for files that do not say how many they have


class VideoSource(ImageSource):
    """The frames of a video file.

    Raises:
        SourceError: The file does not exist or holds no video that can be read.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        if not path.is_file():
            raise SourceError(f"no video file {path}")
        self._path = path
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise SourceError(f"{path} is not a video that can be read")
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        length = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        super().__init__(
            name or path.name,
            rate if 0.1 <= rate <= 1000 else _DEFAULT_RATE,
            length if length > 0 else None,
        )
        self._next = 0
        self._whole = 0

    def read(self) -> Frame | None:
        """Return the next frame that can be decoded."""
        damaged = 0
        last = self.length if self.length is not None else self._next + _LONGEST_DAMAGE
        while self._next < last and self._capture.isOpened():
            done, pixels = self._capture.read()
            index = self._next
            self._next += 1
            if not done:
                damaged += 1
                continue
            # Frames missing at the very end are a file that says more than it has, not damage.
            self.skipped += damaged
            self._whole += 1
            image = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
            return Frame(image, index, index / (self.rate or _DEFAULT_RATE))
        if self._whole == 0 and damaged:
            raise SourceError(f"no frame of {self._path} can be decoded")
        return None

    def seek(self, index: int) -> None:
        """Make frame ``index`` the next one (the nearest key frame is decoded from)."""
        self._check_index(index)
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        self._next = index

    def close(self) -> None:
        """Close the file."""
        self._capture.release()


class VideoLibrary(ClipLibrary):
    """A video file is one clip; a folder's video files are one clip each, named after them.

    Raises:
        SourceError: The path does not exist or holds no video file.
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            files = [p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
            if not files:
                raise SourceError(f"no video files ({', '.join(SUFFIXES)}) in {path}")
        elif path.is_file():
            files = [path]
        else:
            raise SourceError(f"no video file or folder {path}")
        self._files = {p.name: p for p in sorted(files, key=natural)}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the files."""
        return tuple(self._files)

    def _open(self, name: str) -> ImageSource:
        return VideoSource(self._files[name])
