"""Opens a place of clips by its kind, or finds out the kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lr_ros.sources.base import ClipLibrary, SourceError
from lr_ros.sources.camera import CameraLibrary
from lr_ros.sources.pictures import Core50Library, FolderLibrary
from lr_ros.sources.video import VideoLibrary

KINDS = ("auto", "camera", "video", "folder", "core50", "bag")
"""The kinds of sources."""

_BAG_SUFFIXES = (".mcap", ".db3")


@dataclass(frozen=True)
class Wanted:
    """What is asked of a camera, 0 meaning its own choice: size [pixels], frames a second."""

    width: int = 0
    height: int = 0
    rate: float = 0.0


def open_library(place: str, kind: str = "auto", wanted: Wanted | None = None) -> ClipLibrary:
    """Return the clips at ``place``.

    Args:
        place: A camera's device or number, or the path of a video, folder, data set or recording.
        kind: One of :data:`KINDS`; `auto` finds out.
        wanted: What is asked of a camera.

    Raises:
        SourceError: There is nothing of that kind; the message names the place.
    """
    if kind not in KINDS:
        raise SourceError(f"no kind of source {kind!r}; there are: {', '.join(KINDS)}")
    if not place:
        raise SourceError("no source named: give a camera, video, folder, data set or recording")
    if "\0" in place:
        raise SourceError(f"{place!r} is no path: it holds a null character")
    kind = kind_of(place) if kind == "auto" else kind
    path = Path(place).expanduser()
    if kind == "camera":
        ask = wanted or Wanted()
        return CameraLibrary(place, ask.width, ask.height, ask.rate)
    if kind == "video":
        return VideoLibrary(path)
    if kind == "core50":
        return Core50Library(path)
    if kind == "folder":
        return FolderLibrary(path)
    # Reading recordings needs a library that the other kinds do without.
    try:
        from lr_ros.sources.bag import BagLibrary  # noqa: PLC0415
    except ImportError as error:
        raise SourceError(
            f"recordings need the Python package rosbags ({error}): pip install rosbags"
        ) from error
    return BagLibrary(path)


def kind_of(place: str) -> str:
    """Return the kind of source at ``place``, judged by what lies there.

    Raises:
        SourceError: Nothing is there.
    """
    if place.isdecimal() or place.startswith("/dev/"):
        return "camera"
    path = Path(place).expanduser()
    if path.is_file():
        return "bag" if path.suffix.lower() in _BAG_SUFFIXES else "video"
    if not path.is_dir():
        raise SourceError(f"no file or folder {path}")
    if (path / "metadata.yaml").is_file():
        return "bag"
    if any(path.glob("s[0-9]*/o[0-9]*")) or any(path.glob("*/s[0-9]*/o[0-9]*")):
        return "core50"
    try:
        VideoLibrary(path)
    except SourceError:
        return "folder"
    return "video"
