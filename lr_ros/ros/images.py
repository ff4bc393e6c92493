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
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from lr_ros.imaging.checks import ImageError, Rgb
from lr_ros.imaging.compressed import compressed_to_rgb
from lr_ros.imaging.raw import check_raw, raw_to_rgb

__all__ = ["ImageError", "Rgb", "seconds", "to_compressed", "to_image", "to_rgb"]

_BRIDGED = ("rgb8", "bgr8", "rgba8", "bgra8", "mono8")
# Of the other encodings, cv_bridge refuses some, and scales 16 bits to 8 otherwise than we do.


def to_rgb(message: Image | CompressedImage) -> Rgb:
    """Return the image of a message.

    Raises:
        ImageError: The message is empty, too short for its size and step, of an encoding that is
            not understood, larger than ``MAX_PIXELS``, or a damaged JPEG or PNG.
    """
    if isinstance(message, CompressedImage):
        return _decompress(message)
    check_raw(message)
    bridge = _cv_bridge() if message.encoding in _BRIDGED else None
    return bridge(message) if bridge is not None else raw_to_rgb(message)


def _decompress(message: CompressedImage) -> Rgb:
    try:
        return compressed_to_rgb(message.data)
    except ImageError as error:
        raise ImageError(error.reason, f"{error} (format {message.format[:40]!r})") from error


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
        return np.asarray(bridge.imgmsg_to_cv2(message, "rgb8"), np.uint8)

    return convert if _sound(convert) else None


def _sound(convert: Callable[[Image], Rgb]) -> bool:
    for encoding, channels in (("rgb8", 3), ("bgr8", 3), ("mono8", 1)):
        message = Image(height=2, width=2, step=2 * channels + 2, encoding=encoding)
        message.data = bytes(range(2 * (2 * channels + 2)))
        try:
            if not np.array_equal(convert(message), raw_to_rgb(message)):
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
