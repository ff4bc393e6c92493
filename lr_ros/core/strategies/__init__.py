"""Strategies for continual learning, each a short file behind one interface."""

from __future__ import annotations

from .base import Batch, Strategy
from .joint import Joint
from .latent_replay import LatentReplay
from .naive import Naive
from .ncm import Ncm
from .slda import Slda

STRATEGIES: dict[str, type[Strategy]] = {
    strategy.name: strategy for strategy in (Joint, LatentReplay, Naive, Slda, Ncm)
}
"""The strategies by name; ``default`` is the one to use."""

__all__ = ["STRATEGIES", "Batch", "Strategy"]
