"""The size of a compressed picture, read from its first bytes before anything is decoded.

A PNG of a few kilobytes may stand for gigabytes of pixels: how many must be known beforehand.
"""

from __future__ import annotations

import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers of JPEG without a length after them
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those that begin a frame and tell its size


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG or PNG [pixels]; None where the bytes are neither.

    JPEG: ITU-T T.81, annex B; PNG: ISO 15948, 11.2.2.
    """
    try:
        if data.startswith(_PNG):
            width, height = struct.unpack_from(">II", data, 16)
            return width, height
        return _jpeg_size(data) if data.startswith(_JPEG) else None
    except (struct.error, IndexError):
        return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    place = 2
    while data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF or marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        place += 2 + struct.unpack_from(">H", data, place + 2)[0]
    return None
