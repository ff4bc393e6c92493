"""Features that output heads work on: those of the pretrained network and the trained ones."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .backbone import BackboneSpec
from .backbone.architecture import Unit
from .backbone.graph import build_graph
from .backbone.session import Session
from .backbone.weights import load_parameters
from .training_views import middle, part_of

FeatureName = Literal["trained", "pooled", "bottleneck"]
FEATURES: tuple[FeatureName, ...] = ("trained", "pooled", "bottleneck")
"""Trained: the pooled output of the trained stage. Pooled: that of the pretrained network.
Bottleneck: the pooled output of the pretrained network's last linear layer (one without an
activation), which for EfficientNet has 320 values and separates new classes better than the 1280
after it, made for ImageNet's classes; in networks without one the same as pooled."""

_FAMILIAR: FeatureName = "bottleneck"
_FAMILIAR_PART = 0.5

FloatArray = NDArray[np.float32]


class FixedFeature:
    """A feature of the pretrained network above the cut, computed from latents.

    ``size`` is its number of values. Safe to call from several threads.
    """

    def __init__(self, spec: BackboneSpec, name: FeatureName, threads: int = 1) -> None:
        net = spec.network
        units = _units(spec, name)
        self.spec = spec
        self.size = units[-1].convs[-1].outputs if units else spec.latent_shape[0]
        self._session: Session | None = None
        if units:
            parameters = load_parameters(spec)
            convs = [conv for unit in units for conv in unit.convs]
            folded = {conv.name: parameters[conv.name].folded(net.norm_eps) for conv in convs}
            model = build_graph(net, units, folded, spec.latent_shape, pool=True)
            self._session = Session(model.SerializeToString(), threads)

    def features(self, latents: FloatArray) -> FloatArray:
        """Return float32 [N, size] of latents float32 [N, C, h, w]."""
        if self._session is None or len(latents) == 0:
            pooled: FloatArray = latents.mean(axis=(2, 3)).reshape(len(latents), -1)
            return pooled if len(latents) else np.empty((0, self.size), np.float32)
        return self._session.run(np.ascontiguousarray(latents, np.float32)).reshape(-1, self.size)


@lru_cache(maxsize=8)
def fixed_feature(spec: BackboneSpec, name: FeatureName, threads: int = 1) -> FixedFeature:
    """Return the feature, built once for equal arguments: models come and go, this one stays."""
    return FixedFeature(spec, name, threads)


def familiar_features(
    spec: BackboneSpec, latents: FloatArray, threads: int = 1
) -> NDArray[np.float64]:
    """Return what the unknown score looks at, [N, size], of latents [N, C, h, w].

    The narrow feature of the middle half, brought to length one: the background outside would make
    the unknown look known where both were seen in the same place.
    """
    inner = part_of(spec, _FAMILIAR_PART)
    seen = np.ascontiguousarray(middle(latents, inner.latent_shape[1:]))
    return normalized(fixed_feature(inner, _FAMILIAR, threads).features(seen))


def appearance(spec: BackboneSpec, latents: FloatArray) -> NDArray[np.float64]:
    """Return what the thing in latents [N, C, h, w] of one segment looks like, [size], of length 1.

    Two appearances of one thing have a cosine near 1, in another light and place as well; latents
    themselves, pooled, are rather alike where the background is the same.
    """
    mean = familiar_features(spec, latents).mean(axis=0, keepdims=True)
    return np.asarray(normalized(mean)[0], np.float64)


def familiar_size(spec: BackboneSpec) -> int:
    """Return the number of values of :func:`familiar_features`."""
    return feature_size(spec, _FAMILIAR)


def normalized(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return features [N, D] as float64 of length one."""
    x = np.asarray(features, np.float64)
    result: NDArray[np.float64] = x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-12)
    return result


def feature_size(spec: BackboneSpec, name: FeatureName) -> int:
    """Return the number of values of a feature."""
    return spec.feature_size if name == "trained" else fixed_feature(spec, name).size


def _units(spec: BackboneSpec, name: FeatureName) -> tuple[Unit, ...]:
    units = spec.network.above(spec.cut)
    if name != "bottleneck":
        return units
    linear = [place for place, unit in enumerate(units) if not unit.convs[-1].relu6]
    if linear:
        return units[: linear[-1] + 1]
    cut_is_linear = not spec.network.below(spec.cut)[-1].convs[-1].relu6
    return () if cut_is_linear else units
