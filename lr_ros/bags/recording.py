"""A recording opened for work: its images in order, and what the robot's learner said in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rosbags.interfaces import Connection

from lr_ros.bags.errors import BagError
from lr_ros.bags.typestore import typestore
from lr_ros.sources.bag import COMPRESSED, RAW, decode_message, guarded, open_bag
from lr_ros.sources.base import SourceError

Rgb = NDArray[np.uint8]

SMALLEST = 8
"""Least side of an image [pixels], as for the recognizer."""

STATUS = "lr_ros/msg/LearnerStatus"


class Shot(NamedTuple):
    """One image of a recording.

    Attributes:
        image: ``uint8 [H, W, 3]``, RGB.
        index: Number of its message in the topic, from 0; damaged ones count.
        stamp: Time of the image by its header, or where that is empty by the recording [s].
        offset: When it was recorded, since the topic's first image [s].
        recorded: The same as the recording has it [ns].
        frame_id: Of its header.
    """

    image: Rgb
    index: int
    stamp: float
    offset: float
    recorded: int
    frame_id: str


class Spoken(NamedTuple):
    """What the learner said of itself: the message, and when since the first image [s]."""

    offset: float
    status: Any


class Recording:
    """The images of one topic of a rosbag2 recording (sqlite3 or mcap, compressed or not).

    Args:
        path: The recording's folder, or a file of it.
        topic: Of images; None: the only one there is.

    Attributes:
        damaged: How many images were passed over so far because they cannot be decoded.
        failure: Why the last one of them could not.

    Raises:
        SourceError: The recording cannot be read.
        BagError: It has no such topic, or several and none is named.
    """

    def __init__(self, path: Path, topic: str | None = None) -> None:
        self.path = path
        self.damaged = 0
        self.failure = ""
        self._reader = open_bag(path, typestore())
        try:
            self.topic = self._choose(topic)
            self._connections = [c for c in self._reader.connections if c.topic == self.topic]
            self.count = sum(c.msgcount for c in self._connections)
            first, last = self._ends()
        except BaseException:
            self.close()
            raise
        self.start = first
        self.duration = (last - first) * 1e-9

    def shots(self, begin: float = 0.0, end: float = float("inf")) -> Iterator[Shot]:
        """Yield the images whose offset is ``begin`` or more and less than ``end`` [s].

        Damaged ones are passed over and counted.

        Raises:
            SourceError: The file is damaged, or not one image of it can be decoded.
        """
        whole, damaged = 0, 0
        for index, (connection, recorded, data) in enumerate(self._messages(self._connections)):
            offset = (recorded - self.start) * 1e-9
            if offset >= end:
                break
            if offset < begin:
                continue
            try:
                shot = self._shot(connection, recorded, data, index)
            except SourceError as error:
                damaged += 1
                self.damaged += 1
                self.failure = str(error)
                continue
            whole += 1
            yield shot
        if damaged and not whole:
            raise SourceError(f"not one image can be used: {self.failure}")

    def spoken(self) -> list[Spoken]:
        """Return what the learner said of itself, in order; nothing where it was not recorded."""
        connections = [c for c in self._reader.connections if c.msgtype == STATUS]
        if not connections:
            return []
        return [
            Spoken((recorded - self.start) * 1e-9, self._unpacked(connection, data))
            for connection, recorded, data in self._messages(connections)
        ]

    def close(self) -> None:
        """Close the recording."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _choose(self, topic: str | None) -> str:
        kinds: dict[str, str] = {}
        for connection in self._reader.connections:
            if connection.msgcount:
                kinds[connection.topic] = connection.msgtype
        images = sorted(name for name, kind in kinds.items() if kind in (RAW, COMPRESSED))
        there = ", ".join(images) or "none"
        if topic is None:
            if len(images) == 1:
                return images[0]
            raise BagError(f"{self.path}: name the topic (--topic); topics of images: {there}")
        wanted = "/" + topic.strip("/")
        if wanted not in images:
            kind = kinds.get(wanted)
            what = f"is {kind}" if kind else "is not in it, or empty"
            raise BagError(f"{self.path}: topic {wanted} {what}; topics of images: {there}")
        return wanted

    def _ends(self) -> tuple[int, int]:
        """Return when the first and the last image were recorded [ns]."""
        for _, first, _ in itertools.islice(self._messages(self._connections), 1):
            return first, max(first, self._reader.end_time - 1)
        raise BagError(f"{self.path}: topic {self.topic} holds no image that can be read")

    def _messages(self, connections: list[Connection]) -> Iterator[tuple[Connection, int, bytes]]:
        return guarded(self._reader.messages(connections), self.path)

    def _shot(self, connection: Connection, recorded: int, data: bytes, index: int) -> Shot:
        what = f"image {index} of topic {self.topic} in {self.path}"
        message, image = decode_message(self._reader, connection, data, what)
        if min(image.shape[:2]) < SMALLEST:
            raise SourceError(f"{what} has {image.shape[1]} x {image.shape[0]} pixels: too small")
        header = message.header
        stamp = header.stamp.sec + header.stamp.nanosec * 1e-9
        return Shot(
            image=image,
            index=index,
            stamp=stamp if stamp > 0 else recorded * 1e-9,
            offset=(recorded - self.start) * 1e-9,
            recorded=recorded,
            frame_id=header.frame_id,
        )

    def _unpacked(self, connection: Connection, data: bytes) -> Any:
        try:
            return self._reader.deserialize(data, connection.msgtype)
        except Exception as error:  # cut-off data surface as errors of struct, numpy, ...
            raise SourceError(
                f"a message of topic {connection.topic} in {self.path} is damaged: {error}"
            ) from error
