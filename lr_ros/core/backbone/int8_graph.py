"""ONNX graph of a quantised frozen stage: integers from the picture's bytes to the last layer.

The operators are ONNX Runtime's own (domain ``com.microsoft``), which take channels last, the order
in which pictures come and in which its integer kernels work.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto

from .architecture import Conv, Network, Unit
from .graph import INPUT, OUTPUT, GraphWriter
from .int8 import PICTURE_CODE, Code, IntegerStage, Pair

_DOMAIN = "com.microsoft"

Coded = tuple[str, str, str]
"""Names of a tensor, of its step and of its zero."""


def build_int8_graph(
    net: Network, units: Sequence[Unit], stage: IntegerStage, size: Pair, pool: bool
) -> onnx.ModelProto:
    """Return the model from uint8 [N, height, width, 3] to float32 [N, C, h, w].

    With ``pool`` a global average pool in float32 follows.
    """
    writer = _Int8Writer(net, stage)
    tensor = writer.code(INPUT, INPUT, PICTURE_CODE)
    place = size
    for unit in units:
        tensor, place = writer.unit(unit, tensor, place)
    value = writer.node("DequantizeLinear", list(tensor), "values")
    value = writer.node("Transpose", [value], "channels_first", perm=[0, 3, 1, 2])
    if pool:
        value = writer.node("GlobalAveragePool", [value], "pooled")
    writer.node("Identity", [value], OUTPUT)
    return writer.model(net.name, TensorProto.UINT8, (*size, 3), domains=(_DOMAIN,))


class _Int8Writer(GraphWriter):
    def __init__(self, net: Network, stage: IntegerStage) -> None:
        super().__init__()
        self._net, self._stage = net, stage

    def code(self, tensor: str, name: str, code: Code) -> Coded:
        step = self.constant(f"{name}.step", np.asarray(code.step, np.float32))
        return tensor, step, self.constant(f"{name}.zero", np.asarray(code.zero, np.uint8))

    def unit(self, unit: Unit, tensor: Coded, size: Pair) -> tuple[Coded, Pair]:
        start = tensor
        for conv in unit.convs:
            tensor = self._conv(conv, tensor, size)
            size = self._net.output_size(conv, size[0]), self._net.output_size(conv, size[1])
        if unit.residual:
            output = self.code(f"{unit.name}.sum", unit.name, self._stage.codes[unit.name])
            inputs = [*tensor, *start, *output[1:]]
            self.node("QLinearAdd", inputs, output[0], domain=_DOMAIN)
            tensor = output
        return tensor, size

    def _conv(self, conv: Conv, tensor: Coded, size: Pair) -> Coded:
        integers = self._stage.convs[conv.name]
        output = self.code(f"{conv.name}.out", conv.name, self._stage.codes[conv.name])
        inputs = [
            *tensor,
            self.constant(f"{conv.name}.weight", integers.weight),
            self.constant(f"{conv.name}.steps", integers.steps),
            self.constant(f"{conv.name}.zeros", np.zeros(conv.outputs, np.int8)),
            *output[1:],
            self.constant(f"{conv.name}.bias", integers.bias),
        ]
        attributes = self.conv_attributes(self._net, conv, size)
        self.node("QLinearConv", inputs, output[0], domain=_DOMAIN, channels_last=1, **attributes)
        return output
