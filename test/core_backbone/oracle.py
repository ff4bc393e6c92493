"""A plain float64 torch network, written apart from the package's own code: the tests' oracle."""

from __future__ import annotations

import torch
from torch.nn import functional


def same_padding(x, kernel, stride):
    pads = []
    for side in (x.shape[3], x.shape[2]):
        out = -(-side // stride)
        total = max((out - 1) * stride + kernel - side, 0)
        pads += [total // 2, total - total // 2]
    return functional.pad(x, pads)


def plain_layer(net, conv, x, weight):
    """One convolution without bias, padded as its network pads."""
    groups = conv.inputs if conv.depthwise else 1
    if net.padding == "same":
        x = same_padding(x, conv.kernel, conv.stride)
        return functional.conv2d(x, weight, None, conv.stride, 0, groups=groups)
    return functional.conv2d(x, weight, None, conv.stride, conv.kernel // 2, groups=groups)


def network_features(net, units, x, normalised):
    """Run ``units`` and the pool; ``normalised(conv, x)`` convolves and normalises."""
    for unit in units:
        start = x
        for conv in unit.convs:
            x = normalised(conv, x)
            x = functional.relu6(x) if conv.relu6 else x
        x = x + start if unit.residual else x
    return x.mean(dim=(2, 3))


def double(array):
    return torch.tensor(array, dtype=torch.float64)
