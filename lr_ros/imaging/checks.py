"""What is common to all pictures: their type, the largest that are taken, why one is refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
"""An image as ``uint8 [H, W, 3]``, red first."""

MAX_PIXELS = 64 * 1024 * 1024
"""Largest image taken (8K is 33 million pixels); larger ones are surely damaged."""


class ImageError(ValueError):
    """An image that cannot be used; ``reason`` is one word to count it by."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def check_size(width: int, height: int) -> None:
    """Raise ImageError where an image of this size has nothing in it, or too much."""
    if height == 0 or width == 0:
        raise ImageError("empty", f"image of {width} x {height} pixels has nothing in it")
    if height * width > MAX_PIXELS:
        raise ImageError(
            "too_large",
            f"image of {width} x {height} pixels; at most {MAX_PIXELS} pixels are taken",
        )
