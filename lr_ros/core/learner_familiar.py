"""What frames of the known classes look like, so that a model can tell the unknown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .backbone import BackboneSpec
from .model_features import familiar_features, familiar_size
from .openset import UnknownScore
from .replay import ReplayMemory
from .state import Arrays, State, with_prefix

_FRAMES = 1000  # enough to calibrate on; at 16 bits 0.6 MB


class Familiar:
    """Features of frames of every class and clip, and the unknown score fitted to them.

    An instance that a learner has published never changes: :meth:`fork` it first.
    """

    def __init__(self, spec: BackboneSpec, seed: int = 0) -> None:
        self.spec = spec
        shape = (familiar_size(spec), 1, 1)
        self._frames = ReplayMemory(_FRAMES, shape, 16, "balanced", seed)
        self._score = UnknownScore()

    def learn(
        self, latents: NDArray[np.float32], labels: NDArray[np.int64], clip_ids: Sequence[str]
    ) -> None:
        """Take in frames [N, C, h, w] and fit the score anew, which takes about 0.1 s."""
        features = familiar_features(self.spec, latents)
        self._frames.add(features[:, :, None, None], labels, clip_ids)
        self._fit()

    def forget(self, label: int) -> None:
        """Forget a class; later ones move down by one."""
        self._frames.forget(label)
        self._fit()

    def merge(self, source: int, target: int) -> None:
        """Make class ``source`` part of class ``target``."""
        self._frames.rename(source, target)
        self._frames.forget(source)
        self._fit()

    def _fit(self) -> None:
        score = UnknownScore()
        if len(self._frames):
            sample = self._frames.take(np.arange(len(self._frames)))
            features = sample.latents.reshape(len(sample.labels), -1)
            score.fit(features, sample.labels, self._frames.clip_numbers)
        self._score = score

    def parts(self) -> Arrays | None:
        """Return what a model needs of it, float32; None while no class is known."""
        arrays = self._score.arrays()
        return {name: array.astype(np.float32) for name, array in arrays.items()} or None

    def fork(self) -> Familiar:
        """Return an independent copy; arrays are shared until one of the two learns."""
        twin = object.__new__(Familiar)
        twin.spec, twin._frames, twin._score = self.spec, self._frames.copy(), self._score
        return twin

    def state(self) -> State:
        """Return everything needed to go on exactly here."""
        frames = self._frames.state()
        score = with_prefix("score", self._score.arrays())
        return State({**with_prefix("frames", frames.arrays), **score}, {"frames": frames.meta})

    def restored(self, state: State) -> Familiar:
        """Return what a state of :meth:`state` describes; KeyError or ValueError if it is none."""
        twin = self.fork()
        twin._frames = ReplayMemory.restored(State(state.part("frames"), state.meta["frames"]))
        if twin._frames.shape != self._frames.shape:
            raise ValueError(f"features of frames have shape {twin._frames.shape}")
        twin._score = UnknownScore()
        twin._score.load(state.part("score"))
        return twin
