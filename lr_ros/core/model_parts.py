"""What a model is made of, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model_features import FeatureName
from .state import Arrays

FloatArray = NDArray[np.float32]

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
    feature is brought to length one first. It is computed from the middle ``part`` of the latents,
    a share of each side.
    """

    feature: FeatureName
    weight: FloatArray
    bias: FloatArray
    scale: float = 1.0
    normal: bool = False
    part: float = 1.0

    @classmethod
    def of(
        cls,
        feature: FeatureName,
        linear: tuple[NDArray[Any], NDArray[Any]],
        scale: float = 1.0,
        part: float = 1.0,
    ) -> Branch:
        """Make a branch on normal features; a bias of -inf stands for an empty class."""
        weight, bias = linear
        finite = np.maximum(bias, _EMPTY).astype(np.float32)
        return cls(feature, weight.astype(np.float32), finite, scale, True, part)


@dataclass(frozen=True)
class ModelParts:
    """The contents of a model.

    ``stage`` holds the arrays of the trained stage, if a branch needs one. ``unknown`` are those of
    a fitted :class:`lr_ros.core.openset.UnknownScore` on the features that
    :func:`lr_ros.core.model_features.familiar_features` gives; without them the unknown score is
    one minus the largest probability.
    """

    branches: tuple[Branch, ...]
    stage: Arrays | None = None
    unknown: Arrays | None = None
