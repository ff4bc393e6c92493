"""What the nodes that publish a camera share: the image, its CameraInfo and its marker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from lr_ros.ros import qos
from lr_ros.ros.images import to_compressed, to_image
from lr_ros.ros.rates import RateMeter
from lr_ros.sources.calibration import Calibration

Answer = TypeVar("Answer")
MARKER_DEPTH = 1000
END = "end"
"""Stands for the index in the marker that follows a clip's last frame."""


class CameraPublisher:
    """Publishes `image` (or `image/compressed`), `camera_info` and `frame_marker`.

    All three carry the same stamp. The marker is a header whose frame_id is `NAME:INDEX`: which
    clip or object, and which frame of it; `NAME:end` follows a clip's last frame.
    Safe from one thread at a time.
    """

    def __init__(self, node: Node, parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters
        images = qos.camera(parameters["image.reliability"], depth=5)
        self._compressed = bool(parameters["image.compressed"])
        self._image = (
            node.create_publisher(CompressedImage, "image/compressed", images)
            if self._compressed
            else node.create_publisher(Image, "image", images)
        )
        self._info = node.create_publisher(CameraInfo, "camera_info", images)
        self._marker = node.create_publisher(Header, "frame_marker", qos.results(MARKER_DEPTH))
        self.rate = RateMeter()
        self.published = 0

    @property
    def subscribers(self) -> int:
        """How many subscribe to the image."""
        return int(self._image.get_subscription_count())

    def publish(
        self, rgb: NDArray[np.uint8], stamp: Time, name: str, index: int, calibration: Calibration
    ) -> None:
        """Publish one picture (``uint8 [H, W, 3]``), with its calibration and its marker."""
        frame_id = self._parameters["image.frame_id"]
        self._marker.publish(Header(stamp=stamp, frame_id=f"{name}:{index}"))
        info = to_camera_info(calibration)
        info.header = Header(stamp=stamp, frame_id=frame_id)
        self._info.publish(info)
        if self._compressed:
            quality = self._parameters["image.jpeg_quality"]
            self._image.publish(to_compressed(rgb, stamp, frame_id, quality))
        else:
            encoding = self._parameters["image.encoding"]
            message = to_image(rgb if encoding == "rgb8" else rgb[..., ::-1], stamp, frame_id)
            message.encoding = encoding
            self._image.publish(message)
        self.published += 1
        self.rate.tick()

    def publish_end(self, stamp: Time, name: str) -> None:
        """Say that the clip is over."""
        self._marker.publish(Header(stamp=stamp, frame_id=f"{name}:{END}"))


def to_camera_info(calibration: Calibration) -> CameraInfo:
    """Return the message of a calibration, without header."""
    return CameraInfo(
        width=calibration.width,
        height=calibration.height,
        distortion_model=calibration.distortion_model,
        d=list(calibration.distortion),
        k=list(calibration.camera_matrix),
        r=list(calibration.rectification),
        p=list(calibration.projection),
    )


def refuse(response: Answer, code: int, message: str) -> Answer:
    """Fill in a service's answer that refuses, with one of the codes of ErrorCode.msg."""
    response.success = False
    response.error_code = code
    response.message = message
    return response
