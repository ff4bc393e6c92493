"""Recognitions as vision_msgs/Detection2DArray, for programs that speak vision_msgs already."""

from __future__ import annotations

import importlib
from typing import Any

from rclpy.node import Node

from lr_ros.msg import Recognition
from lr_ros.ros import qos


class Detections:
    """Publishes on `detections` where vision_msgs can be imported, and does nothing elsewhere."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publisher = None
        try:
            self._messages: Any = importlib.import_module("vision_msgs.msg")
        except ImportError:  # it is not on every machine
            return
        kind = self._messages.Detection2DArray
        self._publisher = node.create_publisher(kind, "detections", qos.results())

    def publish(self, recognition: Recognition) -> None:
        """Publish one detection, or none where no known object is in view."""
        if self._publisher is not None:
            self._publisher.publish(to_detections(recognition, self._messages))

    def close(self) -> None:
        """Take the topic back."""
        if self._publisher is not None:
            self._node.destroy_publisher(self._publisher)


def to_detections(recognition: Recognition, messages: Any) -> Any:
    """Return the Detection2DArray of a recognition; ``messages`` is the module vision_msgs.msg."""
    array = messages.Detection2DArray(header=recognition.header)
    if recognition.unknown:
        return array
    roi = recognition.roi
    detection = messages.Detection2D(header=recognition.header)
    detection.id = str(recognition.segment_id)
    detection.bbox.center.position.x = roi.x_offset + roi.width / 2.0
    detection.bbox.center.position.y = roi.y_offset + roi.height / 2.0
    detection.bbox.size_x, detection.bbox.size_y = float(roi.width), float(roi.height)
    for hypothesis in recognition.hypotheses:
        result = messages.ObjectHypothesisWithPose()
        result.hypothesis.class_id = hypothesis.class_name
        result.hypothesis.score = float(hypothesis.score)
        detection.results.append(result)
    array.detections.append(detection)
    return array
