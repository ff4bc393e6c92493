"""Tells whether an object went out of the picture over its edge."""

from __future__ import annotations

from collections import deque

from lr_ros.stream.geometry import Box

SECONDS = 0.4
"""How far back its way is looked at [s]."""
NEAR = 0.02
"""A box so near to an edge touches it [share of the picture's width]."""
WAY = 0.25
"""It must have come so far towards the edge [share of its size]."""
REST = 0.6
"""Or as little of its extent across the edge must be left."""


class Departure:
    """Keeps where an object was lately.

    An object that the detector loses amid the picture may be there again in a moment; one that was
    on its way out over an edge has left, and what comes next is another appearance. The lower edge
    does not count: arms come in from there, and their boxes always touch it.
    """

    def __init__(self) -> None:
        self._way: deque[tuple[float, Box]] = deque()

    def clear(self) -> None:
        """Forget the object."""
        self._way.clear()

    def add(self, box: Box, stamp: float) -> None:
        """Note where it is at ``stamp`` [s]."""
        self._way.append((stamp, box))
        while stamp - self._way[0][0] > SECONDS:
            self._way.popleft()

    def is_over_edge(self, width: int, height: int) -> bool:
        """Whether it was last seen going over an edge of a picture of that size."""
        if len(self._way) < 2:
            return False
        near = NEAR * width
        last = self._way[-1][1]
        boxes = [box for _, box in self._way]
        broad, high = max(box.width for box in boxes), max(box.height for box in boxes)
        left, right = last.x <= near, last.x + last.width >= width - near
        if left or right:
            middles = [box.x + box.width / 2 for box in boxes]
            way = max(middles) - middles[-1] if left else middles[-1] - min(middles)
            return way >= WAY * broad or last.width < REST * broad
        if last.y <= near:
            middles = [box.y + box.height / 2 for box in boxes]
            return max(middles) - middles[-1] >= WAY * high or last.height < REST * high
        sank = last.y - min(box.y for box in boxes)
        at_bottom = last.y + last.height >= height - near
        return at_bottom and sank >= WAY * high and last.height < REST * high
