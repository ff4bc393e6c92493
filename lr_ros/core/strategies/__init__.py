"""Strategies for continual learning, each a short file behind one interface."""

from __future__ import annotations

from .ar1 import Ar1
from .ar1free import Ar1Free
from .base import Batch, Strategy
from .cumulative import Cumulative
from .cwr import Cwr
from .joint import Joint
from .latent_replay import LatentReplay
from .naive import Naive
from .native_replay import NativeReplay
from .ncm import Ncm
from .slda import Slda

_ALL: tuple[type[Strategy], ...] = (
    Joint,
    LatentReplay,
    Ar1Free,
    Ar1,
    Cwr,
    NativeReplay,
    Naive,
    Cumulative,
    Ncm,
    Slda,
)
STRATEGIES: dict[str, type[Strategy]] = {strategy.name: strategy for strategy in _ALL}
"""The strategies by name; ``default`` is the one to use."""

__all__ = ["STRATEGIES", "Batch", "Strategy"]
