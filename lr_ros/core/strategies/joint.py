"""The default: a closed-form head that answers at once, and replay-trained layers beside it."""

from __future__ import annotations

from typing_extensions import Self, override

from ..backbone import BackboneSpec
from ..model import ModelParts
from ..model_features import FeatureName
from ..state import Arrays, with_prefix
from .base import Batch, FloatArray
from .latent_replay import LatentReplay
from .slda import Slda


class BottleneckLda(Slda):
    """Streaming LDA as the default uses it: the narrow feature of the middle half of the latent."""

    name = "bottleneck_lda"
    feature: FeatureName = "bottleneck"
    part = 0.5
    shrinkage = 0.4
    scale = 0.06


class Joint(LatentReplay):
    """Adds the log-probabilities of streaming LDA and of a network trained by latent replay.

    In the spirit of SIESTA (Harun et al. 2023, arXiv 2303.10725): awake, the closed-form head
    follows frame by frame; replay training improves the network whenever there is time.
    """

    name = "default"
    scale = 0.5
    """Of the network's log-probabilities, as Slda.scale: the two together are then calibrated."""

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        self.closed_form = BottleneckLda(spec, seed)

    @override
    def fork(self) -> Self:
        twin = super().fork()
        twin.closed_form = self.closed_form.fork()
        return twin

    @override
    def add_class(self) -> None:
        super().add_class()
        self.closed_form.add_class()

    @override
    def remove(self, label: int) -> None:
        super().remove(label)
        self.closed_form.remove(label)

    @override
    def merge(self, source: int, target: int) -> None:
        super().merge(source, target)
        self.closed_form.merge(source, target)

    @override
    def observe(self, latents: FloatArray, label: int) -> None:
        self.closed_form.observe(latents, label)

    @override
    def end(self, batch: Batch) -> None:
        super().end(batch)
        self.closed_form.end(batch)

    @override
    def parts(self) -> ModelParts:
        network, closed = super().parts(), self.closed_form.parts()
        return ModelParts((*network.branches, *closed.branches), network.stage)

    @override
    def arrays(self) -> Arrays:
        closed = with_prefix("closed_form", self.closed_form.arrays())
        return {**super().arrays(), **closed}

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        start = "closed_form."
        closed = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
        self.closed_form.load(closed, classes)
        super().load({k: v for k, v in arrays.items() if not k.startswith(start)}, classes)
