"""The trainable stage: the network above the cut, as a torch module."""

from __future__ import annotations

import copy
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .architecture import Network, Unit
from .kernels import Size, pool
from .layers import Arrays, FoldedLayer, Layer, RenormLayer
from .spec import BackboneSpec
from .weights import Parameters, load_parameters

Norm = Literal["folded", "batch_renorm"]
Compute = Literal["float32", "bfloat16"]

_LAYERS = {"folded": FoldedLayer, "batch_renorm": RenormLayer}
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class TrainableStage(nn.Module):
    """The units above the cut and a global average pool.

    Args:
        spec: the network, its cut and the size of its input.
        seed: of the weights of a network that has no pretrained ones; else without effect.
        norm: ``folded``: the pretrained statistics, scales and shifts are part of the
            convolutions and are trained as their weights and biases; ``batch_renorm``: batch
            renormalisation after each convolution (see :meth:`set_renorm`).
        compute: type of the activations. Weights and gradients are float32 in either case.
            ``bfloat16`` halves the time where the processor multiplies it
            (:func:`fastest_compute`) and adds rounding of a few percent to each gradient; batch
            renormalisation keeps its statistics in float32.

    Raises:
        ValueError: a choice does not exist.
        WeightsError: the weights cannot be read.
    """

    def __init__(
        self,
        spec: BackboneSpec,
        seed: int = 0,
        norm: Norm = "folded",
        compute: Compute = "float32",
    ) -> None:
        super().__init__()
        if norm not in _LAYERS:
            raise ValueError(f"norm is {norm!r}; choose one of {', '.join(_LAYERS)}")
        if compute not in _DTYPES:
            raise ValueError(f"compute is {compute!r}; choose one of {', '.join(_DTYPES)}")
        self.spec = spec
        self.feature_size = spec.feature_size
        self.compute = compute
        self._dtype = _DTYPES[compute]
        parameters = load_parameters(spec, seed)
        size = spec.latent_shape[1:]
        self._units = nn.ModuleList()
        for unit in spec.network.above(spec.cut):
            block = _UnitModule(spec.network, unit, size, parameters, norm)
            size = block.output_size
            self._units.append(block)

    def forward(self, latents: Tensor) -> Tensor:
        """Return features float32 [N, feature_size] of latents float32 [N, C, h, w].

        Raises:
            ValueError: the latents have another shape than the cut gives.
        """
        return self.features_from(self.inside(latents, 0), 0)

    def inside(self, latents: Tensor, units: int) -> Tensor:
        """Return what comes out of the first ``units`` units, [channels, places, N].

        Raises:
            ValueError: the latents have another shape than the cut gives.
        """
        if latents.shape[1:] != self.spec.latent_shape:
            shape = tuple(latents.shape[1:])
            raise ValueError(f"latents have shape {shape}, not {self.spec.latent_shape}")
        flat = latents.flatten(1).to(self._dtype)  # rounded first: half as much to transpose
        x = flat.T.contiguous().view(*self.spec.latent_shape[:1], -1, len(latents))
        for unit in self._units[:units]:
            x = unit(x)
        return x

    def features_from(self, inside: Tensor, units: int) -> Tensor:
        """Return the features, float32, of what :meth:`inside` gave for as many units."""
        x = inside
        for unit in self._units[units:]:
            x = unit(x)
        return pool(x, torch.float32)

    def depth_groups(self) -> list[list[nn.Parameter]]:
        """Return the parameters of each unit, from the one next to the cut to the last."""
        return [list(unit.parameters()) for unit in self._units]

    def set_renorm(self, r_max: float, d_max: float, momentum: float) -> None:
        """Set the limits and the momentum of every batch renormalisation.

        Raises:
            ValueError: r_max < 1, d_max < 0 or momentum outside [0, 1].
        """
        for layer in self._layers():
            if isinstance(layer, RenormLayer):
                layer.norm.set_limits(r_max, d_max, momentum)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return a copy of all state by name, as :class:`ServingStage` takes it."""
        return {name: value for layer in self._layers() for name, value in layer.arrays().items()}

    def load_arrays(self, arrays: Arrays) -> None:
        """Take over the state that :meth:`arrays` gave; arrays of other names are left alone.

        Raises:
            ValueError: an array is missing, has another shape or is not finite; nothing is
                changed then.
        """
        for name, mine in self.arrays().items():
            if name not in arrays:
                raise ValueError(f"the weights lack {name!r}")
            if arrays[name].shape != mine.shape:
                raise ValueError(f"{name!r} has shape {arrays[name].shape}, not {mine.shape}")
            if not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name!r} holds values that are not finite")
        for layer in self._layers():
            layer.load(arrays)

    def clone(self) -> TrainableStage:
        """Return an independent copy with the same state (gradients are not copied)."""
        return copy.deepcopy(self)

    def _layers(self) -> list[Layer]:
        return [module for module in self.modules() if isinstance(module, Layer)]


class _UnitModule(nn.Module):
    """A unit: layers in a row, with a skip connection around them where it has one."""

    def __init__(
        self, net: Network, unit: Unit, size: Size, parameters: Parameters, norm: Norm
    ) -> None:
        super().__init__()
        self._residual = unit.residual
        self._layers = nn.ModuleList()
        for conv in unit.convs:
            layer = _LAYERS[norm](net, conv, size, parameters[conv.name])
            size = layer.output_size
            self._layers.append(layer)
        self.output_size = size

    def forward(self, x: Tensor) -> Tensor:
        start = x
        for layer in self._layers:
            x = layer(x)
        return x + start if self._residual else x


def fastest_compute() -> Compute:
    """Return ``bfloat16`` where the processor has instructions for its products."""
    if not hasattr(torch.cpu, "get_capabilities"):  # older torch cannot tell
        return "float32"
    abilities = torch.cpu.get_capabilities()
    fast = any(abilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return "bfloat16" if fast else "float32"
