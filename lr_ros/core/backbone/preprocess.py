"""From camera pictures to the network's input."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

PREPROCESSING_VERSION = 1
"""Goes up whenever the same picture would give another input, so that old latents are not mixed."""

ZERO_LEVEL, SCALE = 127, 128
"""The network's input is (pixel - ZERO_LEVEL) / SCALE."""

Images = NDArray[np.uint8] | Sequence[NDArray[np.uint8]]
"""``uint8 [N, H, W, 3]`` RGB, or a sequence of ``uint8 [H, W, 3]`` of any sizes."""


def fit(images: Images, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return uint8 [N, height, width, 3]: the pictures squeezed to ``size`` (height, width).

    They are resized whatever their shape: by area where they shrink, linearly where they grow.

    Raises:
        ValueError: a picture is not uint8 [H, W, 3] or has no pixels.
    """
    batch = np.empty((len(images), *size, 3), np.uint8)
    for place, image in zip(batch, images, strict=True):
        _check(image)
        place[:] = _resize(image, *size)
    return batch


def normalise(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return float32 [N, 3, H, W], (pixel - 127) / 128, of uint8 [N, H, W, 3]."""
    batch = np.empty((len(pictures), 3, *pictures.shape[1:3]), np.float32)
    np.subtract(pictures.transpose(0, 3, 1, 2), np.float32(ZERO_LEVEL), out=batch)
    batch *= np.float32(1 / SCALE)
    return batch


def _check(image: NDArray[np.uint8]) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, "dtype", type(image).__name__)
        raise ValueError(f"a picture is {kind}; give uint8 RGB")
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"a picture has shape {image.shape}; give [height, width, 3]")


def _resize(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    if image.shape[:2] == (height, width):
        return image
    shrinks = image.shape[0] >= height and image.shape[1] >= width
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)
