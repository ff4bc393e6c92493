"""What the recognizer runs: features above the cut, and linear heads that name them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .backbone import BackboneSpec, ServingStage
from .model_features import familiar_features, fixed_feature, normalized
from .model_file import export_model, read_model
from .model_parts import (
    Branch,
    FloatArray,
    IncompatibleModelError,
    ModelError,
    ModelExport,
    ModelParts,
    Prediction,
)
from .openset import UnknownScore
from .training_views import middle, part_of

_AT_ONCE = 64  # patterns a forward pass: more would only take memory


class ServingModel:
    """Names what latents show. Never changes; safe to call from several threads at once."""

    def __init__(
        self, parts: ModelParts, class_names: Sequence[str], spec: BackboneSpec, threads: int = 1
    ) -> None:
        self.class_names = tuple(class_names)
        self.spec = spec
        self._parts = parts
        self._threads = threads
        self._unknown: UnknownScore | None = None
        if parts.unknown is not None:
            self._unknown = UnknownScore()
            self._unknown.load(parts.unknown)
        self._stages: dict[float, ServingStage] = {}
        for branch in parts.branches:
            if branch.feature == "trained":
                if parts.stage is None:
                    raise ModelError("a branch needs a trained stage, and there is none")
                inner = part_of(spec, branch.part)
                self._stages[branch.part] = ServingStage(inner, parts.stage, threads)

    @classmethod
    def from_bytes(
        cls, weights: bytes, class_names: Sequence[str], spec: BackboneSpec, threads: int = 1
    ) -> ServingModel:
        """Load a model that a learner exported; everything in it is checked first.

        Raises:
            IncompatibleModelError: it was made for another encoder than that of ``spec``.
            ModelError: it is damaged, or of another format, or has not one output a class name.
        """
        parts = read_model(weights, spec, len(class_names))
        try:
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
        starts = range(0, len(latents), _AT_ONCE)
        chunks = [self._predict(latents[start : start + _AT_ONCE]) for start in starts]
        if not chunks:
            none = np.zeros((0, len(self.class_names)), np.float32)
            return Prediction(none, none.sum(axis=1))
        return Prediction(
            np.concatenate([chunk.probabilities for chunk in chunks]),
            np.concatenate([chunk.unknown for chunk in chunks]),
        )

    def _predict(self, latents: FloatArray) -> Prediction:
        probabilities = np.exp(self._log_probabilities(latents)).astype(np.float32)
        if self._unknown is None:
            return Prediction(probabilities, _improbable(probabilities))
        features = familiar_features(self.spec, latents, self._threads)
        return Prediction(probabilities, self._unknown.score(features))

    def _log_probabilities(self, latents: FloatArray) -> NDArray[np.float64]:
        total = np.zeros((len(latents), len(self.class_names)))
        for branch in self._parts.branches:
            features = self._features(branch, latents)
            logits = features @ branch.weight.T.astype(np.float64) + branch.bias
            total += branch.scale * log_softmax(logits)
        return log_softmax(total)

    def _features(self, branch: Branch, latents: FloatArray) -> NDArray[np.float64]:
        inner = part_of(self.spec, branch.part)
        seen = np.ascontiguousarray(middle(latents, inner.latent_shape[1:]))
        if branch.feature == "trained":
            features = self._stages[branch.part].features(seen)
        else:
            features = fixed_feature(inner, branch.feature, self._threads).features(seen)
        return normalized(features) if branch.normal else features.astype(np.float64)


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the softmax over the last axis."""
    if logits.shape[-1] == 0:
        return logits
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def _improbable(probabilities: FloatArray) -> FloatArray:
    """Return one minus the largest probability (Hendrycks and Gimpel 2017, arXiv 1610.02136)."""
    if probabilities.shape[1] == 0:
        return np.ones(len(probabilities), np.float32)
    score: FloatArray = np.clip(1 - probabilities.max(axis=1), 0, 1)
    return score


__all__ = [
    "Branch",
    "IncompatibleModelError",
    "ModelError",
    "ModelExport",
    "ModelParts",
    "Prediction",
    "ServingModel",
    "export_model",
    "log_softmax",
]
