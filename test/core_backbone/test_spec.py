"""Which specs exist, and which are refused with which words."""

from __future__ import annotations

import pytest

from lr_ros.core.backbone import BackboneSpec, available_cuts


@pytest.mark.parametrize(
    ("name", "cut", "size", "shape"),
    [
        ("efficientnet_lite0", "block10", 128, (112, 8, 8)),
        ("efficientnet_lite0", "block10", (96, 128), (112, 6, 8)),
        ("efficientnet_lite0", "pool", 128, (1280, 1, 1)),
        ("mobilenet_v1", "conv5_4/dw", 128, (512, 8, 8)),
        ("mobilenet_v1", "conv5_6/dw", 128, (512, 4, 4)),
        ("mobilenet_v1", "conv6/dw", 128, (1024, 4, 4)),
        ("mobilenet_v1", "pool6", 128, (1024, 1, 1)),
        ("efficientnet_lite2", "features", 260, (1280, 9, 9)),
    ],
)
def test_latents_have_the_shapes_of_the_papers(name, cut, size, shape):
    assert BackboneSpec(name, cut, size).latent_shape == shape


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "resnet"}, "unknown backbone 'resnet'.*efficientnet_lite0"),
        ({"cut": "conv5"}, "no cut 'conv5'.*block10"),
        ({"cut": "pool6"}, "no cut 'pool6'"),
        ({"precision": "fp16"}, "precision is 'fp16'"),
        ({"input_size": 8}, "input_size is 8"),
        ({"input_size": 5000}, "input_size is 5000"),
        ({"input_size": (128, 4)}, "input_size is"),
        ({"input_size": (128,)}, "input_size is"),
        ({"input_size": 128.5}, "input_size is 128.5"),
        ({"input_size": True}, "input_size is True"),
    ],
)
def test_values_out_of_range_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        BackboneSpec(**arguments)


def test_cuts_of_an_unknown_backbone_are_refused():
    with pytest.raises(ValueError, match="unknown backbone"):
        available_cuts("none")


def test_specs_are_values():
    assert BackboneSpec() == BackboneSpec("efficientnet_lite0", "block10", 128, "fp32", None)
    assert hash(BackboneSpec(input_size=[128, 96])) == hash(BackboneSpec(input_size=(128, 96)))
