"""Values and gradients of the operations against plain convolutions, in float64."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from lr_ros.core.backbone import kernels
from lr_ros.core.backbone.architecture import Conv, network
from lr_ros.core.backbone.kernels import DepthwiseGeometry, pointwise, pool

from .oracle import plain_layer

NETWORKS = {name: network(name) for name in ("efficientnet_lite0", "mobilenet_v1")}


def as_places(x):
    """[N, C, H, W] to [C, H * W, N]."""
    return x.flatten(2).permute(1, 2, 0).contiguous()


@settings(deadline=None, max_examples=40)
@given(
    net=st.sampled_from(sorted(NETWORKS)),
    kernel=st.sampled_from([3, 5]),
    stride=st.sampled_from([1, 2]),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    relu6=st.booleans(),
)
def test_depthwise_equals_convolution(net, kernel, stride, size, relu6):
    torch.manual_seed(0)
    conv = Conv("x", 3, 3, kernel, stride, depthwise=True)
    x = (5 * torch.randn(4, 3, *size, dtype=torch.float64)).requires_grad_()
    weight = torch.randn(3, kernel * kernel, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(3, dtype=torch.float64, requires_grad=True)
    expected = plain_layer(NETWORKS[net], conv, x, weight.view(3, 1, kernel, kernel))
    expected = expected + bias[:, None, None]
    expected = functional.relu6(expected) if relu6 else expected
    geometry = DepthwiseGeometry(NETWORKS[net], conv, size)
    out = geometry(as_places(x), weight, bias, relu6)
    assert geometry.output_size == tuple(expected.shape[2:])
    torch.testing.assert_close(out, as_places(expected))
    pull = torch.randn_like(out)
    got = torch.autograd.grad(out, (x, weight, bias), pull)
    want = torch.autograd.grad(as_places(expected), (x, weight, bias), pull)
    torch.testing.assert_close(got, want)


def test_both_ways_of_a_depthwise_convolution_agree(monkeypatch):
    torch.manual_seed(0)
    conv = Conv("x", 6, 6, 5, 2, depthwise=True)
    x = torch.randn(6, 64, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(6, 25, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(6, dtype=torch.float64, requires_grad=True)
    net = NETWORKS["efficientnet_lite0"]
    dense = DepthwiseGeometry(net, conv, (8, 8))(x, weight, bias, True)
    monkeypatch.setattr(kernels, "_MAX_DENSE", 0)
    direct = DepthwiseGeometry(net, conv, (8, 8))(x, weight, bias, True)
    torch.testing.assert_close(dense, direct)
    inputs = (x, weight, bias)
    torch.testing.assert_close(
        torch.autograd.grad(dense.square().sum(), inputs),
        torch.autograd.grad(direct.square().sum(), inputs),
    )


def test_gradients_of_pointwise_and_pool():
    torch.manual_seed(0)
    x = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(7, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(7, dtype=torch.float64, requires_grad=True)

    def features(x, weight, bias):
        return pool(pointwise(pointwise(x, weight, bias, True), weight.T, None, False), x.dtype)

    assert torch.autograd.gradcheck(features, (x, weight, bias))
