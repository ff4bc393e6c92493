"""The frozen stage: precision, preprocessing, identity and cache."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from lr_ros.core.backbone import BackboneSpec, FrozenStage, int8
from lr_ros.core.backbone.cache import cached
from lr_ros.core.backbone.calibration import dead_leaves
from lr_ros.core.backbone.preprocess import fit, normalise
from lr_ros.core.backbone.weights import load_parameters

from .oracle import double, plain_layer

SPECS = [
    BackboneSpec("efficientnet_lite0", "block10", 128),
    BackboneSpec("efficientnet_lite1", "block5", (64, 100)),
    BackboneSpec("mobilenet_v1", "conv5_4/dw", 64),
]


@pytest.fixture(scope="module")
def pictures():
    return dead_leaves(4, (128, 128), seed=7)


def plain_latents(spec, pictures):
    net, parameters = spec.network, load_parameters(spec)
    x = double(normalise(fit(pictures, spec.input_shape)))
    for unit in net.below(spec.cut):
        start = x
        for conv in unit.convs:
            p = parameters[conv.name]
            x = plain_layer(net, conv, x, double(p.weight))
            norm = [double(a) for a in (p.mean, p.variance, p.scale, p.shift)]
            x = functional.batch_norm(x, *norm, False, 0.0, net.norm_eps)
            x = functional.relu6(x) if conv.relu6 else x
        x = x + start if unit.residual else x
    return x.numpy()


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_float_latents_equal_torch_in_float64(spec, pictures):
    latents = FrozenStage(spec, threads=2).encode(pictures)
    assert latents.dtype == np.float32
    assert latents.shape == (4, *spec.latent_shape)
    np.testing.assert_allclose(latents, plain_latents(spec, pictures), rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_int8_latents_are_within_15_percent(spec, pictures, tmp_path):
    quantised = BackboneSpec(spec.name, spec.cut, spec.input_size, "int8")
    exact = FrozenStage(spec).encode(pictures)
    latents = FrozenStage(quantised, cache_dir=tmp_path).encode(pictures)
    assert latents.shape == exact.shape
    assert np.linalg.norm(latents - exact) < 0.15 * np.linalg.norm(exact)


def test_int8_reaches_the_pooled_feature(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(int8, "_SWEEPS", 0)  # rounding to data takes seconds for the whole network
    stage = FrozenStage(BackboneSpec(cut="pool", input_size=64, precision="int8"), 1, tmp_path)
    assert stage.encode(pictures).shape == (4, 1280, 1, 1)


def test_pictures_of_all_sizes_go_together(pictures):
    stage = FrozenStage(BackboneSpec(input_size=64))
    mixed = [pictures[0], cv2.resize(pictures[1], (300, 40)), pictures[2][:20, :30]]
    together = stage.encode(mixed)
    for one, image in zip(together, mixed, strict=True):
        np.testing.assert_allclose(one, stage.encode([image])[0], atol=1e-4)
    assert stage.encode([]).shape == (0, *stage.latent_shape)
    assert stage.encode(pictures[:0]).shape == (0, *stage.latent_shape)


def test_shrinking_averages_and_channels_keep_their_order():
    image = np.zeros((64, 64, 3), np.uint8)
    image[::2, :, 0] = 200
    image[:, :, 2] = 255
    small = normalise(fit([image], (32, 32)))[0]
    np.testing.assert_allclose(small[0], (100 - 127) / 128, atol=1 / 128)
    np.testing.assert_allclose(small[1], -127 / 128)
    np.testing.assert_allclose(small[2], 1)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        [[0, 0, 0]],
    ],
)
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ValueError, match="a picture"):
        FrozenStage(BackboneSpec(cut="stem", input_size=32)).encode([image])


def test_identity_changes_with_everything_a_latent_depends_on(tmp_path):
    base = BackboneSpec(cut="block5", input_size=64)
    specs = [
        base,
        BackboneSpec("efficientnet_lite1", "block5", 64),
        BackboneSpec(cut="block6", input_size=64),
        BackboneSpec(cut="block5", input_size=96),
        BackboneSpec(cut="block5", input_size=64, precision="int8"),
    ]
    ids = [FrozenStage(spec, cache_dir=tmp_path).encoder_id for spec in specs]
    assert len(set(ids)) == len(ids)
    assert FrozenStage(base, threads=2).encoder_id == ids[0]


def test_identity_follows_the_weights_below_the_cut_only(tmp_path):
    def encoder_id(changed):
        from_package = load_parameters(BackboneSpec("mobilenet_v1", "conv2_1/dw", 64))
        state = {}
        for name, p in from_package.items():
            state[f"{name}.weight"] = torch.tensor(p.weight + (name == changed))
            for part, array in (
                ("weight", p.scale),
                ("bias", p.shift),
                ("running_mean", p.mean),
                ("running_var", p.variance),
            ):
                state[f"{name}.norm.{part}"] = torch.tensor(array)
        path = tmp_path / f"weights{len(changed)}.pth"
        torch.save(state, path)
        spec = BackboneSpec("mobilenet_v1", "conv2_1/dw", 64, weights=str(path))
        return FrozenStage(spec).encoder_id

    unchanged = encoder_id("")
    assert encoder_id("conv1") != unchanged
    assert encoder_id("conv2_1/sep") == unchanged


def test_no_threads_are_refused():
    with pytest.raises(ValueError, match="threads is 0"):
        FrozenStage(BackboneSpec(cut="stem", input_size=32), threads=0)


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_a_damaged_cache_file_is_made_anew(tmp_path, damage):
    assert cached(tmp_path / "deep", "name", lambda: b"content") == b"content"
    assert cached(tmp_path / "deep", "name", lambda: b"other") == b"content"
    (tmp_path / "deep" / "name").write_bytes(damage)
    assert cached(tmp_path / "deep", "name", lambda: b"new") == b"new"
    assert cached(tmp_path / "deep", "name", lambda: b"other") == b"new"


def test_a_cache_that_cannot_be_written_still_gives_the_content(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    assert cached(tmp_path / "file", "name", lambda: b"content") == b"content"
    assert "cannot keep" in caplog.text


def test_the_cache_is_whole_when_many_write_at_once(tmp_path):
    content = [bytes([i]) * 300_000 for i in range(8)]

    def use(i):
        return cached(tmp_path, "name", lambda: content[i])

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(use, range(8)))
    assert all(result in content for result in results)
    assert cached(tmp_path, "name", lambda: b"new") in content
    assert [path.name for path in tmp_path.iterdir()] == ["name"]
