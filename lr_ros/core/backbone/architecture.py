"""The networks, described as plain data, from which every stage is built.

A network is a chain of units (a stem, blocks, a head), each a chain of convolutions with batch
normalisation and, except after a projection, ReLU6. The same description gives the names of the
cuts, the ONNX graph of the frozen stage and the torch module of the trainable stage.

Sources: MobileNetV1 (Howard et al. 2017, arXiv 1704.04861, table 1; layer names as in the Caffe
model that latent replay used), EfficientNet (Tan and Le 2019, arXiv 1905.11946) in its Lite variant
(no squeeze-and-excitation, ReLU6, stem and head not scaled).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

Padding = Literal["same", "symmetric"]


@dataclass(frozen=True)
class Conv:
    """One convolution, its batch normalisation and its activation.

    ``name`` is its path in the arrays of a stage; ``inputs`` and ``outputs`` count channels;
    a ``depthwise`` one has one filter a channel; ``relu6`` says whether ReLU6 follows.
    """

    name: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    depthwise: bool = False
    relu6: bool = True

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of the weight: (outputs, inputs a group, kernel, kernel)."""
        return (self.outputs, 1 if self.depthwise else self.inputs, self.kernel, self.kernel)


@dataclass(frozen=True)
class Unit:
    """Convolutions in a row, with or without a skip connection around them; a possible cut."""

    name: str
    convs: tuple[Conv, ...]
    residual: bool = False


@dataclass(frozen=True)
class Network:
    """A whole backbone: its units, then a global average pool named ``pool_name``.

    ``padding`` is "same" (as TensorFlow pads, more at the end) or "symmetric" (kernel // 2 on each
    side); ``norm_eps`` belongs to all its batch normalisations.
    """

    name: str
    units: tuple[Unit, ...]
    pool_name: str
    padding: Padding
    norm_eps: float

    @property
    def cuts(self) -> tuple[str, ...]:
        """Names of all cuts, from the input to the pooled feature."""
        return (*(unit.name for unit in self.units), self.pool_name)

    @property
    def feature_size(self) -> int:
        """Number of values in the pooled feature."""
        return self.units[-1].convs[-1].outputs

    def below(self, cut: str) -> tuple[Unit, ...]:
        """Units up to and with the cut: the frozen stage."""
        return self.units[: self.cuts.index(cut) + 1]

    def above(self, cut: str) -> tuple[Unit, ...]:
        """Units after the cut: the trainable stage."""
        return self.units[self.cuts.index(cut) + 1 :]

    def pads(self, conv: Conv, size: int) -> tuple[int, int]:
        """Zeros to put before and after a side of ``size`` pixels."""
        if self.padding == "symmetric":
            return conv.kernel // 2, conv.kernel // 2
        total = max((math.ceil(size / conv.stride) - 1) * conv.stride + conv.kernel - size, 0)
        return total // 2, total - total // 2

    def output_size(self, conv: Conv, size: int) -> int:
        """Side in pixels of the output for an input side of ``size`` pixels."""
        return (size + sum(self.pads(conv, size)) - conv.kernel) // conv.stride + 1

    def latent_shape(self, cut: str, input_size: tuple[int, int]) -> tuple[int, int, int]:
        """Shape (channels, height, width) of the latent at ``cut``."""
        height, width = input_size
        units = self.below(cut)
        for conv in (conv for unit in units for conv in unit.convs):
            height, width = self.output_size(conv, height), self.output_size(conv, width)
        channels = units[-1].convs[-1].outputs
        return (channels, 1, 1) if cut == self.pool_name else (channels, height, width)


# Per stage of EfficientNet: repeats, kernel, stride, expansion, output channels (before scaling).
_EFFICIENTNET_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# Width and depth coefficients.
_EFFICIENTNET_SCALES = {
    "efficientnet_lite0": (1.0, 1.0),
    "efficientnet_lite1": (1.0, 1.1),
    "efficientnet_lite2": (1.1, 1.2),
}
# Per separable layer of MobileNetV1: name, stride of the depthwise part, output channels.
_MOBILENET_LAYERS = (
    ("conv2_1", 1, 64),
    ("conv2_2", 2, 128),
    ("conv3_1", 1, 128),
    ("conv3_2", 2, 256),
    ("conv4_1", 1, 256),
    ("conv4_2", 2, 512),
    ("conv5_1", 1, 512),
    ("conv5_2", 1, 512),
    ("conv5_3", 1, 512),
    ("conv5_4", 1, 512),
    ("conv5_5", 1, 512),
    ("conv5_6", 2, 1024),
    ("conv6", 1, 1024),
)

NETWORK_NAMES = (*_EFFICIENTNET_SCALES, "mobilenet_v1")


@cache
def network(name: str) -> Network:
    """Return the network of that name.

    Raises:
        ValueError: no network has that name.
    """
    if name in _EFFICIENTNET_SCALES:
        return _efficientnet(name, *_EFFICIENTNET_SCALES[name])
    if name == "mobilenet_v1":
        return _mobilenet()
    raise ValueError(f"unknown backbone {name!r}; choose one of {', '.join(NETWORK_NAMES)}")


def _round_channels(channels: int, width: float) -> int:
    """Scale a number of channels and round it to a multiple of 8, down by at most 10 percent."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _efficientnet(name: str, width: float, depth: float) -> Network:
    units = [Unit("stem", (Conv("stem.conv", 3, 32, 3, 2),))]
    channels = 32
    for number, (repeats, kernel, stride, expansion, outputs) in enumerate(_EFFICIENTNET_STAGES):
        scaled_outputs = _round_channels(outputs, width)
        first_or_last = number in (0, len(_EFFICIENTNET_STAGES) - 1)
        for repeat in range(repeats if first_or_last else math.ceil(depth * repeats)):
            block = f"block{len(units) - 1}"
            step = stride if repeat == 0 else 1
            widths = (channels, channels * expansion, scaled_outputs)
            convs = _inverted_bottleneck(block, widths, kernel, step)
            residual = step == 1 and channels == scaled_outputs
            units.append(Unit(block, convs, residual))
            channels = scaled_outputs
    units.append(Unit("features", (Conv("features.conv", channels, 1280),)))
    return Network(name, tuple(units), "pool", "same", 1e-3)


def _inverted_bottleneck(
    block: str, channels: tuple[int, int, int], kernel: int, stride: int
) -> tuple[Conv, ...]:
    """Expand, filter each channel, project; ``channels`` are those of input, inside and output."""
    inputs, inner, outputs = channels
    expand = (Conv(f"{block}.expand", inputs, inner),) if inner > inputs else ()
    return (
        *expand,
        Conv(f"{block}.depthwise", inner, inner, kernel, stride, depthwise=True),
        Conv(f"{block}.project", inner, outputs, relu6=False),
    )


def _mobilenet() -> Network:
    units = [Unit("conv1", (Conv("conv1", 3, 32, 3, 2),))]
    channels = 32
    for name, stride, outputs in _MOBILENET_LAYERS:
        depthwise = Conv(f"{name}/dw", channels, channels, 3, stride, depthwise=True)
        units.append(Unit(depthwise.name, (depthwise,)))
        units.append(Unit(f"{name}/sep", (Conv(f"{name}/sep", channels, outputs),)))
        channels = outputs
    return Network("mobilenet_v1", tuple(units), "pool6", "symmetric", 1e-5)
