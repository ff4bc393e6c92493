"""A frozen stage in integers: 8-bit weights and activations (post-training static quantisation).

Activations are unsigned with one scale a tensor, weights signed with one scale a channel. Two
things differ from the usual recipe, in which the stage was hardly faster than in float32:

- The graph is written in integer operators from picture to latent. ReLU6 costs nothing, it is
  where the range of the next tensor ends, and a picture's bytes are already the first tensor.
  (Quantise and dequantise nodes around a float graph leave its clips and layout changes in it.)
- Weights are rounded so that each layer's output keeps close to the float one on calibration
  pictures, not each weight to its nearest integer: the errors of a filter's weights then cancel on
  the correlated pixels that it meets (the aim of Nagel et al. 2020, AdaRound, arXiv 2004.10568,
  reached here by coordinate descent). Filters with one channel need it most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from .architecture import Conv, Network, Unit
from .calibration import dead_leaves
from .graph import FloatArray, Folded
from .preprocess import SCALE, ZERO_LEVEL, normalise

Matrix = NDArray[np.float64]
Pair = tuple[int, int]

_PICTURES, _MIN_PICTURES = 32, 4
_PIXELS = _PICTURES * 128 * 128
"""Pixels of all calibration pictures together."""
_PLACES = 8_000
"""Places of a layer's input at which its patches are looked at."""
_SWEEPS = 2
_RIDGE = 1e-4
_WEIGHT_LIMIT = 127


@dataclass(frozen=True)
class Code:
    """How unsigned bytes stand for an activation: value = step * (byte - zero)."""

    step: float
    zero: int


@dataclass(frozen=True)
class IntegerConv:
    """A convolution in integers: weight int8 [O, I, k, k], its steps [O], bias int32 [O]."""

    weight: NDArray[np.int8]
    steps: NDArray[np.float32]
    bias: NDArray[np.int32]


@dataclass(frozen=True)
class IntegerStage:
    """All numbers of an integer graph; ``codes`` by the names of convolutions and of units.

    A unit's code is that of the sum at the end of its skip connection.
    """

    convs: Mapping[str, IntegerConv]
    codes: Mapping[str, Code]


PICTURE_CODE = Code(1 / SCALE, ZERO_LEVEL)
"""The code in which a picture's own bytes are the network's input."""


@torch.inference_mode()
def quantise_stage(net: Network, units: Sequence[Unit], folded: Folded, size: Pair) -> IntegerStage:
    """Quantise ``units`` for pictures of ``size`` (height, width), layer by layer."""
    count = max(_MIN_PICTURES, _PIXELS // (size[0] * size[1]))
    x, code = torch.from_numpy(normalise(dead_leaves(count, size))), PICTURE_CODE
    convs: dict[str, IntegerConv] = {}
    codes: dict[str, Code] = {}
    for unit in units:
        start = x
        for conv in unit.convs:
            weight, bias = folded[conv.name]
            padded = _padded(net, conv, x)
            convs[conv.name] = _integer_conv(conv, weight, bias, _moments(conv, padded), code)
            x = _convolved(conv, padded, weight, bias)
            code = codes[conv.name] = _code_of(x)
        if unit.residual:
            x = x + start
            code = codes[unit.name] = _code_of(x)
    return IntegerStage(convs, codes)


def _padded(net: Network, conv: Conv, x: Tensor) -> Tensor:
    (top, bottom), (left, right) = (net.pads(conv, side) for side in x.shape[2:])
    return functional.pad(x, (left, right, top, bottom))


def _convolved(conv: Conv, padded: Tensor, weight: FloatArray, bias: FloatArray) -> Tensor:
    groups = conv.inputs if conv.depthwise else 1
    parameters = torch.from_numpy(weight), torch.from_numpy(bias)
    out = functional.conv2d(padded, *parameters, conv.stride, groups=groups)
    return functional.relu6(out) if conv.relu6 else out


def _code_of(x: Tensor) -> Code:
    """Return a code for the range of x: the mean over pictures of their extremes, and zero."""
    low = min(float(x.flatten(1).amin(1).mean()), 0.0)
    high = max(float(x.flatten(1).amax(1).mean()), 0.0)
    step = max(high - low, 1e-6) / 255
    return Code(step, round(-low / step))


def _moments(conv: Conv, padded: Tensor) -> Matrix:
    """Return the second moments of the patches a filter sees: [D, D], or [C, D, D] depthwise."""
    kernel, stride = conv.kernel, conv.stride
    patches = padded.unfold(2, kernel, stride).unfold(3, kernel, stride)
    # [C, pictures, rows, columns, k, k], then some places of it.
    patches = patches.permute(1, 0, 2, 3, 4, 5)
    places = patches.shape[1] * patches.shape[2] * patches.shape[3]
    some = max(1, round((places / _PLACES) ** 0.5))
    patches = patches[:, :, ::some, ::some]
    if conv.depthwise:
        flat = patches.reshape(len(patches), -1, kernel * kernel).double()
        moments = flat.transpose(1, 2) @ flat
    else:
        flat = patches.permute(1, 2, 3, 0, 4, 5).reshape(-1, len(patches) * kernel * kernel)
        moments = (flat.T @ flat).double()
    size = moments.shape[-1]
    trace = moments.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None]
    ridge = _RIDGE * trace / size + torch.finfo(torch.float32).tiny
    return np.asarray(moments + ridge * torch.eye(size, dtype=torch.float64))


def _integer_conv(
    conv: Conv, weight: FloatArray, bias: FloatArray, moments: Matrix, source: Code
) -> IntegerConv:
    flat = weight.reshape(conv.outputs, -1).astype(np.float64)
    # A dead filter's bias must still fit 32 bits.
    least = np.abs(bias) / (source.step * 2**30)
    steps = np.maximum(np.abs(flat).max(1) / _WEIGHT_LIMIT, np.maximum(least, 1e-12))
    steps = steps.astype(np.float32).astype(np.float64)
    codes = _rounded(flat, steps, moments)
    shape = conv.weight_shape
    whole = np.round(bias / (steps * source.step)).astype(np.int32)
    return IntegerConv(codes.reshape(shape), steps.astype(np.float32), whole)


def _rounded(weight: Matrix, steps: Matrix, moments: Matrix) -> NDArray[np.int8]:
    """Round rows of ``weight`` [O, D] to multiples of ``steps`` [O] so that their output is kept.

    Minimises error @ moments @ error of each row by going through its weights one at a time and
    taking the best integer for each, the others held; starts from the nearest integers.
    """
    codes = np.clip(np.round(weight / steps[:, None]), -_WEIGHT_LIMIT, _WEIGHT_LIMIT)
    error = weight - codes * steps[:, None]
    shared = moments.ndim == 2
    pull = error @ moments if shared else np.einsum("oi,oij->oj", error, moments)
    for _ in range(_SWEEPS):
        for place in range(weight.shape[1]):
            row = moments[place] if shared else moments[:, place]
            wish = np.round(pull[:, place] / (row[..., place] * steps))
            new = np.clip(codes[:, place] + wish, -_WEIGHT_LIMIT, _WEIGHT_LIMIT)
            change = (new - codes[:, place]) * steps
            codes[:, place] = new
            pull -= change[:, None] * row
    return codes.astype(np.int8)
