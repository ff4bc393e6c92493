"""Networks cut in two: a frozen stage that makes latents and a trainable stage above it."""

from __future__ import annotations

from .frozen import FrozenStage
from .serving import ServingStage, pretrained_arrays
from .spec import BackboneSpec, available_cuts
from .trainable import TrainableStage, fastest_compute
from .weights import WeightsError

__all__ = [
    "BackboneSpec",
    "FrozenStage",
    "ServingStage",
    "TrainableStage",
    "WeightsError",
    "available_cuts",
    "fastest_compute",
    "pretrained_arrays",
]
