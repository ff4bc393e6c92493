"""One convolution of a trainable stage with its normalisation: folded into it, or learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .architecture import Conv, Network
from .kernels import DepthwiseGeometry, Size, pointwise
from .renorm import BatchRenorm
from .weights import ConvParameters

Arrays = Mapping[str, NDArray[Any]]


class Layer(nn.Module):
    """A pointwise or depthwise convolution of activations [C, places, pictures].

    ``size`` is the (height, width) that comes in, ``output_size`` the one that goes out. The weight
    is kept flat: [outputs, inputs] of a pointwise, [channels, k * k] of a depthwise one.
    """

    def __init__(self, net: Network, conv: Conv, size: Size, weight: NDArray[np.float32]) -> None:
        super().__init__()
        self.conv = conv
        self.weight = nn.Parameter(torch.tensor(weight).flatten(1))
        self._depthwise = DepthwiseGeometry(net, conv, size) if conv.depthwise else None
        self.output_size = self._depthwise.output_size if self._depthwise else size

    def convolve(self, x: Tensor, bias: Tensor | None, relu6: bool) -> Tensor:
        """Convolve, add the bias if there is one, and apply ReLU6 if wanted."""
        convolution = self._depthwise or pointwise
        return convolution(x, self.weight, bias, relu6)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return a copy of all state by the names that weights files use."""
        weight = self.weight.detach().numpy().copy().reshape(self.conv.weight_shape)
        return {f"{self.conv.name}.weight": weight}

    def load(self, arrays: Arrays) -> None:
        """Take over what :meth:`arrays` gave; names and shapes have been checked."""
        self._set(self.weight, arrays[f"{self.conv.name}.weight"])

    @staticmethod
    @torch.no_grad()
    def _set(target: Tensor, value: NDArray[Any]) -> None:
        target.copy_(torch.from_numpy(np.ascontiguousarray(value)).view(target.shape))


class FoldedLayer(Layer):
    """Its frozen batch statistics, scale and shift are folded into weight and bias."""

    def __init__(self, net: Network, conv: Conv, size: Size, parameters: ConvParameters) -> None:
        weight, bias = parameters.folded(net.norm_eps)
        super().__init__(net, conv, size, weight)
        self.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output for x [C, P, N]."""
        return self.convolve(x, self.bias, self.conv.relu6)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weight and bias."""
        return {**super().arrays(), f"{self.conv.name}.bias": self.bias.detach().numpy().copy()}

    def load(self, arrays: Arrays) -> None:
        """Take over weight and bias."""
        super().load(arrays)
        self._set(self.bias, arrays[f"{self.conv.name}.bias"])


class RenormLayer(Layer):
    """Batch renormalisation follows the convolution."""

    def __init__(self, net: Network, conv: Conv, size: Size, parameters: ConvParameters) -> None:
        super().__init__(net, conv, size, parameters.weight)
        scale, shift, mean, variance = (
            torch.tensor(array)
            for array in (parameters.scale, parameters.shift, parameters.mean, parameters.variance)
        )
        self.norm = BatchRenorm(scale, shift, mean, variance, net.norm_eps)

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's output for x [C, P, N]."""
        normed: Tensor = self.norm(self.convolve(x, None, False), self.conv.relu6)
        return normed

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the weight, and the state of the normalisation."""
        norm = {f"{self.conv.name}.norm.{k}": v for k, v in self.norm.arrays().items()}
        return {**super().arrays(), **norm}

    def load(self, arrays: Arrays) -> None:
        """Take over the weight and the state of the normalisation."""
        super().load(arrays)
        for part in self.norm.arrays():
            self._set(getattr(self.norm, part), arrays[f"{self.conv.name}.norm.{part}"])


def folded_arrays(conv: Conv, arrays: Arrays) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weight [O, I, k, k] and bias [O] for inference, from arrays of either kind of layer.

    Raises:
        ValueError: an array is missing, has another shape or is not finite.
    """
    weight = _taken(arrays, f"{conv.name}.weight", conv.weight_shape)
    if f"{conv.name}.bias" in arrays:
        return weight, _taken(arrays, f"{conv.name}.bias", (conv.outputs,))
    scale, shift, mean, std = (
        _taken(arrays, f"{conv.name}.norm.{part}", (conv.outputs,))
        for part in ("scale", "shift", "running_mean", "running_std")
    )
    if not (std > 0).all():
        raise ValueError(f"{conv.name}.norm.running_std holds a deviation that is not positive")
    factor = scale / std
    return weight * factor[:, None, None, None], shift - mean * factor


def _taken(arrays: Arrays, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if name not in arrays:
        raise ValueError(f"the weights lack {name!r}")
    array = np.asarray(arrays[name], np.float32)
    if array.shape != shape:
        raise ValueError(f"{name!r} has shape {array.shape}, not {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name!r} holds values that are not finite")
    return array
