"""A replay as an MCAP recording: a folder of rosbag2's, the schemas of all messages in its file."""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.errors import WriterError

from lr_ros.bags.errors import BagError
from lr_ros.bags.replay import Moment
from lr_ros.bags.typestore import typestore
from lr_ros.recognition.drawing import annotate
from lr_ros.recognition.pipeline import Answer
from lr_ros.stream.segmenter import Box

TOPICS = {
    "recognition": "lr_ros/msg/Recognition",
    "segments": "lr_ros/msg/Segment",
    "learner_status": "lr_ros/msg/LearnerStatus",
    "debug_image/compressed": "sensor_msgs/msg/CompressedImage",
}
"""Topics below the namespace, as the nodes name them, and their types."""

JPEG_QUALITY = 85
_EVENTS = {"start": 0, "running": 1, "end": 2}
_IDLE, _CAPTURING = 0, 1
STATUS_SECONDS = 1.0


class McapRecording:
    """Writes a replay to the folder ``path``, with times and stamps of the recording it is of.

    Raises:
        BagError: The folder is there already, or cannot be made.
    """

    def __init__(self, path: Path, namespace: str = "lr") -> None:
        self._types = typestore()
        try:
            self._writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
            self._writer.open()
            base = "/" + namespace.strip("/")
            self._connections = {
                name: self._writer.add_connection(f"{base}/{name}", kind, typestore=self._types)
                for name, kind in TOPICS.items()
            }
        except (OSError, WriterError) as error:
            raise BagError(f"the recording {path} cannot be written: {error}") from error
        self._told: tuple[float, tuple[Any, ...]] = (-math.inf, ())

    def write(self, moment: Moment) -> None:
        """Write the messages of one image."""
        shot, answer, _ = moment.sight
        header = self._header(shot.stamp, shot.frame_id)
        self._put("recognition", shot.recorded, self._recognition(answer, header))
        segment = self._segment(answer, header)
        if segment is not None:
            self._put("segments", shot.recorded, segment)
        drawn = annotate(shot.image, answer, moment.lesson)
        self._put("debug_image/compressed", shot.recorded, self._jpeg(drawn, header))
        said = (moment.lesson, moment.frames, moment.model_version)
        if said != self._told[1] or shot.offset - self._told[0] >= STATUS_SECONDS:
            self._told = (shot.offset, said)
            self._put("learner_status", shot.recorded, self._status(moment, header))

    def close(self) -> None:
        """Write the index and the metadata."""
        self._writer.close()

    def __enter__(self) -> McapRecording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()  # what is there so far can be looked at also after an interrupt

    def _put(self, name: str, recorded: int, message: Any) -> None:
        data = self._types.serialize_cdr(message, TOPICS[name])
        self._writer.write(self._connections[name], recorded, data)

    def _make(self, kind: str, **fields: Any) -> Any:
        return self._types.types[kind](**fields)

    def _time(self, stamp: float) -> Any:
        whole = math.floor(max(stamp, 0.0))
        nanoseconds = min(round((max(stamp, 0.0) - whole) * 1e9), 999_999_999)
        return self._make("builtin_interfaces/msg/Time", sec=whole, nanosec=nanoseconds)

    def _header(self, stamp: float, frame_id: str) -> Any:
        return self._make("std_msgs/msg/Header", stamp=self._time(stamp), frame_id=frame_id)

    def _roi(self, box: Box) -> Any:
        return self._make(
            "sensor_msgs/msg/RegionOfInterest",
            x_offset=box.x,
            y_offset=box.y,
            height=box.height,
            width=box.width,
            do_rectify=False,
        )

    def _recognition(self, answer: Answer, header: Any) -> Any:
        return self._make(
            "lr_ros/msg/Recognition",
            header=header,
            model_version=answer.model_version,
            segment_id=answer.segment_id,
            roi=self._roi(answer.region),
            hypotheses=[
                self._make("lr_ros/msg/Hypothesis", class_name=name, score=score)
                for name, score in answer.hypotheses
            ],
            unknown=answer.unknown,
            unknown_score=answer.unknown_score,
            latency_ms=0.0,
        )

    def _segment(self, answer: Answer, header: Any) -> Any | None:
        view = answer.view
        if view.event not in _EVENTS:
            return None
        return self._make(
            "lr_ros/msg/Segment",
            header=header,
            event=_EVENTS[view.event],
            segment_id=view.segment_id,
            start=self._time(view.start),
            end=self._time(view.end),
            frames=view.frames,
            roi=self._roi(view.roi or answer.region),
        )

    def _jpeg(self, image: Any, header: Any) -> Any:
        options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
        return self._make(
            "sensor_msgs/msg/CompressedImage", header=header, format="jpeg", data=data.ravel()
        )

    def _status(self, moment: Moment, header: Any) -> Any:
        lesson = moment.lesson
        return self._make(
            "lr_ros/msg/LearnerStatus",
            header=header,
            state=_IDLE if lesson is None else _CAPTURING,
            paused=False,
            class_name="" if lesson is None else lesson.class_name,
            session_id="",
            roi=self._roi(Box(0, 0, 0, 0)),
            frames=moment.frames,
            frames_target=moment.frames_target,
            frames_refused=0,
            refusal_reasons=[],
            refusal_counts=np.zeros(0, np.uint32),
            progress=0.0 if lesson is None else lesson.progress,
            loss=math.nan,
            model_version=moment.model_version,
            classes=list(moment.classes),
            replay_used=0,
            replay_capacity=0,
            elapsed=0.0,
            error_code=0,
            warnings=[],
            message="",
        )
