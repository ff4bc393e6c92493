"""What the recognizer runs: features above the cut, and linear heads that name them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from .backbone import BackboneSpec, ServingStage
from .backbone.frozen import encoder_id
from .backbone.weights import digest, load_parameters
from .model_features import FEATURES, FeatureName, feature_size, fixed_feature
from .state import Arrays, JsonDict, with_prefix
from .training_views import middle, part_of

FloatArray = NDArray[np.float32]

_FORMAT = 1
_META = "meta"
_AT_ONCE = 64  # patterns a forward pass: more would only take memory
_EMPTY = (
    -1e30
)  # bias of a class without frames; finite, so that files can be checked for NaN and inf


class ModelError(ValueError):
    """The bytes are not a whole model; the message says what is wrong."""


class IncompatibleModelError(ModelError):
    """The model understands latents of another encoder; the message names both."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of N patterns.

    ``probabilities`` is float32 [N, classes], each row summing to one; ``unknown`` is float32 [N],
    from 0 (surely a known class) to 1 (surely none of them).
    """

    probabilities: FloatArray
    unknown: FloatArray


@dataclass(frozen=True)
class ModelExport:
    """A model to send or store: the names of its outputs in order, and its safetensors bytes."""

    class_names: tuple[str, ...]
    weights: bytes


@dataclass(frozen=True)
class Branch:
    """One linear head: ``scale * log_softmax(weight @ feature + bias)``, summed over the branches.

    ``weight`` is float32 [classes, size] and ``bias`` float32 [classes]. With ``normal`` the
    feature is brought to length one first.
    """

    feature: FeatureName
    weight: FloatArray
    bias: FloatArray
    scale: float = 1.0
    normal: bool = False

    @classmethod
    def of(
        cls,
        feature: FeatureName,
        linear: tuple[NDArray[Any], NDArray[Any]],
        scale: float = 1.0,
        normal: bool = False,
    ) -> Branch:
        """Make a branch of weights and biases of any float type; -inf stands for an empty class."""
        weight, bias = linear
        finite = np.maximum(bias, _EMPTY).astype(np.float32)
        return cls(feature, weight.astype(np.float32), finite, scale, normal)


@dataclass(frozen=True)
class ModelParts:
    """What a model is made of.

    ``stage`` holds the arrays of the trained stage, if a branch needs one. All branches look at the
    middle ``part`` of the latents, a share of each side.
    """

    branches: tuple[Branch, ...]
    stage: Arrays | None = None
    part: float = 1.0


class ServingModel:
    """Names what latents show. Never changes; safe to call from several threads at once."""

    def __init__(
        self, parts: ModelParts, class_names: Sequence[str], spec: BackboneSpec, threads: int = 1
    ) -> None:
        self.class_names = tuple(class_names)
        self.spec = spec
        self._parts = parts
        self._threads = threads
        self._inner = part_of(spec, parts.part)
        stage = parts.stage
        self._stage = None if stage is None else ServingStage(self._inner, stage, threads)

    @classmethod
    def from_bytes(
        cls, weights: bytes, class_names: Sequence[str], spec: BackboneSpec, threads: int = 1
    ) -> ServingModel:
        """Load a model that a learner exported; everything in it is checked first.

        Raises:
            IncompatibleModelError: it was made for another encoder than that of ``spec``.
            ModelError: it is damaged, or of another format, or has not one output a class name.
        """
        arrays, meta = _read(weights)
        _check_encoder(meta, spec)
        try:
            parts = _parts(arrays, meta, spec, len(class_names))
            return cls(parts, class_names, spec, threads)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"the model does not fit {spec.name} at {spec.cut}: {error}"
            ) from error

    def predict(self, latents: NDArray[np.floating]) -> Prediction:
        """Return probabilities and unknown scores of latents float32 [N, C, h, w].

        Raises:
            ValueError: the latents have another shape than the encoder's.
        """
        latents = np.asarray(latents, np.float32)
        if latents.shape[1:] != self.spec.latent_shape:
            raise ValueError(
                f"latents have shape {latents.shape}, not (N, {self.spec.latent_shape})"
            )
        chunks = [
            self._log_probabilities(latents[start : start + _AT_ONCE])
            for start in range(0, len(latents), _AT_ONCE)
        ]
        empty = np.zeros((0, len(self.class_names)), np.float32)
        probabilities = np.exp(np.concatenate(chunks)).astype(np.float32) if chunks else empty
        return Prediction(probabilities, _unknown(probabilities))

    def _log_probabilities(self, latents: FloatArray) -> NDArray[np.float64]:
        latents = middle(latents, self._inner.latent_shape[1:])
        total = np.zeros((len(latents), len(self.class_names)))
        for branch in self._parts.branches:
            features = self._features(branch, latents)
            logits = features @ branch.weight.T.astype(np.float64) + branch.bias
            total += branch.scale * log_softmax(logits)
        return log_softmax(total)

    def _features(self, branch: Branch, latents: FloatArray) -> NDArray[np.float64]:
        if branch.feature == "trained":
            if self._stage is None:
                raise ModelError("the model has a branch on a trained stage, but no such stage")
            features = self._stage.features(latents)
        else:
            features = fixed_feature(self._inner, branch.feature, self._threads).features(latents)
        return normalized(features) if branch.normal else features.astype(np.float64)


def export_model(parts: ModelParts, class_names: Sequence[str], spec: BackboneSpec) -> ModelExport:
    """Return a model as bytes, with the ids of the networks it belongs to."""
    arrays: Arrays = {}
    meta: JsonDict = {
        "format": _FORMAT,
        "encoder_id": _encoder_id(spec),
        "pretrained": _pretrained_id(spec),
        "encoder": _describe(spec),
        "part": parts.part,
        "branches": [],
    }
    for number, branch in enumerate(parts.branches):
        meta["branches"].append(
            {"feature": branch.feature, "scale": branch.scale, "normal": branch.normal}
        )
        arrays |= with_prefix(f"branch{number}", {"weight": branch.weight, "bias": branch.bias})
    if parts.stage is not None:
        arrays |= with_prefix("stage", parts.stage)
    arrays[_META] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    contiguous = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    return ModelExport(tuple(class_names), save(contiguous))


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the softmax over the last axis."""
    if logits.shape[-1] == 0:
        return logits
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def normalized(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return features [N, D] as float64 of length one."""
    x = np.asarray(features, np.float64)
    result: NDArray[np.float64] = x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-12)
    return result


def _unknown(probabilities: FloatArray) -> FloatArray:
    """Return one minus the largest probability (Hendrycks and Gimpel 2017, arXiv 1610.02136)."""
    if probabilities.shape[1] == 0:
        return np.ones(len(probabilities), np.float32)
    score: FloatArray = np.clip(1 - probabilities.max(axis=1), 0, 1)
    return score


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
        branches.append(Branch(feature, weight, bias, scale, bool(facts["normal"])))
    stage = {k.removeprefix("stage."): v for k, v in arrays.items() if k.startswith("stage.")}
    part = float(meta["part"])
    if not 0 < part <= 1:
        raise ValueError(f"it looks at {part} of a latent; that must be above 0 and at most 1")
    return ModelParts(tuple(branches), stage or None, part)


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
