"""Boxes in pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A region of an image: top-left corner and size, whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """Pixels in the box; 0 for an empty one."""
        return max(self.width, 0) * max(self.height, 0)

    def intersection(self, other: Box) -> int:
        """Return the number of pixels both boxes share."""
        return self.common(other).area

    def common(self, other: Box) -> Box:
        """Return the part both boxes share; its sides are 0 where they share nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Box(x, y, max(right - x, 0), max(bottom - y, 0))

    def iou(self, other: Box) -> float:
        """Return intersection over union, 0..1; 0 where both are empty."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def clipped(self, width: int, height: int) -> Box:
        """Return the part of the box inside an image of that size; it may be empty."""
        left, top = min(max(self.x, 0), width), min(max(self.y, 0), height)
        right = min(max(self.x + self.width, left), width)
        bottom = min(max(self.y + self.height, top), height)
        return Box(left, top, right - left, bottom - top)

    def padded(self, share: float, width: int, height: int) -> Box:
        """Return the box grown by ``share`` of its size on each side, clipped to the image."""
        dx, dy = round(self.width * share), round(self.height * share)
        grown = Box(self.x - dx, self.y - dy, self.width + 2 * dx, self.height + 2 * dy)
        return grown.clipped(width, height)

    def squarer(self, aspect: float, width: int, height: int) -> Box:
        """Return the box with its short side at least ``aspect`` times its long one.

        It stays inside an image of ``width`` x ``height``, moved there if need be.
        """
        least = round(aspect * max(self.width, self.height))
        wide, high = min(max(self.width, least), width), min(max(self.height, least), height)
        x = min(max(self.x - (wide - self.width) // 2, 0), width - wide)
        y = min(max(self.y - (high - self.height) // 2, 0), height - high)
        return Box(x, y, wide, high)
