"""The trainable stage: gradients, state, copies, and its twin for inference."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch.nn import functional

from lr_ros.core.backbone import (
    BackboneSpec,
    FrozenStage,
    ServingStage,
    TrainableStage,
    WeightsError,
    pretrained_arrays,
)
from lr_ros.core.backbone.weights import load_parameters

from .oracle import double, network_features, plain_layer

SPECS = [
    BackboneSpec("efficientnet_lite0", "block10", 64),
    BackboneSpec("efficientnet_lite0", "block4", (64, 96)),
    BackboneSpec("efficientnet_lite2", "block20", 96),
    BackboneSpec("mobilenet_v1", "conv5_4/dw", 64),
]


def latents_for(spec, count=3):
    noise = np.random.default_rng(0).integers(0, 256, (count, 12, 12, 3), dtype=np.uint8)
    return FrozenStage(spec).encode(noise.repeat(12, 1).repeat(12, 2))


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_gradients_equal_the_unfolded_network_in_float64(spec):
    """Folding multiplies weights by scale / std: its gradients follow by the chain rule."""
    net, latents = spec.network, latents_for(spec)
    parameters = load_parameters(spec)
    pull = torch.randn(len(latents), spec.feature_size, generator=torch.manual_seed(1))
    stage = TrainableStage(spec)
    features = stage(torch.from_numpy(latents))
    features.backward(pull)

    weights, shifts = {}, {}

    def normalised(conv, x):
        p = parameters[conv.name]
        weights[conv.name] = double(p.weight).requires_grad_()
        shifts[conv.name] = double(p.shift).requires_grad_()
        x = plain_layer(net, conv, x, weights[conv.name])
        mean, variance, scale = double(p.mean), double(p.variance), double(p.scale)
        return functional.batch_norm(
            x, mean, variance, scale, shifts[conv.name], False, 0.0, net.norm_eps
        )

    expected = network_features(net, net.above(spec.cut), double(latents), normalised)
    expected.backward(pull.double())
    torch.testing.assert_close(features.double(), expected, rtol=1e-4, atol=1e-4)
    for layer in stage._layers():
        p = parameters[layer.conv.name]
        factor = double(p.scale) / (double(p.variance) + net.norm_eps).sqrt()
        unfolded = layer.weight.grad.double() * factor[:, None]
        assert_same_direction(unfolded, weights[layer.conv.name].grad.flatten(1))
        assert_same_direction(layer.bias.grad.double(), shifts[layer.conv.name].grad)


def assert_same_direction(got, want, tolerance=1e-4):
    assert (got - want).norm() <= tolerance * want.norm() + 1e-12


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("norm", ["folded", "batch_renorm"])
def test_serving_equals_training_after_an_update(spec, norm):
    latents = torch.from_numpy(latents_for(spec))
    stage = TrainableStage(spec, norm=norm)
    optimizer = torch.optim.SGD(stage.parameters(), lr=1e-3)
    stage(latents).square().mean().backward()
    optimizer.step()
    stage.eval()
    with torch.no_grad():
        expected = stage(latents).numpy()
    served = ServingStage(spec, stage.arrays())
    np.testing.assert_allclose(served.features(latents.numpy()), expected, rtol=1e-3, atol=1e-4)
    one = served.features(latents[:1].numpy())
    np.testing.assert_allclose(one, expected[:1], rtol=1e-3, atol=1e-4)
    assert served.features(latents[:0].numpy()).shape == (0, spec.feature_size)


@pytest.mark.parametrize("norm", ["folded", "batch_renorm"])
def test_state_goes_over_to_another_stage(norm):
    spec = SPECS[0]
    latents = torch.from_numpy(latents_for(spec))
    trained, fresh = TrainableStage(spec, norm=norm), TrainableStage(spec, norm=norm)
    optimizer = torch.optim.SGD(trained.parameters(), lr=1e-2)
    for _ in range(2):
        trained(latents).square().mean().backward()
        optimizer.step()
    trained.set_renorm(2.0, 1.0, 0.1)
    fresh.load_arrays(trained.arrays())
    torch.testing.assert_close(fresh(latents), trained(latents), rtol=0, atol=0)
    for name, value in trained.arrays().items():
        np.testing.assert_array_equal(value, fresh.arrays()[name])


def test_arrays_are_copies_and_clones_are_apart():
    stage = TrainableStage(SPECS[0])
    before, twin = stage.arrays(), stage.clone()
    with torch.no_grad():
        for parameter in stage.parameters():
            parameter.add_(1)
    for name, value in twin.arrays().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("damage", ["missing", "shape", "nan"])
def test_bad_arrays_are_refused_and_change_nothing(damage):
    spec = SPECS[0]
    stage, arrays = TrainableStage(spec), pretrained_arrays(spec)
    arrays = {name: value + 1 for name, value in arrays.items()}
    name = list(arrays)[-1]
    if damage == "missing":
        del arrays[name]
    elif damage == "shape":
        arrays[name] = arrays[name][:-1]
    else:
        arrays[name][0] = np.nan
    before = stage.arrays()
    with pytest.raises(ValueError, match=r"features\.conv"):
        stage.load_arrays(arrays)
    with pytest.raises(ValueError, match=r"features\.conv"):
        ServingStage(spec, arrays)
    for key, value in stage.arrays().items():
        np.testing.assert_array_equal(value, before[key])


def test_depth_groups_hold_every_parameter_once_from_the_cut_upwards():
    stage = TrainableStage(SPECS[0])
    groups = stage.depth_groups()
    assert len(groups) == 6
    grouped = [id(p) for group in groups for p in group]
    assert sorted(grouped) == sorted(id(p) for p in stage.parameters())
    assert groups[0][0].shape == (672, 112)


@pytest.mark.parametrize("cut", ["features", "pool"])
def test_nothing_to_train_above_the_last_layer(cut):
    spec = BackboneSpec(cut=cut, input_size=64)
    latents = latents_for(spec)
    stage = TrainableStage(spec)
    assert list(stage.parameters()) == []
    assert pretrained_arrays(spec) == {}
    expected = latents.mean(axis=(2, 3))
    np.testing.assert_allclose(stage(torch.from_numpy(latents)).numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(ServingStage(spec, {}).features(latents), expected, rtol=1e-5)


def gradients_in_both_types(norm, pull=None):
    spec = SPECS[0]
    latents = torch.from_numpy(latents_for(spec, 16))
    gradients = []
    for compute in ("float32", "bfloat16"):
        stage = TrainableStage(spec, norm=norm, compute=compute)
        features = stage(latents)
        assert features.dtype == torch.float32
        loss = features.square() if pull is None else features * pull
        loss.sum().backward()
        assert all(p.grad.dtype == torch.float32 for p in stage.parameters())
        gradients.append([p.grad for p in stage.parameters()])
    return gradients


def test_bfloat16_follows_float32_within_a_few_percent():
    for want, got in zip(*gradients_in_both_types("folded"), strict=True):
        assert_same_direction(got, want, 0.1)


def test_bfloat16_batch_renorm_follows_float32():
    """Of all gradients together: some (a shift before another renormalisation) are nothing at all.

    A minibatch of 64 values a channel adds to the rounding: each layer renormalises that of the
    layers below, where folded layers only pass it on. Cosine 0.95 is an error of a third.
    """
    pull = torch.randn(16, SPECS[0].feature_size, generator=torch.manual_seed(1))
    want, got = (
        torch.cat([g.flatten() for g in gradients])
        for gradients in gradients_in_both_types("batch_renorm", pull)
    )
    assert torch.cosine_similarity(want, got, dim=0) > 0.95
    assert abs(got.norm() / want.norm() - 1) < 0.05


def test_latents_of_another_shape_are_refused():
    spec = SPECS[0]
    wrong = np.zeros((1, 112, 5, 4), np.float32)
    with pytest.raises(ValueError, match="latents have shape"):
        TrainableStage(spec)(torch.from_numpy(wrong))
    with pytest.raises(ValueError, match="latents have shape"):
        ServingStage(spec, pretrained_arrays(spec)).features(wrong)


@pytest.mark.parametrize(
    "choice",
    [{"norm": "none"}, {"compute": "half"}],
)
def test_choices_that_do_not_exist_are_refused(choice):
    with pytest.raises(ValueError, match="choose one of"):
        TrainableStage(SPECS[0], **choice)


def test_random_weights_follow_the_seed():
    spec = SPECS[3]
    one, same, other = (TrainableStage(spec, seed=seed).arrays() for seed in (1, 1, 2))
    name = "conv6/sep.weight"
    np.testing.assert_array_equal(one[name], same[name])
    assert not np.array_equal(one[name], other[name])


def test_weights_that_are_no_weights_are_refused(tmp_path):
    for name in ("broken.safetensors", "broken.pth"):
        path = tmp_path / name
        path.write_bytes(b"not a weights file")
        with pytest.raises(WeightsError, match="not a weights file"):
            TrainableStage(BackboneSpec(weights=str(path)))
    with pytest.raises(WeightsError, match="cannot read"):
        TrainableStage(BackboneSpec(weights=str(tmp_path / "absent.pth")))


def test_mobilenet_weights_are_read_by_the_names_timm_gives_them(tmp_path):
    drawn = load_parameters(SPECS[3], seed=3)
    blocks = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), *((3, i) for i in range(6)), (4, 0), (4, 1)]
    names = ["conv_stem bn1"]
    for stage, place in blocks:
        block = f"blocks.{stage}.{place}"
        names += [f"{block}.conv_dw {block}.bn1", f"{block}.conv_pw {block}.bn2"]
    tensors = {}
    for p, name in zip(drawn.values(), names, strict=True):
        conv, norm = name.split()
        tensors[f"{conv}.weight"] = p.weight
        tensors[f"{norm}.weight"], tensors[f"{norm}.bias"] = p.scale, p.shift
        tensors[f"{norm}.running_mean"], tensors[f"{norm}.running_var"] = p.mean, p.variance
    path = tmp_path / "weights.safetensors"
    save_file(tensors, path)
    read = load_parameters(BackboneSpec("mobilenet_v1", "conv5_4/dw", weights=str(path)))
    for name, p in drawn.items():
        np.testing.assert_array_equal(read[name].weight, p.weight)
    del tensors["blocks.4.1.bn2.bias"]
    save_file(tensors, path)
    with pytest.raises(WeightsError, match=r"lack 'blocks\.4\.1\.bn2\.bias'"):
        load_parameters(BackboneSpec("mobilenet_v1", "conv6/dw", weights=str(path)))
