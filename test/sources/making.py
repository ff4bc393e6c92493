"""Makes pictures, videos and recordings whose content tells which frame it is."""

from pathlib import Path

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

STORE = get_typestore(Stores.ROS2_KILTED)
STEP_NS = 100_000_000


def picture(number, height=48, width=64):
    """A picture that tells its number: a bar whose length grows, in colours that differ."""
    image = np.full((height, width, 3), (200, 40, 90), np.uint8)
    image[8:24, : 4 + number * 4] = (20, 180, 60)
    return image


def close_to(image, expected, tolerance=12.0):
    return (
        image.shape == expected.shape and np.abs(image.astype(float) - expected).mean() < tolerance
    )


def save(path: Path, image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def write_video(path, count=12):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    assert writer.isOpened()
    for number in range(count):
        writer.write(cv2.cvtColor(picture(number), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def header(number):
    types = STORE.types
    stamp = types["builtin_interfaces/msg/Time"](sec=number, nanosec=0)
    return types["std_msgs/msg/Header"](stamp=stamp, frame_id="camera")


def raw_message(number, image, encoding="rgb8", padding=0):
    height, width, channels = image.shape
    rows = image.reshape(height, width * channels)
    data = np.concatenate([rows, np.full((height, padding), 7, np.uint8)], axis=1)
    return STORE.types["sensor_msgs/msg/Image"](
        header=header(number),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=data.shape[1],
        data=data.ravel(),
    )


def jpeg_message(number, image, cut=None):
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert done
    return STORE.types["sensor_msgs/msg/CompressedImage"](
        header=header(number), format="jpeg", data=data.ravel()[:cut]
    )


def write_bag(path, topics, storage="sqlite3", mode=CompressionMode.NONE):
    """Write a recording of ``{topic: [message, ...]}``, a message each tenth of a second."""
    writer = Writer(path, version=9, storage_plugin=StoragePlugin[storage.upper()])
    if mode is not CompressionMode.NONE:
        writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        for topic, messages in topics.items():
            kind = messages[0].__msgtype__
            connection = writer.add_connection(topic, kind, typestore=STORE)
            for number, message in enumerate(messages):
                data = STORE.serialize_cdr(message, kind)
                writer.write(connection, 5_000_000_000 + number * STEP_NS, data)
    return path


def start_of(data, number):
    """Return where a frame of an MJPG file begins: its size, then its JPEG."""
    place = data.index(b"movi")
    for _ in range(number + 1):
        place = data.index(b"00dc", place) + 4
    return place


def spoil(path, number):
    """Overwrite one frame of an MJPG file, leaving all around it whole."""
    data = bytearray(path.read_bytes())
    place = start_of(data, number)
    size = int.from_bytes(data[place : place + 4], "little")
    data[place + 4 : place + 4 + size] = b"\xff" * size
    path.write_bytes(data)
