"""Views of latents: the middle of them to answer from, random parts of them to learn from.

A convolutional network's activations move with the picture, so that a part of a latent is nearly
the latent of a part of the picture. That gives training the random crops and mirror images that
stored latents otherwise rule out, and leaves out the border, where the object is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .backbone import BackboneSpec

FloatArray = NDArray[np.float32]
Side = tuple[int, int]


def part_of(spec: BackboneSpec, share: float) -> BackboneSpec:
    """Return the spec whose latents are ``share`` of those of ``spec`` along each side.

    The same network on a smaller picture: its stages above the cut take the part. A latent of one
    value a side stays whole.
    """
    height, width = spec.latent_shape[1:]
    if share >= 1 or height == width == 1:
        return spec
    step = 1
    for unit in spec.network.below(spec.cut):
        for conv in unit.convs:
            step *= conv.stride
    sides = (max(1, round(height * share)) * step, max(1, round(width * share)) * step)
    return replace(spec, input_size=sides)


def middle(latents: FloatArray, size: Side) -> FloatArray:
    """Return the middle part of ``size`` (height, width) of latents [N, C, h, w]."""
    top, left = ((whole - part) // 2 for whole, part in zip(latents.shape[2:], size, strict=True))
    return latents[:, :, top : top + size[0], left : left + size[1]]


def random_parts(
    latents: FloatArray, size: Side, flip: bool, rng: np.random.Generator
) -> FloatArray:
    """Return a random part of ``size`` of each latent [N, C, h, w], with ``flip`` half mirrored."""
    count = len(latents)
    windows = sliding_window_view(latents, size, axis=(2, 3))
    tops = rng.integers(0, windows.shape[2], count)
    lefts = rng.integers(0, windows.shape[3], count)
    parts: FloatArray = windows[np.arange(count), :, tops, lefts]
    if flip:
        parts = np.where(rng.random((count, 1, 1, 1)) < 0.5, parts[..., ::-1], parts)
    return np.ascontiguousarray(parts)
