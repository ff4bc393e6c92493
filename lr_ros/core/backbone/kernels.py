# mypy: allow-untyped-calls
# (torch gives autograd functions no types)
"""The few operations of a trainable stage, each with its own fast backward pass.

Activations are kept as [channels, places, pictures] (places: height x width). In this order a
pointwise convolution is one matrix product over all places and pictures, and a depthwise one a
batched product: per channel the kernel becomes the small matrix that takes the input's places to
the output's. Both run at about the processor's matrix-product rate, where the usual depthwise
kernels for CPUs spend most of a training step in their weight gradients.

Activations may be bfloat16; weights and their gradients are always float32.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .architecture import Conv, Network

Size = tuple[int, int]

_MAX_DENSE = 64 * 64
"""Places in x places out up to which a dense matrix a channel beats a direct convolution."""


class _Pointwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, relu6: bool) -> Tensor:
        flat = x.flatten(1)
        out = torch.mm(weight.to(x.dtype), flat)
        if bias is not None:
            out += bias.to(x.dtype)[:, None]
        if relu6:
            out.clamp_(0, 6)
        ctx.save_for_backward(flat, weight, out if relu6 else None)
        ctx.shape, ctx.has_bias = x.shape, bias is not None
        return out.view(len(out), *x.shape[1:])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        flat, weight, out = ctx.saved_tensors
        grad = _through_relu6(grads[0].flatten(1), out)
        to_x = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            to_x = torch.mm(weight.to(grad.dtype).T, grad).view(ctx.shape)
        if ctx.needs_input_grad[1]:
            to_weight = torch.mm(grad, flat.T).to(weight.dtype)
        if ctx.has_bias and ctx.needs_input_grad[2]:
            to_bias = grad.sum(1, dtype=weight.dtype)
        return to_x, to_weight, to_bias, None


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0913, PLR0917 - an autograd function takes all its inputs in a row
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, taps: Tensor, relu6: bool
    ) -> Tensor:
        dense = torch.mm(weight, taps).view(len(weight), -1, x.shape[1]).to(x.dtype)
        out = torch.bmm(dense, x)
        if bias is not None:
            out += bias.to(x.dtype)[:, None, None]
        if relu6:
            out.clamp_(0, 6)
        ctx.save_for_backward(x, dense, taps, out if relu6 else None)
        ctx.dtype, ctx.has_bias = weight.dtype, bias is not None
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, dense, taps, out = ctx.saved_tensors
        grad = _through_relu6(grads[0], out)
        to_x = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            to_x = torch.bmm(dense.transpose(1, 2), grad)
        if ctx.needs_input_grad[1]:
            to_dense = torch.bmm(grad, x.transpose(1, 2)).to(ctx.dtype)
            to_weight = torch.mm(to_dense.flatten(1), taps.T)
        if ctx.has_bias and ctx.needs_input_grad[2]:
            to_bias = grad.sum((1, 2), dtype=ctx.dtype)
        return to_x, to_weight, to_bias, None, None


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, dtype: torch.dtype) -> Tensor:
        ctx.shape, ctx.dtype = x.shape, x.dtype
        return x.mean(1, dtype=dtype).T.contiguous()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        # Transposed once while small: spread out, it would be read across memory.
        grad = (grads[0].T / ctx.shape[1]).to(ctx.dtype).contiguous()
        return grad[:, None].expand(ctx.shape), None


def _through_relu6(grad: Tensor, out: Tensor | None) -> Tensor:
    """Return the gradient before ReLU6, whose output is ``out`` (None: there is no ReLU6)."""
    if out is None:
        return grad
    return torch.ops.aten.hardtanh_backward(grad, out, 0, 6)  # type: ignore[no-any-return] # untyped


def pointwise(x: Tensor, weight: Tensor, bias: Tensor | None, relu6: bool) -> Tensor:
    """Convolve x [C, P, N] with ``weight`` [O, C], then add ``bias`` [O] and apply ReLU6."""
    result: Tensor = _Pointwise.apply(x, weight, bias, relu6)
    return result


def pool(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Average x [C, P, N] over its places: [N, C] of ``dtype``."""
    result: Tensor = _Pool.apply(x, dtype)
    return result


class DepthwiseGeometry:
    """A depthwise convolution at a fixed picture size, run in the faster of two ways."""

    def __init__(self, net: Network, conv: Conv, size: Size) -> None:
        self._conv, self._size = conv, size
        (top, bottom), (left, right) = (net.pads(conv, side) for side in size)
        self._pads = (left, right, top, bottom)
        height, width = (net.output_size(conv, side) for side in size)
        self.output_size = (height, width)
        dense = size[0] * size[1] * height * width <= _MAX_DENSE
        self._taps = (
            _tap_matrix(conv.kernel, conv.stride, size, (height, width), (top, left))
            if dense
            else None
        )

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None, relu6: bool) -> Tensor:
        """Filter x [C, P, N] with ``weight`` [C, k * k], then add ``bias`` [C] and apply ReLU6."""
        if self._taps is not None:
            result: Tensor = _Depthwise.apply(x, weight, bias, self._taps.to(weight.dtype), relu6)
            return result
        return self._direct(x, weight, bias, relu6)

    def _direct(self, x: Tensor, weight: Tensor, bias: Tensor | None, relu6: bool) -> Tensor:
        pictures = x.reshape(len(x), *self._size, -1).permute(3, 0, 1, 2)
        padded = functional.pad(pictures, self._pads).contiguous(memory_format=torch.channels_last)
        kernel = weight.view(-1, 1, self._conv.kernel, self._conv.kernel).to(x.dtype)
        shift = None if bias is None else bias.to(x.dtype)
        out = functional.conv2d(padded, kernel, shift, self._conv.stride, groups=len(kernel))
        out = functional.relu6(out) if relu6 else out
        return out.permute(1, 2, 3, 0).contiguous().flatten(1, 2)


@cache
def _tap_matrix(kernel: int, stride: int, size: Size, output_size: Size, pads: Size) -> Tensor:
    """Return the 0/1 matrix [k * k, places out * places in]: which tap joins which two places."""
    rows = _taps_of_side(kernel, stride, size[0], output_size[0], pads[0])
    columns = _taps_of_side(kernel, stride, size[1], output_size[1], pads[1])
    return torch.einsum("kyi,lxj->klyxij", rows, columns).reshape(kernel * kernel, -1)


def _taps_of_side(kernel: int, stride: int, size: int, output_size: int, pad: int) -> Tensor:
    tap = torch.arange(kernel)[:, None, None]
    place_out = torch.arange(output_size)[None, :, None]
    place_in = torch.arange(size)[None, None, :]
    return (place_out * stride + tap - pad == place_in).float()
