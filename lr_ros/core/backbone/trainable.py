"""The trainable stage: the network above the cut, as a torch module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from numpy.typing import NDArray
from torch import nn

from .architecture import Conv, Network, Unit
from .spec import BackboneSpec
from .weights import load_parameters

Norm = Literal["folded", "batch_renorm"]
Arrays = Mapping[str, NDArray[Any]]


class TrainableStage(nn.Module):
    """The units above the cut and a global average pool.

    ``seed`` matters only for a network without pretrained weights, whose weights are drawn.
    """

    def __init__(self, spec: BackboneSpec, seed: int = 0, norm: Norm = "folded") -> None:
        super().__init__()
        if norm != "folded":
            raise ValueError(f"norm is {norm!r}; choose folded")
        net = spec.network
        parameters = load_parameters(spec, seed)
        self.spec = spec
        self.feature_size = spec.feature_size
        self._units = nn.ModuleList(
            _FoldedUnit(
                net, unit, {c.name: parameters[c.name].folded(net.norm_eps) for c in unit.convs}
            )
            for unit in net.above(spec.cut)
        )

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Return features float32 [N, feature_size] of latents float32 [N, C, h, w]."""
        x = latents.contiguous(memory_format=torch.channels_last)
        for unit in self._folded_units():
            x = unit.forward(x)
        return x.mean(dim=(2, 3))

    def depth_groups(self) -> list[list[nn.Parameter]]:
        """Return the parameters of each unit, from the one next to the cut to the last."""
        return [list(unit.parameters()) for unit in self._units]

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return a copy of all weights by name, as :class:`ServingStage` takes them."""
        return {
            name: value for unit in self._folded_units() for name, value in unit.arrays().items()
        }

    def load_arrays(self, arrays: Arrays) -> None:
        """Take over weights that :meth:`arrays` gave.

        Raises:
            ValueError: an array is missing or has another shape; nothing is changed then.
        """
        mine = self.arrays()
        for name, value in mine.items():
            if name not in arrays:
                raise ValueError(f"the weights lack {name!r}")
            if arrays[name].shape != value.shape:
                raise ValueError(f"{name!r} has shape {arrays[name].shape}, not {value.shape}")
        for unit in self._folded_units():
            unit.load(arrays)

    def clone(self) -> TrainableStage:
        """Return an independent copy with the same weights."""
        copy = TrainableStage.__new__(TrainableStage)
        nn.Module.__init__(copy)
        copy.spec, copy.feature_size = self.spec, self.feature_size
        copy._units = nn.ModuleList(unit.clone() for unit in self._folded_units())
        return copy

    def _folded_units(self) -> list[_FoldedUnit]:
        return [unit for unit in self._units if isinstance(unit, _FoldedUnit)]


class _FoldedUnit(nn.Module):
    """A unit whose frozen batch statistics are folded into its convolutions."""

    def __init__(self, net: Network, unit: Unit, folded: dict[str, Any]) -> None:
        super().__init__()
        self._net, self._unit = net, unit
        self._weights = nn.ParameterList(torch.from_numpy(folded[c.name][0]) for c in unit.convs)
        self._biases = nn.ParameterList(torch.from_numpy(folded[c.name][1]) for c in unit.convs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        start = x
        for conv, weight, bias in zip(self._unit.convs, self._weights, self._biases, strict=True):
            x = F.conv2d(
                _pad(self._net, conv, x),
                weight,
                bias,
                conv.stride,
                groups=conv.inputs if conv.depthwise else 1,
            )
            if conv.relu6:
                x = F.relu6(x)
        return x + start if self._unit.residual else x

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        named = {}
        for conv, weight, bias in zip(self._unit.convs, self._weights, self._biases, strict=True):
            named[f"{conv.name}.weight"] = weight.detach().numpy().copy()
            named[f"{conv.name}.bias"] = bias.detach().numpy().copy()
        return named

    def load(self, arrays: Arrays) -> None:
        with torch.no_grad():
            for conv, weight, bias in zip(
                self._unit.convs, self._weights, self._biases, strict=True
            ):
                weight.copy_(torch.from_numpy(np.asarray(arrays[f"{conv.name}.weight"])))
                bias.copy_(torch.from_numpy(np.asarray(arrays[f"{conv.name}.bias"])))

    def clone(self) -> _FoldedUnit:
        return _FoldedUnit(
            self._net,
            self._unit,
            {
                conv.name: (weight.detach().numpy().copy(), bias.detach().numpy().copy())
                for conv, weight, bias in zip(
                    self._unit.convs, self._weights, self._biases, strict=True
                )
            },
        )


def _pad(net: Network, conv: Conv, x: torch.Tensor) -> torch.Tensor:
    (top, bottom), (left, right) = (net.pads(conv, side) for side in x.shape[-2:])
    if not (top or bottom or left or right):
        return x
    return F.pad(x, (left, right, top, bottom))
