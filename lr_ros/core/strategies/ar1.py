"""AR1*: AR1*free, with Synaptic Intelligence holding back the weights that have mattered."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import Self, override

from ..backbone import BackboneSpec
from ..state import Arrays, with_prefix
from .ar1free import Ar1Free
from .base import Batch
from .synaptic import SynapticIntelligence

_PREFIX = "synaptic."


class Ar1(Ar1Free):
    """Adds Synaptic Intelligence on the convolutions; normalisation and head are left free.

    The largest importance 0.001 and the scale 0.0015 are those of the authors' code. With the
    strength here, the most important weights go back by a quarter of their way a step.
    """

    name = "ar1"
    strength, scale, largest = 8e5, 0.0015, 0.001

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        super().__init__(spec, seed)
        self.synapses = SynapticIntelligence(self._held(), self.strength, self.scale, self.largest)

    def _held(self) -> list[nn.Parameter]:
        """Return the weights of the convolutions: the only ones with more than one dimension."""
        return [p for p in self.stage.parameters() if p.ndim > 1]

    @override
    def fork(self) -> Self:
        twin = super().fork()
        twin.synapses = self.synapses.fork()
        return twin

    @override
    def begin(self, batch: Batch) -> None:
        super().begin(batch)
        self.synapses.begin(self._held())

    @override
    def descend(self, loss: Tensor) -> None:
        held = self._held()
        self.synapses.before_step(held)
        super().descend(loss + self.synapses.penalty(held))
        self.synapses.after_step(held)

    @override
    def end(self, batch: Batch) -> None:
        super().end(batch)
        self.synapses.end(self._held())

    @override
    def arrays(self) -> Arrays:
        return {**super().arrays(), **with_prefix("synaptic", self.synapses.arrays())}

    @override
    def load(self, arrays: Arrays, classes: int) -> None:
        mine = {k.removeprefix(_PREFIX): v for k, v in arrays.items() if k.startswith(_PREFIX)}
        self.synapses.load(mine)
        super().load(arrays, classes)
