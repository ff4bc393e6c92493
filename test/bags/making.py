"""A recording of two things that come into view before a camera, one of them twice."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from stream.synthetic import FPS, HEIGHT, WIDTH, Thing, texture

from lr_ros.bags.typestore import typestore

START_NS = 1_700_000_000_000_000_000
STEP_NS = int(1e9 / FPS)
STAYS = ((1.0, 4.0, "mug"), (5.0, 8.0, "cup"), (9.0, 11.0, "mug"))
SECONDS = 12.0
TOPIC = "/camera/image"

PARAMS = """\
/**:
  ros__parameters:
    encoder.input_size: 64
    training.strategy: slda
    session.rate: 10.0
    recognition.unknown_threshold: 1.0
"""
"""Small and fast; how well strangers are told from friends is measured elsewhere."""


def pictures(seed: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    ground = texture(rng, WIDTH, HEIGHT, 0.6)
    things = {"mug": Thing(rng, 70.0), "cup": Thing(rng, 70.0)}
    frames = []
    for number in range(int(SECONDS * FPS)):
        time = number / FPS
        image = ground.copy()
        for begin, end, name in STAYS:
            if begin <= time < end:
                away = max(0.0, 1 - (time - begin) / 0.3, 1 - (end - time) / 0.3)
                things[name].draw(image, WIDTH / 2 + away * WIDTH * 0.8, HEIGHT / 2, 50 * time)
        image += rng.normal(0, 2, image.shape)
        frames.append(np.clip(image, 0, 255).astype(np.uint8))
    return frames


def header(number: int):
    types = typestore().types
    stamp = START_NS + number * STEP_NS
    time = types["builtin_interfaces/msg/Time"](sec=stamp // 10**9, nanosec=stamp % 10**9)
    return types["std_msgs/msg/Header"](stamp=time, frame_id="camera")


def jpeg(number: int, image: np.ndarray):
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return typestore().types["sensor_msgs/msg/CompressedImage"](
        header=header(number), format="jpeg", data=data.ravel()
    )


def status(number: int, state: int, name: str, session: str, code: int = 0):
    types = typestore().types
    roi = types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    return types["lr_ros/msg/LearnerStatus"](
        header=header(number), state=state, paused=False, class_name=name, session_id=session,
        roi=roi, frames=0, frames_target=20, frames_refused=0, refusal_reasons=[],
        refusal_counts=np.zeros(0, np.uint32), progress=0.0, loss=0.0, model_version=0, classes=[],
        replay_used=0, replay_capacity=0, elapsed=0.0, error_code=code, warnings=[], message="",
    )  # fmt: skip


def write(
    path: Path,
    messages: dict[str, list[tuple[int, object]]],
    storage: str = "mcap",
    mode: CompressionMode = CompressionMode.NONE,
) -> Path:
    """Write (number of the step, message) by topic."""
    writer = Writer(path, version=9, storage_plugin=StoragePlugin[storage.upper()])
    if mode is not CompressionMode.NONE:
        writer.set_compression(mode, CompressionFormat.ZSTD)
    store = typestore()
    rows = []
    with writer:
        for topic, items in messages.items():
            kind = items[0][1].__msgtype__
            connection = writer.add_connection(topic, kind, typestore=store)
            rows += [(number, connection, store.serialize_cdr(m, kind)) for number, m in items]
        for number, connection, data in sorted(rows, key=lambda row: row[0]):
            writer.write(connection, START_NS + number * STEP_NS, data)
    return path


def images(frames: list[np.ndarray]) -> list[tuple[int, object]]:
    return [(number, jpeg(number, frame)) for number, frame in enumerate(frames)]


def teaching() -> list[tuple[int, object]]:
    """The learner says that it was taught both things, and that a third session failed."""
    said = []
    for place, (begin, end, name) in enumerate(STAYS[:2]):
        first, last, session = int(begin * FPS) + 5, int(end * FPS) - 3, f"session{place}"
        said += [(number, status(number, 1, name, session)) for number in range(first, last)]
        said += [
            (last, status(last, 2, name, session)),
            (last + 1, status(last + 1, 3, name, session)),
        ]
        said += [(last + 5, status(last + 5, 0, name, session))]
    said += [(95, status(95, 1, "pot", "third")), (99, status(99, 4, "pot", "third", code=5))]
    return said
