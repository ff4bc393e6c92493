"""Models as safetensors bytes: written with the ids of their networks, checked when read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from .backbone import BackboneSpec
from .backbone.frozen import encoder_id
from .backbone.weights import digest, load_parameters
from .model_features import FEATURES, feature_size
from .model_parts import Branch, IncompatibleModelError, ModelError, ModelExport, ModelParts
from .state import Arrays, JsonDict, with_prefix

_FORMAT = 1
_META = "meta"


def export_model(parts: ModelParts, class_names: Sequence[str], spec: BackboneSpec) -> ModelExport:
    """Return a model as bytes, with the ids of the networks it belongs to."""
    arrays: Arrays = {}
    meta: JsonDict = {
        "format": _FORMAT,
        "encoder_id": _encoder_id(spec),
        "pretrained": _pretrained_id(spec),
        "encoder": _describe(spec),
        "branches": [],
    }
    for number, branch in enumerate(parts.branches):
        facts = ("feature", "scale", "normal", "part")
        meta["branches"].append({fact: getattr(branch, fact) for fact in facts})
        arrays |= with_prefix(f"branch{number}", {"weight": branch.weight, "bias": branch.bias})
    if parts.stage is not None:
        arrays |= with_prefix("stage", parts.stage)
    if parts.unknown is not None:
        arrays |= with_prefix("unknown", parts.unknown)
    arrays[_META] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    contiguous = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    return ModelExport(tuple(class_names), save(contiguous))


def read_model(weights: bytes, spec: BackboneSpec, classes: int) -> ModelParts:
    """Return the parts of a model with ``classes`` outputs for the encoder of ``spec``.

    Raises:
        IncompatibleModelError: it was made for another encoder.
        ModelError: it is damaged, or of another format or number of outputs.
    """
    arrays, meta = _read(weights)
    _check_encoder(meta, spec)
    try:
        return _parts(arrays, meta, spec, classes)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"the model does not fit {spec.name} at {spec.cut}: {error}") from error


def _read(weights: bytes) -> tuple[Arrays, JsonDict]:
    try:
        arrays = load(weights)
        meta = json.loads(arrays.pop(_META).tobytes())
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"not a model of this package: {error}") from error
    if not isinstance(meta, dict) or meta.get("format") != _FORMAT:
        raise ModelError("the model is of another format than this version of the package reads")
    for name, array in arrays.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise ModelError(f"{name!r} in the model is not finite float32")
    return arrays, meta


def _check_encoder(meta: JsonDict, spec: BackboneSpec) -> None:
    mine = (_encoder_id(spec), _pretrained_id(spec))
    theirs = (meta.get("encoder_id"), meta.get("pretrained"))
    if mine != theirs:
        raise IncompatibleModelError(
            f"the model was made for encoder {theirs[0]} ({meta.get('encoder')}), this is "
            f"{mine[0]} ({_describe(spec)}); use the same backbone, cut, input size and weights"
        )


def _parts(arrays: Arrays, meta: JsonDict, spec: BackboneSpec, classes: int) -> ModelParts:
    branches = []
    for number, facts in enumerate(meta["branches"]):
        feature, scale = facts["feature"], float(facts["scale"])
        if feature not in FEATURES or not np.isfinite(scale):
            raise ValueError(f"branch {number} has feature {feature!r} and scale {scale}")
        weight, bias = arrays[f"branch{number}.weight"], arrays[f"branch{number}.bias"]
        wanted = (classes, feature_size(spec, feature))
        if weight.shape != wanted or bias.shape != wanted[:1]:
            raise ValueError(f"branch {number} has shape {weight.shape}, not {wanted}")
        part = float(facts["part"])
        if not 0 < part <= 1:
            raise ValueError(f"branch {number} looks at {part} of a latent")
        branches.append(Branch(feature, weight, bias, scale, bool(facts["normal"]), part))
    stage, unknown = (_below(arrays, name) for name in ("stage", "unknown"))
    return ModelParts(tuple(branches), stage, unknown)


def _below(arrays: Arrays, name: str) -> Arrays | None:
    start = name + "."
    return {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)} or None


def _describe(spec: BackboneSpec) -> str:
    height, width = spec.input_shape
    return f"{spec.name} cut at {spec.cut}, {width}x{height} pixels, {spec.precision}"


@lru_cache(maxsize=8)
def _encoder_id(spec: BackboneSpec) -> str:
    return encoder_id(spec, load_parameters(spec))


@lru_cache(maxsize=8)
def _pretrained_id(spec: BackboneSpec) -> str:
    """Name the pretrained weights above the cut, on which branches of fixed features rely."""
    return digest(load_parameters(spec), spec.network.above(spec.cut))[:32]
