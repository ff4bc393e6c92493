"""ONNX graphs of a chain of units, written directly: few operators, batch normalisation folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .architecture import Conv, Network, Unit

FloatArray = NDArray[np.float32]
Folded = Mapping[str, tuple[FloatArray, FloatArray]]
"""Weight [O, I, k, k] and bias [O] by the name of the convolution."""

INPUT, OUTPUT = "input", "output"
_OPSET, _IR = 17, 9


def build_graph(
    net: Network,
    units: Sequence[Unit],
    folded: Folded,
    input_shape: tuple[int, int, int],
    pool: bool,
) -> onnx.ModelProto:
    """Return the model that runs ``units`` on float32 [N, C, H, W].

    ``input_shape`` is (C, H, W). With ``pool`` a global average pool follows, and the output is
    float32 [N, C, 1, 1].
    """
    builder = _Builder(net, folded)
    size = input_shape[1:]
    tensor = INPUT
    for unit in units:
        tensor, size = builder.unit(unit, tensor, size)
    if pool:
        tensor = builder.node("GlobalAveragePool", [tensor], "pooled")
    builder.node("Identity", [tensor], OUTPUT)
    return builder.model(input_shape)


class _Builder:
    def __init__(self, net: Network, folded: Folded) -> None:
        self._net = net
        self._folded = folded
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def unit(self, unit: Unit, tensor: str, size: tuple[int, int]) -> tuple[str, tuple[int, int]]:
        start = tensor
        for conv in unit.convs:
            tensor, size = self._conv(conv, tensor, size)
        if unit.residual:
            tensor = self.node("Add", [tensor, start], f"{unit.name}.sum")
        return tensor, size

    def _conv(self, conv: Conv, tensor: str, size: tuple[int, int]) -> tuple[str, tuple[int, int]]:
        weight, bias = self._folded[conv.name]
        inputs = [
            tensor,
            self.constant(f"{conv.name}.weight", weight.reshape(conv.weight_shape)),
            self.constant(f"{conv.name}.bias", bias),
        ]
        (top, bottom), (left, right) = (self._net.pads(conv, side) for side in size)
        result = self.node(
            "Conv",
            inputs,
            f"{conv.name}.conv",
            kernel_shape=[conv.kernel] * 2,
            strides=[conv.stride] * 2,
            pads=[top, left, bottom, right],
            group=conv.inputs if conv.depthwise else 1,
        )
        if conv.relu6:
            result = self.node("Clip", [result, *self._relu6_bounds()], f"{conv.name}.relu6")
        height, width = (self._net.output_size(conv, side) for side in size)
        return result, (height, width)

    def _relu6_bounds(self) -> list[str]:
        if not any(constant.name == "relu6.low" for constant in self._constants):
            self.constant("relu6.low", np.zeros((), np.float32))
            self.constant("relu6.high", np.full((), 6, np.float32))
        return ["relu6.low", "relu6.high"]

    def model(self, input_shape: tuple[int, int, int]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes,
            self._net.name,
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", *input_shape])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", None, None, None])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = _IR
        return model
