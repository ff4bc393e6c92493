"""Naive fine-tuning: learns each batch alone, and shows how much is forgotten without replay."""

from __future__ import annotations

from typing import ClassVar

from .base import Replays
from .latent_replay import LatentReplay


class Naive(LatentReplay):
    """The same training as latent replay, with nothing replayed."""

    name = "naive"
    replays: ClassVar[Replays] = "nothing"
