"""Streaming LDA on a fixed feature of the pretrained network."""

from __future__ import annotations

from typing_extensions import Self, override

from ..backbone import BackboneSpec
from ..heads.slda import StreamingLDA
from ..model import Branch, ModelParts
from ..model_features import FeatureName, feature_size, fixed_feature, normalized
from ..state import Arrays
from ..training_views import middle, part_of
from .base import Batch, FloatArray, Strategy


class Slda(Strategy):
    """Learns in closed form, frame by frame, and never forgets; the network stays as it is.

    Features are brought to length one. ``scale`` softens the probabilities: neighbouring frames are
    far more alike than LDA, which takes them as independent, believes.
    """

    name = "slda"
    feature: FeatureName = "pooled"
    part = 1.0
    shrinkage = 0.3
    scale = 0.3

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        self.head = StreamingLDA(feature_size(spec, self.feature), self.shrinkage)

    @override
    def fork(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.head = self.head.fork()
        return twin

    @override
    def add_class(self) -> None:
        self.head.add_class()

    @override
    def remove(self, label: int) -> None:
        self.head.remove(label)

    @override
    def merge(self, source: int, target: int) -> None:
        self.head.merge(source, target)

    @override
    def observe(self, latents: FloatArray, label: int) -> None:
        self.head.update(normalized(self.features(latents)), label)

    @override
    def end(self, batch: Batch) -> None:
        # The ridge follows the covariance, so that sessions give the same result in every order.
        self.head.refresh()

    def features(self, latents: FloatArray) -> FloatArray:
        """Return the features, float32 [N, size], of latents [N, C, h, w]."""
        inner = part_of(self.spec, self.part)
        seen = middle(latents, inner.latent_shape[1:])
        return fixed_feature(inner, self.feature).features(seen)

    @override
    def parts(self) -> ModelParts:
        return ModelParts((Branch.of(self.feature, self.head.linear(), self.scale, self.part),))

    @override
    def arrays(self) -> Arrays:
        return self.head.arrays()

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        if len(arrays["counts"]) != classes:
            raise ValueError(f"LDA knows {len(arrays['counts'])} classes, not {classes}")
        self.head.load(arrays)
