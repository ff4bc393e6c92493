"""Clips that are image topics of a rosbag2 recording (sqlite3 or mcap), read without ROS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from lr_ros.imaging.checks import ImageError
from lr_ros.imaging.compressed import compressed_to_rgb
from lr_ros.imaging.raw import raw_to_rgb
from lr_ros.sources.base import ClipLibrary, Frame, ImageSource, Picture, SourceError

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"

_TIMED = 30  # messages that the rate is measured on


class BagSource(ImageSource):
    """The images of one topic of a recording.

    Offsets are the times at which the messages were recorded, since the topic's first one.

    Raises:
        SourceError: The recording cannot be read or has no such topic.
    """

    def __init__(self, path: Path, topic: str) -> None:
        self._path = path
        self._reader: AnyReader | None = open_bag(path)
        self._topics = [c for c in self._reader.connections if c.topic == topic]
        count = sum(c.msgcount for c in self._topics)
        if count == 0:
            self.close()
            raise SourceError(f"topic {topic} of {path} holds no image")
        try:
            times = [time for _, time, _ in islice(self._from(0), _TIMED)]
        except SourceError:
            self.close()
            raise
        self._start = times[0] if times else 0
        step = float(np.median(np.diff(times))) * 1e-9 if len(times) > 1 else 0.0
        super().__init__(topic, 1.0 / step if step > 0 else None, count)
        self._messages = self._from(0)
        self._next = 0
        self._whole = 0

    def read(self) -> Frame | None:
        """Return the next image that can be decoded."""
        error: Exception | None = None
        for connection, time, data in self._messages:
            index = self._next
            self._next += 1
            try:
                _, image = decode_message(self._reader, connection, data, self._label(index))
            except SourceError as reason:
                error = reason
                self.skipped += 1
                continue
            self._whole += 1
            return Frame(image, index, max(0.0, (time - self._start) * 1e-9))
        if error is not None and self._whole == 0:
            raise SourceError(f"no image of the topic can be read: {error}")
        return None

    def seek(self, index: int) -> None:
        """Make image ``index`` the next one; those before it are passed over undecoded."""
        self._check_index(index)
        self._messages = self._from(index)
        self._next = index

    def close(self) -> None:
        """Close the recording."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _from(self, index: int) -> Iterator[tuple[Connection, int, bytes]]:
        return guarded(islice(self._reader.messages(self._topics), index, None), self._path)

    def _label(self, index: int) -> str:
        return f"image {index} of topic {self.name} in {self._path}"


class BagLibrary(ClipLibrary):
    """The image topics of a recording; a clip is named as its topic.

    Args:
        path: The recording's folder (with ``metadata.yaml``), or one of its files.

    Raises:
        SourceError: It does not exist, is damaged, or holds no image topic.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        reader = open_bag(path)
        try:
            images = {
                c.topic for c in reader.connections if c.msgtype in (RAW, COMPRESSED) and c.msgcount
            }
            others = sorted({c.topic for c in reader.connections} - images)
        finally:
            reader.close()
        if not images:
            raise SourceError(f"{path} holds no images; its topics: {', '.join(others) or 'none'}")
        self._topics = tuple(sorted(images))

    @property
    def names(self) -> tuple[str, ...]:
        """The topics of images."""
        return self._topics

    def _open(self, name: str) -> ImageSource:
        return BagSource(self._path, name)


def open_bag(path: Path, typestore: Typestore | None = None) -> AnyReader:
    """Return an opened reader of a recording.

    ``typestore`` has the types of messages that the recording does not describe itself.

    Raises:
        SourceError: It does not exist or is no recording that can be read.
    """
    if path.is_file() and (path.parent / "metadata.yaml").is_file():
        path = path.parent
    try:
        reader = AnyReader([path], default_typestore=typestore or get_typestore(Stores.ROS2_KILTED))
        reader.open()
    except FileNotFoundError as error:
        raise SourceError(f"no recording {path}") from error
    except AnyReaderError as error:
        raise SourceError(f"{path} is no rosbag2 recording that can be read: {error}") from error
    except Exception as error:  # damage surfaces as errors of sqlite3, yaml, struct, ...
        raise SourceError(f"{path} is damaged: {type(error).__name__}: {error}") from error
    return reader


def guarded(
    messages: Iterator[tuple[Connection, int, bytes]], path: Path
) -> Iterator[tuple[Connection, int, bytes]]:
    """Hand messages on; what the reader raises over a damaged file names the file."""
    try:
        yield from messages
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(f"{path} is damaged: {type(error).__name__}: {error}") from error


def decode_message(
    reader: AnyReader, connection: Connection, data: bytes, what: str
) -> tuple[Any, Picture]:
    """Return a message of images and its image as RGB; ``what`` names it in errors.

    Raises:
        SourceError: It is damaged, or of an encoding that is not understood.
    """
    unpack: Callable[[bytes, str], Any] = reader.deserialize
    try:
        message = unpack(data, connection.msgtype)
    except Exception as error:  # cut-off data surface as errors of struct, numpy, ...
        raise SourceError(f"{what} is damaged: {error}") from error
    try:
        if connection.msgtype == COMPRESSED:
            return message, compressed_to_rgb(message.data)
        return message, raw_to_rgb(message)
    except ImageError as error:
        raise SourceError(f"{what}: {error}") from error
