"""Nearest class mean on a fixed feature of the pretrained network."""

from __future__ import annotations

from typing_extensions import Self, override

from ..backbone import BackboneSpec
from ..heads.ncm import NearestClassMean
from ..model import Branch, ModelParts
from ..model_features import FeatureName, feature_size, fixed_feature
from ..state import Arrays
from .base import FloatArray, Strategy


class Ncm(Strategy):
    """Keeps the mean feature of each class; ``scale`` turns squared distances into log-odds."""

    name = "ncm"
    feature: FeatureName = "pooled"
    scale = 20.0

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        self.head = NearestClassMean(feature_size(spec, self.feature))

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
        self.head.update(fixed_feature(self.spec, self.feature).features(latents), label)

    @override
    def parts(self) -> ModelParts:
        return ModelParts((Branch.of(self.feature, self.head.linear(), self.scale),))

    @override
    def arrays(self) -> Arrays:
        return self.head.arrays()

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        if len(arrays["counts"]) != classes:
            raise ValueError(f"there are means of {len(arrays['counts'])} classes, not {classes}")
        self.head.load(arrays)
