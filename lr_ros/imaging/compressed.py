"""JPEG and PNG images to RGB; those cut off or too large are refused before they are decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from lr_ros.imaging.checks import ImageError, Rgb, check_size
from lr_ros.imaging.picture_size import picture_size

if TYPE_CHECKING:
    from typing_extensions import Buffer

_HEADER = 1 << 20
# Bytes of a compressed picture within which its size must stand.

_TAIL = 4096
# A cut-off file would be decoded to a half grey picture without a word; these end a whole one.
_END_MARKS = ((b"\xff\xd8", b"\xff\xd9"), (b"\x89PNG", b"IEND"))


def compressed_to_rgb(data: Buffer) -> Rgb:
    """Return the image in the bytes of a JPEG or PNG.

    Raises:
        ImageError: They are empty, no whole JPEG or PNG, or hold more than ``MAX_PIXELS``.
    """
    values = np.frombuffer(data, np.uint8)
    if values.size == 0:
        raise ImageError("empty", "compressed image without data")
    size = picture_size(values[:_HEADER].tobytes())
    if size is None:
        raise ImageError("damaged", "compressed image is no whole JPEG or PNG")
    check_size(*size)
    if cut_off(values):
        raise ImageError("damaged", "compressed image is no whole JPEG or PNG: its end is missing")
    return decode(values)


def cut_off(values: Rgb) -> bool:
    """Whether bytes, ``uint8 [N]``, begin a JPEG or PNG that does not end."""
    head = values[:8].tobytes()
    end = next((end for start, end in _END_MARKS if head.startswith(start)), b"")
    if end in values[-_TAIL:].tobytes():
        return False
    # A driver may hand on its whole buffer, with nothing behind the picture.
    return end not in values.tobytes().rstrip(b"\0")[-_TAIL:]


def decode(values: Rgb) -> Rgb:
    """Return the image in the bytes, ``uint8 [N]``, of a file of any kind that OpenCV reads.

    Raises:
        ImageError: They cannot be decoded.
    """
    try:
        pixels = cv2.imdecode(values, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError("damaged", f"image cannot be decoded: {error.err}") from error
    if pixels is None:
        raise ImageError("damaged", "image cannot be decoded")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
