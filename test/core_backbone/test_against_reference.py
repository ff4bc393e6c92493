"""The stages against the networks of the packages that the weights come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from lr_ros.core.backbone import (
    BackboneSpec,
    FrozenStage,
    ServingStage,
    TrainableStage,
    available_cuts,
    pretrained_arrays,
)
from lr_ros.core.backbone.weights import packaged_weights

NAMES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    return np.repeat(np.repeat(coarse, 12, axis=1), 12, axis=2)


def reference_features(name, images):
    number = name[-1]
    net = EfficientNet.from_name(f"efficientnet-lite{number}", image_size=images.shape[1])
    net.load_state_dict(torch.load(packaged_weights(name), weights_only=True))
    net.eval()
    with torch.no_grad():
        batch = (torch.from_numpy(images).permute(0, 3, 1, 2).float() - 127) / 128
        return net.extract_features(batch).mean(dim=(2, 3)).numpy()


@pytest.mark.parametrize("name", NAMES)
def test_whole_network_equals_its_package(name, images):
    spec = BackboneSpec(name, "pool", images.shape[1])
    latents = FrozenStage(spec).encode(images)
    np.testing.assert_allclose(
        latents[:, :, 0, 0], reference_features(name, images), atol=1e-3, rtol=1e-3
    )


@pytest.mark.parametrize(
    "cut", ["stem", "block2", "block8", "block10", "block15", "features", "pool"]
)
def test_stages_together_equal_the_package_at_every_cut(cut, images):
    spec = BackboneSpec(cut=cut, input_size=images.shape[1])
    latents = FrozenStage(spec).encode(images)
    assert latents.shape[1:] == spec.latent_shape
    with torch.no_grad():
        trained = TrainableStage(spec)(torch.from_numpy(latents)).numpy()
    served = ServingStage(spec, pretrained_arrays(spec)).features(latents)
    expected = reference_features(spec.name, images)
    np.testing.assert_allclose(trained, expected, atol=1e-3, rtol=1e-3)
    np.testing.assert_allclose(served, expected, atol=1e-3, rtol=1e-3)


def test_cuts_are_named_from_input_to_feature():
    cuts = available_cuts("efficientnet_lite0")
    assert cuts[0] == "stem"
    assert cuts[-2:] == ("features", "pool")
    assert len(cuts) == 19
