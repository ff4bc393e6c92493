"""What is odd about a camera's images: counted by kind, and warned about now and then."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from lr_ros.ros.faults import Faults
from lr_ros.ros.images import ImageError, seconds

_FLOATS = {"32FC1": np.float32, "64FC1": np.float64}
_DEPTH = (*_FLOATS, "16UC1")


class CameraWatch:
    """Notes in ``faults`` what changes in midstream, and stamps that cannot be right.

    Such images are recognized all the same. Used from one thread.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._size: tuple[int, int] | None = None
        self._encoding = ""
        self._stamp = 0.0

    def look(self, message: Image | CompressedImage, width: int, height: int) -> None:
        """Look at an image that can be used, of so many pixels."""
        raw = isinstance(message, Image)
        encoding = message.encoding if raw else message.format[:40]
        if self._size is not None:
            self._compare((width, height), encoding)
        self._size, self._encoding = (width, height), encoding
        if raw and len(message.data) > message.step * height and not encoding.startswith("nv"):
            text = f"{len(message.data)} bytes of data, {message.step * height} are needed"
            self._faults.note("too long", f"image longer than its size says: {text}")
        self._look_at_stamp(seconds(message.header.stamp))

    def _compare(self, size: tuple[int, int], encoding: str) -> None:
        if size != self._size:
            before = "{} x {}".format(*self._size or size)
            self._faults.note(
                "size changed", f"images are {size[0]} x {size[1]} pixels now, {before} before"
            )
        if encoding != self._encoding:
            self._faults.note(
                "encoding changed", f"images are {encoding!r} now, {self._encoding!r} before"
            )

    def _look_at_stamp(self, stamp: float) -> None:
        if stamp == 0.0:
            self._faults.note("stamp zero", "an image has no stamp: does the camera set it?")
        elif stamp < self._stamp:
            self._faults.note(
                "stamp backwards",
                f"an image's stamp is {self._stamp - stamp:.3f} s before the last one's: a "
                "recording that loops, or two cameras on one topic?",
            )
        self._stamp = stamp


def refuse_depth(message: Image | CompressedImage) -> None:
    """Raise ImageError for an image of distances, with a reason of its own where it is damaged."""
    if not isinstance(message, Image) or message.encoding not in _DEPTH:
        return
    kind = _FLOATS.get(message.encoding)
    if kind is not None:
        data = memoryview(message.data).cast("B")
        whole = len(data) // np.dtype(kind).itemsize * np.dtype(kind).itemsize
        values = np.frombuffer(data[:whole], kind)
        if np.isnan(values).any():
            raise ImageError("nan", f"{message.encoding} image with values that are no numbers")
        if np.isinf(values).any():
            raise ImageError("infinite", f"{message.encoding} image with infinite values")
    raise ImageError(
        "depth",
        f"{message.encoding} holds a distance a pixel, which is no picture: remap `image` to the "
        "camera's colour or grey image",
    )
