"""The annotated image as the recognizer publishes it, raw and as JPEG, while someone looks."""

from __future__ import annotations

import numpy as np
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from lr_ros.msg import LearnerStatus
from lr_ros.recognition.drawing import Lesson, annotate
from lr_ros.recognition.pipeline import Answer
from lr_ros.ros import qos
from lr_ros.ros.images import to_compressed, to_image

FAILURE_SECONDS = 5.0
"""How long it is shown that a session failed."""

_DOING = {
    LearnerStatus.CAPTURING: "looking at",
    LearnerStatus.QUEUED: "about to learn",
    LearnerStatus.TRAINING: "learning",
}


class DebugImages:
    """Publishes `debug_image` and `debug_image/compressed`; each is made only if it is wanted."""

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        self._raw = node.create_publisher(Image, "debug_image", qos.camera_output(1))
        self._jpeg = node.create_publisher(
            CompressedImage, "debug_image/compressed", qos.camera_output(1)
        )

    def publish(
        self, image: np.ndarray, answer: Answer, header: Header, status: LearnerStatus | None
    ) -> None:
        """Draw and publish, if someone looks; ``image`` is ``uint8 [H, W, 3]``, RGB."""
        raw = self._raw.get_subscription_count() > 0
        jpeg = self._jpeg.get_subscription_count() > 0
        if not (raw or jpeg):
            return
        drawn = annotate(image, answer, lesson_of(status))
        if raw:
            self._raw.publish(to_image(drawn, header.stamp, header.frame_id))
        if jpeg:
            self._jpeg.publish(to_compressed(drawn, header.stamp, header.frame_id))

    def close(self) -> None:
        """Give the publishers back."""
        for publisher in (self._raw, self._jpeg):
            self._node.destroy_publisher(publisher)


def lesson_of(status: LearnerStatus | None) -> Lesson | None:
    """Return what is to be shown of a session; None where none runs or has just failed."""
    if status is None:
        return None
    if status.state == LearnerStatus.FAILED and status.elapsed < FAILURE_SECONDS:
        return Lesson(status.class_name, "not learned:", 0.0, advice=status.message)
    if status.state not in _DOING:
        return None
    gathering = status.state == LearnerStatus.CAPTURING
    return Lesson(
        status.class_name,
        _DOING[status.state],
        status.progress,
        status.frames if gathering else 0,
        status.frames_target if gathering else 0,
        status.warnings[0] if status.warnings else "",
    )
