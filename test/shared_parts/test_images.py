"""Image messages of every encoding, well-formed and not."""

from __future__ import annotations

import resource
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import CompressedImage, Image

from lr_ros.imaging.picture_size import picture_size
from lr_ros.imaging.raw import ENCODINGS
from lr_ros.ros.images import ImageError, to_compressed, to_image, to_rgb

from .encoded import HEIGHT, WIDTH, padded, pixels_of, scene, wanted


def message_of(rows: np.ndarray, encoding: str, padding: int = 0) -> Image:
    """Return the message, each row followed by bytes that mean nothing."""
    lines = padded(rows, padding)
    message = Image(height=HEIGHT, width=WIDTH, step=lines.shape[1], encoding=encoding)
    message.data = lines.tobytes()
    return message


@pytest.mark.parametrize("padding", [0, 7])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_gives_the_picture(encoding: str, padding: int) -> None:
    message = message_of(pixels_of(scene(), encoding), encoding, padding)
    inner = (slice(2, -2), slice(2, -2))
    difference = to_rgb(message)[inner].astype(int) - wanted(encoding)[inner]
    assert np.abs(difference).max() <= 6


def test_the_encodings_are_those_of_the_documents() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cameras.md").read_text(encoding="utf-8")
    assert {name for name in ENCODINGS if f"`{name}`" not in page} == set()


def test_big_endian_sixteen_bits() -> None:
    rows = (np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) * 37 % 65536).astype(">u2")
    message = message_of(rows.view(np.uint8), "mono16")
    message.is_bigendian = 1
    assert (to_rgb(message)[..., 0] == rows >> 8).all()


def test_the_last_row_may_lack_its_padding() -> None:
    message = message_of(pixels_of(scene(), "rgb8"), "rgb8", padding=5)
    message.data = bytes(message.data)[:-5]
    assert (to_rgb(message) == scene()).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"encoding": "32FC1"}, "encoding"),
        ({"encoding": ""}, "encoding"),
        ({"height": 0}, "empty"),
        ({"width": 0}, "empty"),
        ({"step": 3}, "step"),
        ({"height": HEIGHT + 1}, "short"),
        ({"width": 2**31, "height": 2**31}, "too_large"),
        ({"data": b""}, "short"),
        ({"encoding": "yuv422", "width": WIDTH - 1}, "size"),
        ({"encoding": "nv12", "width": WIDTH - 1}, "size"),
        ({"encoding": "nv21", "height": HEIGHT - 1}, "size"),
        ({"encoding": "nv12", "step": 3 * WIDTH}, "short"),
    ],
)
def test_malformed_messages_are_refused_with_a_reason(change: dict, reason: str) -> None:
    message = message_of(pixels_of(scene(), "rgb8"), "rgb8")
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(ImageError) as caught:
        to_rgb(message)
    assert caught.value.reason == reason


def test_jpeg_and_png() -> None:
    seen = to_rgb(to_compressed(scene(), Time(), quality=95)).astype(int)
    assert np.abs(seen - scene()).mean() < 4
    _, data = cv2.imencode(".png", scene()[..., ::-1])
    assert (to_rgb(CompressedImage(format="png", data=data.tobytes())) == scene()).all()


@given(st.binary(max_size=200))
def test_rubbish_is_no_picture(data: bytes) -> None:
    with pytest.raises(ImageError):
        to_rgb(CompressedImage(format="jpeg", data=data))


@given(
    st.sampled_from(ENCODINGS),
    st.integers(0, 40),
    st.integers(0, 40),
    st.integers(0, 400),
    st.binary(max_size=4000),
)
def test_no_message_does_anything_but_give_a_picture_or_a_reason(
    encoding: str, height: int, width: int, step: int, data: bytes
) -> None:
    message = Image(height=height, width=width, step=step, encoding=encoding, data=data)
    try:
        image = to_rgb(message)
    except ImageError:
        return
    assert image.shape == (height, width, 3)
    assert image.dtype == np.uint8


def test_there_and_back() -> None:
    stamp = Time(sec=3, nanosec=4)
    message = to_image(scene(), stamp, "cam")
    assert (to_rgb(message) == scene()).all()
    assert (message.header.stamp, message.header.frame_id) == (stamp, "cam")


BOMB_SIDE = 40_000
"""Pixels a side of a picture that would take gigabytes once decoded."""


def _png_header(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def _png_bomb() -> bytes:
    """Return a whole PNG of one grey level, small in bytes and huge in pixels."""
    row = b"\0" * (1 + 3 * BOMB_SIDE)
    packer = zlib.compressobj(1)
    body = b"IDAT" + b"".join(packer.compress(row) for _ in range(64)) + packer.flush()
    end = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return _png_header(BOMB_SIDE, BOMB_SIDE) + chunk + end


def test_a_picture_of_gigabytes_is_refused_before_it_is_decoded() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImageError, match="40000 x 40000") as error:
        to_rgb(CompressedImage(format="png", data=_png_bomb()))
    assert error.value.reason == "too_large"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000, "kilobytes"


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("size", [(33, 17), (640, 480)])
def test_size_of_a_compressed_picture(suffix: str, size: tuple[int, int]) -> None:
    for grey in (False, True):
        shape = size[::-1] if grey else (*size[::-1], 3)
        _, data = cv2.imencode(suffix, np.zeros(shape, np.uint8))
        assert picture_size(data.tobytes()) == size


@pytest.mark.parametrize("suffix", [".bmp", ".tiff", ".webp"])
def test_other_formats_are_refused(suffix: str) -> None:
    _, data = cv2.imencode(suffix, np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(ImageError, match="no whole JPEG or PNG"):
        to_rgb(CompressedImage(format="x", data=data.tobytes()))


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"]))
def test_no_bytes_end_the_search_for_a_size(data: bytes, start: bytes) -> None:
    found = picture_size(start + data)
    assert found is None or min(found) >= 0


def test_a_progressive_jpeg_and_one_with_a_long_comment_tell_their_size() -> None:
    _, data = cv2.imencode(
        ".jpg", np.zeros((50, 70, 3), np.uint8), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    )
    jpeg = data.tobytes()
    comment = b"\xff\xfe" + struct.pack(">H", 65_535) + b"c" * 65_533
    for picture in (jpeg, jpeg[:2] + comment * 3 + jpeg[2:]):
        assert picture_size(picture) == (70, 50)
        assert to_rgb(CompressedImage(format="jpeg", data=picture)).shape == (50, 70, 3)


@pytest.mark.parametrize("padding", [1, 100, 100_000])
def test_a_jpeg_in_a_buffer_that_is_larger_is_whole(padding: int) -> None:
    """Drivers hand on the buffer that the camera filled, with nothing behind the picture."""
    coded = cv2.imencode(".jpg", np.full((24, 32, 3), 90, np.uint8))[1].tobytes()
    whole, cut = coded + bytes(padding), coded[:-40] + bytes(padding)
    assert to_rgb(CompressedImage(format="jpeg", data=whole)).shape == (24, 32, 3)
    with pytest.raises(ImageError, match="end is missing"):
        to_rgb(CompressedImage(format="jpeg", data=cut))
