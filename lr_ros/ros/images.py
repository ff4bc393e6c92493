"""Image messages to RGB arrays and back.

Every message is checked before a byte of it is read: size, ``step``, length and encoding. Where
``cv_bridge`` can be imported and passes a self-check, it does the conversion of colours.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from lr_ros.ros.picture_size import picture_size

Rgb = NDArray[np.uint8]
"""An image as ``uint8 [H, W, 3]``, red first."""

MAX_PIXELS = 64 * 1024 * 1024
"""Largest image taken (8K is 33 million pixels); larger ones are surely damaged."""

_HEADER = 1 << 20
"""Bytes of a compressed picture within which its size must stand."""


class ImageError(ValueError):
    """An image message that cannot be used; ``reason`` is one word to count it by."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


# Encoding -> (channels, bytes a channel, colour conversion or None where it is RGB already).
# ROS names a Bayer pattern by its first two rows and columns, OpenCV by the second ones.
_ENCODINGS: dict[str, tuple[int, int, int | None]] = {
    "rgb8": (3, 1, None),
    "bgr8": (3, 1, cv2.COLOR_BGR2RGB),
    "8UC3": (3, 1, cv2.COLOR_BGR2RGB),
    "rgba8": (4, 1, cv2.COLOR_RGBA2RGB),
    "bgra8": (4, 1, cv2.COLOR_BGRA2RGB),
    "mono8": (1, 1, cv2.COLOR_GRAY2RGB),
    "8UC1": (1, 1, cv2.COLOR_GRAY2RGB),
    "mono16": (1, 2, cv2.COLOR_GRAY2RGB),
    "yuv422": (2, 1, cv2.COLOR_YUV2RGB_UYVY),
    "uyvy": (2, 1, cv2.COLOR_YUV2RGB_UYVY),
    "yuv422_yuy2": (2, 1, cv2.COLOR_YUV2RGB_YUY2),
    "yuyv": (2, 1, cv2.COLOR_YUV2RGB_YUY2),
    "bayer_rggb8": (1, 1, cv2.COLOR_BayerBG2RGB),
    "bayer_bggr8": (1, 1, cv2.COLOR_BayerRG2RGB),
    "bayer_gbrg8": (1, 1, cv2.COLOR_BayerGR2RGB),
    "bayer_grbg8": (1, 1, cv2.COLOR_BayerGB2RGB),
    "bayer_rggb16": (1, 2, cv2.COLOR_BayerBG2RGB),
    "bayer_bggr16": (1, 2, cv2.COLOR_BayerRG2RGB),
    "bayer_gbrg16": (1, 2, cv2.COLOR_BayerGR2RGB),
    "bayer_grbg16": (1, 2, cv2.COLOR_BayerGB2RGB),
}

ENCODINGS = tuple(_ENCODINGS)
"""The encodings of raw images that are understood."""


def to_rgb(message: Image | CompressedImage) -> Rgb:
    """Return the image of a message.

    Raises:
        ImageError: The message is empty, too short for its size and step, of an encoding that is
            not understood, larger than ``MAX_PIXELS``, or a damaged JPEG or PNG.
    """
    if isinstance(message, CompressedImage):
        return _decompress(message)
    _check(message)
    bridge = _cv_bridge()
    return bridge(message) if bridge is not None else _raw_to_rgb(message)


def _check(message: Image) -> None:
    if message.encoding not in _ENCODINGS:
        raise ImageError(
            "encoding",
            f"encoding {message.encoding[:40]!r} is not understood; use one of "
            + ", ".join(ENCODINGS),
        )
    height, width = message.height, message.width
    if height == 0 or width == 0:
        raise ImageError("empty", f"image of {width} x {height} pixels has nothing in it")
    _check_size(width, height)
    channels, depth, _ = _ENCODINGS[message.encoding]
    row = width * channels * depth
    if message.step < row:
        raise ImageError(
            "step", f"step is {message.step} bytes, a row of {message.encoding} has {row}"
        )
    needed = message.step * (height - 1) + row
    if len(message.data) < needed:
        raise ImageError("short", f"{len(message.data)} bytes of data, {needed} are needed")
    if channels == 2 and width % 2:
        raise ImageError("size", f"width {width} is odd, which {message.encoding} cannot have")
    if message.encoding.startswith("bayer") and min(height, width) < 2:
        raise ImageError("size", f"{width} x {height} pixels hold no whole Bayer pattern")


def _check_size(width: int, height: int) -> None:
    if height * width > MAX_PIXELS:
        raise ImageError(
            "too_large",
            f"image of {width} x {height} pixels; at most {MAX_PIXELS} pixels are taken",
        )


def _raw_to_rgb(message: Image) -> Rgb:
    channels, depth, conversion = _ENCODINGS[message.encoding]
    data = np.frombuffer(message.data, np.uint8)
    row = message.width * channels * depth
    # The last row may lack its padding, so rows are viewed by stride, not by reshape.
    rows = np.lib.stride_tricks.as_strided(
        data, (message.height, row), (message.step, 1), writeable=False
    )
    if depth == 2:
        # The more significant byte is all that 8 bits can keep.
        rows = rows[:, 0::2] if message.is_bigendian else rows[:, 1::2]
    pixels = np.ascontiguousarray(rows).reshape(message.height, message.width, channels)
    if conversion is None:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, conversion), np.uint8)


def _decompress(message: CompressedImage) -> Rgb:
    data = np.frombuffer(message.data, np.uint8)
    if data.size == 0:
        raise ImageError("empty", "compressed image without data")
    size = picture_size(data[:_HEADER].tobytes())
    if size is None:
        raise ImageError("damaged", _damaged(message))
    _check_size(*size)
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError("damaged", f"compressed image cannot be decoded: {error.err}") from error
    if pixels is None:
        raise ImageError("damaged", _damaged(message))
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _damaged(message: CompressedImage) -> str:
    return f"compressed image ({message.format[:40]!r}) is no whole JPEG or PNG"


@functools.cache
def _cv_bridge() -> Callable[[Image], Rgb] | None:
    """Return cv_bridge's conversion where it is installed and sound, else None.

    Some builds were made for numpy 1 and fail, or read wrongly, with numpy 2.
    """
    try:
        from cv_bridge import CvBridge  # noqa: PLC0415 - not on every machine
    except Exception:  # noqa: BLE001 - a build for another numpy fails in many ways
        return None
    bridge = CvBridge()

    def convert(message: Image) -> Rgb:
        if message.encoding.endswith("16"):
            return _raw_to_rgb(message)  # cv_bridge does not scale 16 bits to 8
        return np.asarray(bridge.imgmsg_to_cv2(message, "rgb8"), np.uint8)

    return convert if _sound(convert) else None


def _sound(convert: Callable[[Image], Rgb]) -> bool:
    for encoding in ("rgb8", "bgr8", "mono8"):
        channels = _ENCODINGS[encoding][0]
        message = Image(height=2, width=2, step=2 * channels + 2, encoding=encoding)
        message.data = bytes(range(2 * (2 * channels + 2)))
        try:
            if not np.array_equal(convert(message), _raw_to_rgb(message)):
                return False
        except Exception:  # noqa: BLE001 - whatever it raises, it is not sound
            return False
    return True


def to_image(rgb: Rgb, stamp: Time, frame_id: str = "camera") -> Image:
    """Return an ``rgb8`` message of ``uint8 [H, W, 3]``."""
    height, width = rgb.shape[:2]
    message = Image(height=height, width=width, step=3 * width, encoding="rgb8")
    message.header = Header(stamp=stamp, frame_id=frame_id)
    # Assigning an array is a thousand times slower than assigning bytes.
    message.data = np.ascontiguousarray(rgb).tobytes()
    return message


def to_compressed(
    rgb: Rgb, stamp: Time, frame_id: str = "camera", quality: int = 90
) -> CompressedImage:
    """Return a JPEG message of ``uint8 [H, W, 3]``."""
    options: list[Any] = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    message = CompressedImage(format="rgb8; jpeg compressed bgr8", data=data.tobytes())
    message.header = Header(stamp=stamp, frame_id=frame_id)
    return message


def seconds(stamp: Time) -> float:
    """Return a stamp as seconds."""
    return float(stamp.sec) + 1e-9 * float(stamp.nanosec)
