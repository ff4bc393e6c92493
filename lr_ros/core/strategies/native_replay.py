"""Native replay: pictures are kept, and passed through the whole network again."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from .base import Batch, Encode, FloatArray
from .latent_replay import LatentReplay


class NativeReplay(LatentReplay):
    """Trains like latent replay, with pictures uint8 [N, H, W, 3] stored instead of latents.

    What it costs is the frozen stage for every replayed picture of every step, and the pictures.
    """

    name = "native_replay"
    patterns: ClassVar[Literal["latents", "images"]] = "images"
    _encode: Encode | None = None

    @override
    def use_encoder(self, encode: Encode | None) -> None:
        if encode is None:
            raise ValueError("native_replay stores pictures; give the learner an encode function")
        self._encode = encode

    @override
    def latents_of(self, patterns: NDArray[Any]) -> FloatArray:
        if patterns.shape[1:] == self.spec.latent_shape:
            return np.asarray(patterns, np.float32)
        if self._encode is None:
            raise RuntimeError("native_replay has no encode function")
        return self._encode(np.asarray(patterns, np.uint8))

    @override
    def minibatch(self, batch: Batch) -> tuple[FloatArray, NDArray[np.int64]]:
        images, labels = super().minibatch(batch)
        return self.latents_of(images), labels
