from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lr_ros.stream.geometry import Box

boxes = st.builds(
    Box, st.integers(-50, 300), st.integers(-50, 300), st.integers(0, 200), st.integers(0, 200)
)


def test_iou_of_half_covered_boxes_is_a_third():
    assert Box(0, 0, 10, 10).iou(Box(5, 0, 10, 10)) == 1 / 3


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_share(one, other):
    assert one.iou(other) == other.iou(one)
    assert 0.0 <= one.iou(other) <= 1.0


@given(boxes)
def test_a_clipped_box_lies_inside_and_is_the_shared_part(box):
    image = Box(0, 0, 160, 120)
    inside = box.clipped(160, 120)
    assert inside.area == box.intersection(image)
    assert 0 <= inside.x <= inside.x + inside.width <= 160
    assert 0 <= inside.y <= inside.y + inside.height <= 120
