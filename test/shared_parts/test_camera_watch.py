"""What is odd about a camera's images: noted by kind, each of them once."""

from __future__ import annotations

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from lr_ros.ros.camera_watch import CameraWatch, refuse_depth
from lr_ros.ros.faults import Faults
from lr_ros.ros.images import ImageError


def _image(width: int = 4, height: int = 2, sec: int = 1, **fields: object) -> Image:
    message = Image(width=width, height=height, step=3 * width, encoding="rgb8")
    message.header = Header(stamp=Time(sec=sec))
    message.data = bytes(3 * width * height)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def _noticed(*images: Image | CompressedImage) -> dict[str, int]:
    faults = Faults(lambda _: None)
    watch = CameraWatch(faults)
    for image in images:
        width, height = getattr(image, "width", 640), getattr(image, "height", 480)
        watch.look(image, width, height)
    return faults.counts


@pytest.mark.parametrize(
    ("images", "noticed"),
    [
        ([_image(), _image(sec=2), _image(sec=2)], {}),
        ([_image(), _image(8), _image(8), _image()], {"size changed": 2}),
        ([_image(), _image(encoding="bgr8")], {"encoding changed": 1}),
        ([_image(sec=2), _image(sec=1), _image(sec=2)], {"stamp backwards": 1}),
        ([_image(sec=0), _image(sec=0)], {"stamp zero": 2}),
        ([_image(sec=5), _image(sec=0)], {"stamp zero": 1}),
        ([_image(data=bytes(25)), _image(data=bytes(24))], {"too long": 1}),
        ([_image(encoding="nv12", step=4, data=bytes(12))], {}),
        ([CompressedImage(format="jpeg", header=_image().header)] * 2, {}),
        (
            [
                CompressedImage(format="jpeg", header=_image().header),
                CompressedImage(format="png", header=_image().header),
            ],
            {"encoding changed": 1},
        ),
    ],
)
def test_noticed(images: list[Image], noticed: dict[str, int]) -> None:
    assert _noticed(*images) == noticed


@pytest.mark.parametrize(
    ("encoding", "data", "reason"),
    [
        ("32FC1", np.ones(8, np.float32).tobytes(), "depth"),
        ("32FC1", np.full(8, np.nan, np.float32).tobytes(), "nan"),
        ("32FC1", np.full(8, -np.inf, np.float32).tobytes() + b"x", "infinite"),
        ("32FC1", b"", "depth"),
        ("64FC1", np.full(8, np.nan).tobytes(), "nan"),
        ("16UC1", bytes(16), "depth"),
    ],
)
def test_distances_are_no_picture(encoding: str, data: bytes, reason: str) -> None:
    with pytest.raises(ImageError) as refused:
        refuse_depth(_image(encoding=encoding, data=data))
    assert refused.value.reason == reason


def test_pictures_are_not_refused() -> None:
    refuse_depth(_image())
    refuse_depth(CompressedImage(format="jpeg"))
