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


class GraphWriter:
    """Collects nodes and constants of a graph with one input and one output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node, named as its output, and return that name."""
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant of the array's own type and shape, and return its name."""
        self._constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    @staticmethod
    def conv_attributes(net: Network, conv: Conv, size: tuple[int, int]) -> dict[str, Any]:
        """Return the attributes that describe ``conv`` on a picture of ``size``."""
        (top, bottom), (left, right) = (net.pads(conv, side) for side in size)
        return {
            "kernel_shape": [conv.kernel] * 2,
            "strides": [conv.stride] * 2,
            "pads": [top, left, bottom, right],
            "group": conv.inputs if conv.depthwise else 1,
        }

    def model(
        self, name: str, kind: int, shape: tuple[int, int, int], domains: tuple[str, ...] = ()
    ) -> onnx.ModelProto:
        """Return the model; its input is [n, *shape] of the tensor type ``kind``."""
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info(INPUT, kind, ["n", *shape])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", None, None, None])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), *(helper.make_opsetid(d, 1) for d in domains)]
        model = helper.make_model(graph, opset_imports=opsets)
        model.ir_version = _IR
        return model


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
    writer = _FloatWriter(net, folded)
    size = input_shape[1:]
    tensor = INPUT
    for unit in units:
        tensor, size = writer.unit(unit, tensor, size)
    if pool:
        tensor = writer.node("GlobalAveragePool", [tensor], "pooled")
    writer.node("Identity", [tensor], OUTPUT)
    return writer.model(net.name, TensorProto.FLOAT, input_shape)


class _FloatWriter(GraphWriter):
    def __init__(self, net: Network, folded: Folded) -> None:
        super().__init__()
        self._net, self._folded = net, folded
        self._relu6_bounds = [
            self.constant("relu6.low", np.asarray(0, np.float32)),
            self.constant("relu6.high", np.asarray(6, np.float32)),
        ]

    def unit(self, unit: Unit, tensor: str, size: tuple[int, int]) -> tuple[str, tuple[int, int]]:
        start = tensor
        for conv in unit.convs:
            tensor = self._conv(conv, tensor, size)
            size = self._net.output_size(conv, size[0]), self._net.output_size(conv, size[1])
        if unit.residual:
            tensor = self.node("Add", [tensor, start], f"{unit.name}.sum")
        return tensor, size

    def _conv(self, conv: Conv, tensor: str, size: tuple[int, int]) -> str:
        weight, bias = self._folded[conv.name]
        inputs = [
            tensor,
            self.constant(f"{conv.name}.weight", weight.reshape(conv.weight_shape)),
            self.constant(f"{conv.name}.bias", bias),
        ]
        attributes = self.conv_attributes(self._net, conv, size)
        result = self.node("Conv", inputs, f"{conv.name}.conv", **attributes)
        if conv.relu6:
            result = self.node("Clip", [result, *self._relu6_bounds], f"{conv.name}.relu6")
        return result
