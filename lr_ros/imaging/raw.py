"""Raw images of every encoding to RGB: the one table that nodes and recordings go by.

Names are those of ROS (``sensor_msgs/image_encodings.hpp``), and ``nv12`` as camera drivers of
single-board computers write it. YUV is ITU-R BT.601 in video range, as OpenCV reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import cv2
import numpy as np

from lr_ros.imaging.checks import ImageError, Rgb, check_size

if TYPE_CHECKING:
    from typing_extensions import Buffer


class RawImage(Protocol):
    """The fields of a ``sensor_msgs/Image`` that say what its bytes mean."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Buffer


class _Layout(NamedTuple):
    """How the bytes of an encoding lie.

    ``channels`` a pixel in a row, ``depth`` bytes each; ``conversion`` is OpenCV's to RGB, None
    where it is RGB already; with ``chroma_rows``, half as many rows of chroma follow.
    """

    channels: int
    depth: int
    conversion: int | None
    chroma_rows: bool = False


# ROS names a Bayer pattern by its first two rows and columns, OpenCV by the second ones.
_LAYOUTS = {
    "rgb8": _Layout(3, 1, None),
    "bgr8": _Layout(3, 1, cv2.COLOR_BGR2RGB),
    "8UC3": _Layout(3, 1, cv2.COLOR_BGR2RGB),
    "rgba8": _Layout(4, 1, cv2.COLOR_RGBA2RGB),
    "bgra8": _Layout(4, 1, cv2.COLOR_BGRA2RGB),
    "8UC4": _Layout(4, 1, cv2.COLOR_BGRA2RGB),
    "mono8": _Layout(1, 1, cv2.COLOR_GRAY2RGB),
    "8UC1": _Layout(1, 1, cv2.COLOR_GRAY2RGB),
    "rgb16": _Layout(3, 2, None),
    "bgr16": _Layout(3, 2, cv2.COLOR_BGR2RGB),
    "rgba16": _Layout(4, 2, cv2.COLOR_RGBA2RGB),
    "bgra16": _Layout(4, 2, cv2.COLOR_BGRA2RGB),
    "mono16": _Layout(1, 2, cv2.COLOR_GRAY2RGB),
    "yuv422": _Layout(2, 1, cv2.COLOR_YUV2RGB_UYVY),
    "uyvy": _Layout(2, 1, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422_yuy2": _Layout(2, 1, cv2.COLOR_YUV2RGB_YUY2),
    "yuyv": _Layout(2, 1, cv2.COLOR_YUV2RGB_YUY2),
    "nv12": _Layout(1, 1, cv2.COLOR_YUV2RGB_NV12, chroma_rows=True),
    "nv21": _Layout(1, 1, cv2.COLOR_YUV2RGB_NV21, chroma_rows=True),
    "bayer_rggb8": _Layout(1, 1, cv2.COLOR_BayerBG2RGB),
    "bayer_bggr8": _Layout(1, 1, cv2.COLOR_BayerRG2RGB),
    "bayer_gbrg8": _Layout(1, 1, cv2.COLOR_BayerGR2RGB),
    "bayer_grbg8": _Layout(1, 1, cv2.COLOR_BayerGB2RGB),
    "bayer_rggb16": _Layout(1, 2, cv2.COLOR_BayerBG2RGB),
    "bayer_bggr16": _Layout(1, 2, cv2.COLOR_BayerRG2RGB),
    "bayer_gbrg16": _Layout(1, 2, cv2.COLOR_BayerGR2RGB),
    "bayer_grbg16": _Layout(1, 2, cv2.COLOR_BayerGB2RGB),
}

ENCODINGS = tuple(_LAYOUTS)
"""The encodings of raw images that are understood."""


def check_raw(image: RawImage) -> None:
    """Raise what :func:`raw_to_rgb` would, before a byte is read."""
    if image.encoding not in _LAYOUTS:
        raise ImageError(
            "encoding",
            f"encoding {image.encoding[:40]!r} is not understood; use one of "
            + ", ".join(ENCODINGS),
        )
    height, width = image.height, image.width
    check_size(width, height)
    layout = _LAYOUTS[image.encoding]
    row = width * layout.channels * layout.depth
    if image.step < row:
        raise ImageError("step", f"step is {image.step} bytes, a row of {image.encoding} has {row}")
    subsampled = layout.channels == 2 or layout.chroma_rows
    if subsampled and width % 2:
        raise ImageError("size", f"width {width} is odd, which {image.encoding} cannot have")
    if layout.chroma_rows and height % 2:
        raise ImageError("size", f"height {height} is odd, which {image.encoding} cannot have")
    if image.encoding.startswith("bayer") and min(height, width) < 2:
        raise ImageError("size", f"{width} x {height} pixels hold no whole Bayer pattern")
    needed = image.step * (_rows(height, layout) - 1) + row
    if (there := memoryview(image.data).nbytes) < needed:
        raise ImageError("short", f"{there} bytes of data, {needed} are needed")


def raw_to_rgb(image: RawImage) -> Rgb:
    """Return a raw image as RGB, honouring ``step`` and byte order.

    Raises:
        ImageError: It is empty, too short for its size and step, larger than ``MAX_PIXELS``, of a
            size that its encoding cannot have, or of an encoding that is not understood.
    """
    check_raw(image)
    layout = _LAYOUTS[image.encoding]
    height, row = _rows(image.height, layout), image.width * layout.channels * layout.depth
    data = np.frombuffer(image.data, np.uint8)
    # The last row may lack its padding, so rows are viewed by stride, not by reshape.
    rows = np.lib.stride_tricks.as_strided(data, (height, row), (image.step, 1), writeable=False)
    if layout.depth == 2:
        # The more significant byte is all that 8 bits can keep.
        rows = rows[:, 0::2] if image.is_bigendian else rows[:, 1::2]
    pixels = np.ascontiguousarray(rows).reshape(height, image.width, layout.channels)
    if layout.conversion is None:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, layout.conversion), np.uint8)


def _rows(height: int, layout: _Layout) -> int:
    return height * 3 // 2 if layout.chroma_rows else height
