"""Models as bytes: what is checked before one of them answers."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from lr_ros.core.model import IncompatibleModelError, ModelError, ServingModel

from .parts import SPEC, learner, patterns


@pytest.fixture(scope="module")
def export():
    one = learner("default")
    one.learn("a", patterns(0), "clip-a")
    one.learn("b", patterns(1), "clip-b")
    return one.export()


def changed(export, change):
    arrays = load(export.weights)
    change(arrays)
    return save(arrays)


def test_other_encoder_is_refused_by_both_names(export):
    other = replace(SPEC, input_size=96)
    with pytest.raises(IncompatibleModelError, match=r"64x64.*96x96"):
        ServingModel.from_bytes(export.weights, export.class_names, other)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_truncated_models_are_refused(export, data):
    length = data.draw(st.integers(0, len(export.weights) - 1))
    with pytest.raises(ModelError):
        ServingModel.from_bytes(export.weights[:length], export.class_names, SPEC)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(export, value):
    def spoil(arrays):
        name = next(name for name in arrays if name.startswith("stage."))
        arrays[name] = np.full_like(arrays[name], value)

    with pytest.raises(ModelError, match="not finite"):
        ServingModel.from_bytes(changed(export, spoil), export.class_names, SPEC)


def test_missing_layers_are_refused(export):
    def spoil(arrays):
        del arrays[next(name for name in arrays if name.startswith("stage."))]

    with pytest.raises(ModelError, match="lack"):
        ServingModel.from_bytes(changed(export, spoil), export.class_names, SPEC)


def test_other_number_of_classes_is_refused(export):
    with pytest.raises(ModelError, match="shape"):
        ServingModel.from_bytes(export.weights, ("a", "b", "c"), SPEC)


def test_other_formats_are_refused(export):
    def spoil(arrays):
        meta = json.loads(arrays["meta"].tobytes())
        arrays["meta"] = np.frombuffer(json.dumps({**meta, "format": 99}).encode(), np.uint8)

    with pytest.raises(ModelError, match="format"):
        ServingModel.from_bytes(changed(export, spoil), export.class_names, SPEC)


@pytest.mark.parametrize("weights", [b"", b"not a model", save({"x": np.zeros(3, np.float32)})])
def test_other_bytes_are_refused(weights):
    with pytest.raises(ModelError, match="not a model"):
        ServingModel.from_bytes(weights, ("a",), SPEC)


def test_no_latents_give_no_answers(export):
    model = ServingModel.from_bytes(export.weights, export.class_names, SPEC)
    prediction = model.predict(np.zeros((0, *SPEC.latent_shape), np.float32))
    assert prediction.probabilities.shape == (0, 2)
    assert prediction.unknown.shape == (0,)


def test_many_latents_give_the_same_answers_as_one_by_one(export):
    model = ServingModel.from_bytes(export.weights, export.class_names, SPEC)
    latents = patterns(1, 70)
    together = model.predict(latents).probabilities
    alone = np.concatenate([model.predict(latent[None]).probabilities for latent in latents])
    np.testing.assert_allclose(together, alone, atol=1e-4)
