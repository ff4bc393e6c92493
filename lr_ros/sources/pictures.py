"""Clips that are folders of picture files: any folder, and data sets laid out as CORe50 is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lr_ros.imaging.checks import ImageError, check_size
from lr_ros.imaging.compressed import cut_off
from lr_ros.imaging.compressed import decode as to_rgb
from lr_ros.imaging.picture_size import picture_size
from lr_ros.sources.base import ClipLibrary, Frame, ImageSource, Picture, SourceError, natural

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
"""Kinds of picture files that are read."""


def decode(data: bytes, what: str) -> Picture:
    """Return the picture in the bytes of a file as ``uint8 [H, W, 3]`` RGB.

    Raises:
        SourceError: The bytes are no whole picture; the message names ``what``.
    """
    values = np.frombuffer(data, np.uint8)
    if cut_off(values):
        raise SourceError(f"{what} is cut off: its end is missing")
    try:
        if (size := picture_size(data)) is not None:
            check_size(*size)
        return to_rgb(values)
    except ImageError as error:
        raise SourceError(f"{what}: {error}") from error


class PictureSource(ImageSource):
    """Picture files one after the other.

    Args:
        name: Name of the clip.
        files: The files, in order.
        rate: Frames a second the clip was taken with; None: not known, offsets count in seconds.

    Raises:
        SourceError: There is no file.
    """

    def __init__(self, name: str, files: list[Path], rate: float | None = None) -> None:
        super().__init__(name, rate, len(files))
        if not files:
            raise SourceError(f"clip {name!r} has no picture files ({', '.join(SUFFIXES)})")
        self._files = files
        self._next = 0
        self._whole = 0

    def read(self) -> Frame | None:
        """Return the next picture that can be read."""
        error: Exception | None = None
        while self._next < len(self._files):
            index, path = self._next, self._files[self._next]
            self._next += 1
            try:
                image = decode(path.read_bytes(), str(path))
            except (SourceError, OSError) as reason:
                error = reason
                self.skipped += 1
                continue
            self._whole += 1
            return Frame(image, index, index / (self.rate or 1.0))
        if error is not None and self._whole == 0:
            raise SourceError(f"no picture of clip {self.name!r} can be read: {error}")
        return None

    def seek(self, index: int) -> None:
        """Make picture ``index`` the next one."""
        self._check_index(index)
        self._next = index

    def close(self) -> None:
        """Nothing is held open between reads."""


class FolderLibrary(ClipLibrary):
    """A folder of pictures is one clip, named after it; each subfolder with pictures another.

    Raises:
        SourceError: The folder does not exist or there is no picture in it.
    """

    def __init__(self, folder: Path, rate: float | None = None) -> None:
        if not folder.is_dir():
            raise SourceError(f"no folder {folder}: name a folder of pictures")
        self._rate = rate
        places = [p for p in sorted(folder.rglob("*"), key=natural) if p.is_dir()]
        self._places = {str(place.relative_to(folder)): place for place in places}
        self._places = {folder.resolve().name: folder} | self._places
        self._places = {name: place for name, place in self._places.items() if _pictures(place)}
        if not self._places:
            raise SourceError(f"no pictures ({', '.join(SUFFIXES)}) in {folder}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the folder and its subfolders, where they hold pictures."""
        return tuple(self._places)

    def _open(self, name: str) -> ImageSource:
        return PictureSource(name, _pictures(self._places[name]), self._rate)


class Core50Library(ClipLibrary):
    """A data set in CORe50's layout, ``s<session>/o<object>/C_<ss>_<oo>_<fff>.*``; clips `s1/o5`.

    The layout is that of "CORe50: a New Dataset and Benchmark for Continuous Object Recognition"
    (Lomonaco and Maltoni, 2017), taken at 20 frames a second.

    Raises:
        SourceError: The folder (or the one folder in it) is not laid out so.
    """

    def __init__(self, folder: Path, rate: float | None = 20.0) -> None:
        if not folder.is_dir():
            raise SourceError(f"no folder {folder}: name the folder that holds s1, s2, ...")
        self._rate = rate
        roots = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]
        root = next((r for r in roots if any(r.glob("s[0-9]*/o[0-9]*"))), None)
        if root is None:
            raise SourceError(f"{folder} is not laid out as CORe50 is: no s1/o1 in it")
        places = sorted(root.glob("s[0-9]*/o[0-9]*"), key=natural)
        self._places = {str(p.relative_to(root)): p for p in places if p.is_dir()}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, `s1/o1` first."""
        return tuple(self._places)

    def _open(self, name: str) -> ImageSource:
        return PictureSource(name, _pictures(self._places[name]), self._rate)


def _pictures(folder: Path) -> list[Path]:
    files = [p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
    return sorted(files, key=lambda p: natural(p.name))
