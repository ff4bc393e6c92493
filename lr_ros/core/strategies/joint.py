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


class MiddleLda(Slda):
    """Streaming LDA as the default uses it: the narrow feature of the middle of the latent.

    A small middle is right where the object is small in the picture, a large one where the
    tracked region is filled by it.
    """

    name = "middle_lda"
    feature: FeatureName = "bottleneck"
    part = 0.5
    shrinkage = 0.4
    scale = 0.04


class WideMiddleLda(MiddleLda):
    """The same with more of the latent."""

    name = "wide_middle_lda"
    part = 0.75


class Joint(LatentReplay):
    """Adds the log-probabilities of streaming LDA and of a network trained by latent replay.

    In the spirit of SIESTA (Harun et al. 2023, arXiv 2303.10725): awake, the closed-form heads
    follow frame by frame; replay training improves the network whenever there is time.
    """

    name = "default"
    scale = 0.3
    """Of the network's log-probabilities, as Slda.scale: all together are then calibrated."""

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        self.closed_forms: dict[str, Slda] = {
            "closed_form": MiddleLda(spec, seed),
            "wide_closed_form": WideMiddleLda(spec, seed),
        }

    @override
    def fork(self) -> Self:
        twin = super().fork()
        twin.closed_forms = {name: head.fork() for name, head in self.closed_forms.items()}
        return twin

    @override
    def add_class(self) -> None:
        super().add_class()
        for head in self.closed_forms.values():
            head.add_class()

    @override
    def remove(self, label: int) -> None:
        super().remove(label)
        for head in self.closed_forms.values():
            head.remove(label)

    @override
    def merge(self, source: int, target: int) -> None:
        super().merge(source, target)
        for head in self.closed_forms.values():
            head.merge(source, target)

    @override
    def observe(self, latents: FloatArray, label: int) -> None:
        for head in self.closed_forms.values():
            head.observe(latents, label)

    @override
    def end(self, batch: Batch) -> None:
        super().end(batch)
        for head in self.closed_forms.values():
            head.end(batch)

    @override
    def parts(self) -> ModelParts:
        network = super().parts()
        closed = [head.parts().branches for head in self.closed_forms.values()]
        return ModelParts((*network.branches, *(b for each in closed for b in each)), network.stage)

    @override
    def arrays(self) -> Arrays:
        arrays = super().arrays()
        for name, head in self.closed_forms.items():
            arrays |= with_prefix(name, head.arrays())
        return arrays

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        """Take over a state; one from before there were two closed forms goes on with one."""
        rest = dict(arrays)
        for name in [*self.closed_forms]:
            start = name + "."
            own = {k.removeprefix(start): rest.pop(k) for k in arrays if k.startswith(start)}
            if own or name == "closed_form":
                self.closed_forms[name].load(own, classes)
            else:
                del self.closed_forms[name]
        super().load(rest, classes)
