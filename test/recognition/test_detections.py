"""Detections for programs that speak vision_msgs, which is not on every machine."""

from __future__ import annotations

from types import SimpleNamespace

from lr_ros.msg import Hypothesis, Recognition
from sensor_msgs.msg import RegionOfInterest

from lr_ros.ros.detections import to_detections


def _message(**fields: object) -> SimpleNamespace:
    return SimpleNamespace(**fields)


# The fields of vision_msgs 4 that are filled in.
VISION = SimpleNamespace(
    Detection2DArray=lambda header: _message(header=header, detections=[]),
    Detection2D=lambda header: _message(
        header=header,
        id="",
        results=[],
        bbox=_message(
            center=_message(position=_message(x=0.0, y=0.0), theta=0.0), size_x=0.0, size_y=0.0
        ),
    ),
    ObjectHypothesisWithPose=lambda: _message(hypothesis=_message(class_id="", score=0.0)),
)


def recognition(unknown: bool) -> Recognition:
    return Recognition(
        segment_id=7,
        roi=RegionOfInterest(x_offset=10, y_offset=20, width=30, height=40),
        hypotheses=[
            Hypothesis(class_name="mug", score=0.75),
            Hypothesis(class_name="cup", score=0.25),
        ],
        unknown=unknown,
    )


def test_a_known_object_is_one_detection() -> None:
    (detection,) = to_detections(recognition(unknown=False), VISION).detections
    assert detection.id == "7"
    center = detection.bbox.center.position
    assert (center.x, center.y, detection.bbox.size_x, detection.bbox.size_y) == (25, 40, 30, 40)
    named = [(r.hypothesis.class_id, r.hypothesis.score) for r in detection.results]
    assert named == [("mug", 0.75), ("cup", 0.25)]


def test_nobody_known_is_no_detection() -> None:
    assert to_detections(recognition(unknown=True), VISION).detections == []
