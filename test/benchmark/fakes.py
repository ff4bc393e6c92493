"""A learner and an encoder small enough to test the benchmark itself."""

from __future__ import annotations

import os
import signal

import numpy as np

from lr_ros.core.state import State


class MeanColour:
    """An encoder of three numbers that counts what it is asked for."""

    encoder_id = "mean colour"
    latent_shape = (3, 1, 1)

    def __init__(self):
        self.encoded = 0

    def encode(self, images):
        self.encoded += len(images)
        return np.array([i.mean((0, 1)) for i in images], np.float32).reshape(-1, 3, 1, 1)


class NoisyMeans:
    """Nearest class mean, of latents with seeded noise: wrong if its state is not restored."""

    def __init__(self, strategy: str, seed: int, noise: float = 25.0):
        self.noise = noise
        self.rng = np.random.default_rng(seed)
        self.sums: dict[str, np.ndarray] = {}
        self.learned: list[tuple[str, str, int]] = []

    def learn(self, batch):
        for shown in batch:
            x = shown.latents[:, :, 0, 0]
            x = x + self.rng.normal(0, self.noise, x.shape)
            total = np.append(x.sum(0), len(x))
            self.sums[shown.class_name] = self.sums.get(shown.class_name, 0) + total
            self.learned.append((shown.class_name, shown.clip_id, len(x)))

    def predict(self, latents):
        names = list(self.sums)
        means = np.array([s[:3] / s[3] for s in self.sums.values()])
        apart = np.linalg.norm(latents[:, None, :, 0, 0] - means[None], axis=2)
        return [names[i] for i in apart.argmin(1)]

    def replay_bytes(self):
        return 32 * len(self.sums)

    def state(self):
        return State(dict(self.sums), {"rng": self.rng.bit_generator.state})

    def restore(self, state):
        self.sums = dict(state.arrays)
        self.rng.bit_generator.state = state.meta["rng"]


def noisy_means(settings, strategy, seed):
    """Fails, dies or learns, as the strategy's name wants it."""
    if strategy == "naive":
        raise RuntimeError("naive it was")
    if strategy == "cwr":
        os.kill(os.getpid(), signal.SIGKILL)
    return NoisyMeans(strategy, seed)
