"""The learner of `lr_ros.core` as the benchmark tests it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from lr_ros.benchmark.images import read_image
from lr_ros.benchmark.run import Shown, Subject
from lr_ros.benchmark.settings import Settings
from lr_ros.core.backbone import BackboneSpec, FrozenStage
from lr_ros.core.backbone.preprocess import fit
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig
from lr_ros.core.state import State
from lr_ros.core.strategies import STRATEGIES


def spec_of(settings: Settings) -> BackboneSpec:
    """Return the backbone that the settings name.

    Raises:
        ValueError: there is none of that name, cut or size.
    """
    return BackboneSpec(
        settings.backbone,
        settings.cut,
        settings.input_size,
        settings.precision,
        settings.weights,
    )


def make_encoder(settings: Settings) -> FrozenStage:
    """Return the frozen stage that the settings name."""
    return FrozenStage(spec_of(settings), settings.threads)


def make_subject(settings: Settings, strategy: str, seed: int) -> Subject:
    """Return a learner that knows nothing yet.

    Raises:
        ValueError: a setting is out of its range.
    """
    torch.set_num_threads(settings.threads)
    config = LearnerConfig(
        strategy=strategy,
        replay_capacity=settings.replay,
        bits=settings.bits,
        seed=seed,
        epochs=settings.epochs,
        lower_every=settings.lower_every,
    )
    return CoreSubject(settings, config)


class CoreSubject:
    """A `LatentReplayLearner` that is given one batch at a time."""

    def __init__(self, settings: Settings, config: LearnerConfig) -> None:
        self._spec = spec_of(settings)
        self._on_images = STRATEGIES[config.strategy].patterns == "images"
        encode = make_encoder(settings).encode if self._on_images else None
        self._learner = LatentReplayLearner(self._spec, config, encode)

    def learn(self, batch: Sequence[Shown]) -> None:
        """Learn all clips of the batch together."""
        parts = [self._images(s) if self._on_images else s.latents for s in batch]
        names = [s.class_name for s in batch for _ in s.paths]
        clips = [s.clip_id for s in batch for _ in s.paths]
        self._learner.learn_batch(np.concatenate(parts), names, clips)

    def _images(self, shown: Shown) -> NDArray[np.uint8]:
        return fit([read_image(p) for p in shown.paths], self._spec.input_shape)

    def predict(self, latents: NDArray[np.float32]) -> list[str]:
        """Name the likeliest class of each latent, never "unknown"."""
        model = self._learner.snapshot().model()
        best = model.predict(latents).probabilities.argmax(axis=1)
        return [model.class_names[i] for i in best]

    def replay_bytes(self) -> int:
        """Return how many bytes the replay memory holds."""
        return self._learner.replay_bytes

    def state(self) -> State:
        """Return the learner's state."""
        return self._learner.state()

    def restore(self, state: State) -> None:
        """Take a state back."""
        self._learner.restore(state)
