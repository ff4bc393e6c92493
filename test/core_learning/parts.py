"""A network small enough to learn in milliseconds, and patterns that can be told apart."""

from __future__ import annotations

import numpy as np

from lr_ros.core.backbone import BackboneSpec
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig

SPEC = BackboneSpec("efficientnet_lite0", "block15", input_size=64)


def patterns(label: int, count: int = 24, seed: int = 0, spread: float = 1.0) -> np.ndarray:
    """Latents of a class: its own channels are raised, the rest is noise."""
    rng = np.random.default_rng((seed, label))
    shape = SPEC.latent_shape
    latents = rng.normal(0, spread, (count, *shape))
    latents[:, label * 8 : label * 8 + 8] += 12
    return latents.astype(np.float32)


def images(label: int, count: int = 24, seed: int = 0) -> np.ndarray:
    """Pictures of a class: a grey level of its own, with noise."""
    rng = np.random.default_rng((seed, label))
    return rng.integers(label * 50, label * 50 + 40, (count, 64, 64, 3)).astype(np.uint8)


def encode(pictures: np.ndarray) -> np.ndarray:
    """A stand-in for the frozen stage: the grey level raises channels."""
    grey = pictures.astype(np.float32).mean(axis=(1, 2, 3))
    latents = np.zeros((len(pictures), *SPEC.latent_shape), np.float32)
    for number, level in enumerate(grey):
        place = int(level // 50)
        latents[number, place * 8 : place * 8 + 8] = 40
    return latents


def learner(strategy: str = "default", seed: int = 0, **settings) -> LatentReplayLearner:
    config = LearnerConfig(strategy=strategy, seed=seed, **{"replay_capacity": 60, **settings})
    return LatentReplayLearner(SPEC, config, encode if strategy == "native_replay" else None)


def shown(strategy: str, label: int, seed: int = 0, count: int = 24) -> np.ndarray:
    """What a session of this strategy brings."""
    make = images if strategy == "native_replay" else patterns
    return make(label, count, seed)
