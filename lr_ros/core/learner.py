"""The learner: teach it, ask it, store it. It knows nothing of ROS, cameras and files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .backbone import BackboneSpec
from .learner_config import (
    CancelCallback,
    CanceledError,
    ClassInfo,
    HeldOut,
    LearnerConfig,
    LearnReport,
    Progress,
    ProgressCallback,
    UnknownClassError,
)
from .learner_knowledge import Knowledge
from .learner_session import OpenSession
from .model import ModelExport, Prediction, export_model
from .model_features import appearance
from .state import State

Encode = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


class LatentReplayLearner:
    """Learns classes from latents, one session after the other, and forgets none by accident.

    All methods may be called from any thread: what is known is an immutable whole that is replaced
    at once, so that :meth:`predict`, :meth:`export` and :meth:`state` never wait for a training and
    see the knowledge of before or after it, never one in between.

    Args:
        spec: the backbone and its cut; latents are float32 [N, C, h, w] of its encoder.
        config: how to learn.
        encode: pictures to latents; only for strategies that store pictures (``native_replay``),
            whose sessions then take uint8 [N, H, W, 3] of the spec's input size.
    """

    def __init__(
        self,
        spec: BackboneSpec,
        config: LearnerConfig | None = None,
        encode: Encode | None = None,
    ) -> None:
        self.spec = spec
        self.config = config or LearnerConfig()
        self._lock = threading.Lock()
        knowledge = Knowledge.empty(spec, self.config, (*spec.input_shape, 3))
        knowledge.strategy.use_encoder(encode)
        self._empty = self._knowledge = knowledge

    @property
    def classes(self) -> tuple[str, ...]:
        """The known classes, in the order of the outputs."""
        return self._knowledge.names

    @property
    def replay_used(self) -> int:
        """Patterns in the replay memory."""
        return len(self._knowledge.memory)

    @property
    def replay_capacity(self) -> int:
        """Most patterns the replay memory may hold."""
        return self._knowledge.memory.capacity

    @property
    def replay_bytes(self) -> int:
        """Bytes that the patterns in the replay memory take."""
        return self._knowledge.memory.nbytes

    def begin(self, class_name: str, clip_id: str) -> OpenSession:
        """Open a session for a class, new or known; nothing changes until it is finished.

        Raises:
            ValueError: the name is empty.
        """
        if not class_name:
            raise ValueError("a class needs a name")
        return OpenSession(
            lambda: self._knowledge, self._replace, (class_name, clip_id), self.config.holdout
        )

    def learn(  # noqa: PLR0913, PLR0917 - what a session and its end take
        self,
        class_name: str,
        latents: NDArray[np.floating] | NDArray[np.uint8],
        clip_id: str,
        progress: ProgressCallback | None = None,
        cancel: CancelCallback | None = None,
        now: float = 0.0,
    ) -> LearnReport:
        """Learn frames of one class in one go; see :meth:`OpenSession.finish` for the rest."""
        session = self.begin(class_name, clip_id)
        session.add(latents)
        return session.finish(progress, cancel, now)

    def learn_batch(  # noqa: PLR0913, PLR0917 - what a session and its end take
        self,
        latents: NDArray[np.floating] | NDArray[np.uint8],
        class_names: Sequence[str],
        clip_ids: Sequence[str],
        progress: ProgressCallback | None = None,
        cancel: CancelCallback | None = None,
        now: float = 0.0,
    ) -> LearnReport:
        """Learn frames of several classes together, as benchmarks do in their first batch.

        ``class_names`` and ``clip_ids`` give the class and the clip of each of the N frames.

        Raises:
            ValueError: the lengths differ, or there are no frames.
        """
        if not len(latents) == len(class_names) == len(clip_ids) > 0:
            raise ValueError(
                f"{len(latents)} frames, {len(class_names)} class names and {len(clip_ids)} "
                "clip ids; give one of each for every frame"
            )
        names, clips = np.array(class_names), np.array(clip_ids)
        session = self.begin(class_names[0], clip_ids[0])
        for name, clip in dict.fromkeys(zip(class_names, clip_ids, strict=True)):
            session.add(latents[(names == name) & (clips == clip)], name, clip)
        return session.finish(progress, cancel, now)

    def predict(self, latents: NDArray[np.floating] | NDArray[np.uint8]) -> Prediction:
        """Return what latents float32 [N, C, h, w] show; never changes anything."""
        knowledge = self._knowledge
        return knowledge.model().predict(knowledge.strategy.latents_of(latents))

    def appearance(self, latents: NDArray[np.floating] | NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return what the thing in all of these latents looks like, [D], of length 1.

        See :func:`lr_ros.core.model_features.appearance`.
        """
        return appearance(self.spec, self._knowledge.strategy.latents_of(latents))

    def forget(self, name: str) -> None:
        """Forget a class: its latents, its row of the head and its statistics.

        Raises:
            UnknownClassError: there is no such class.
        """
        self._change(lambda knowledge: knowledge.forget(name))

    def rename(self, old: str, new: str) -> None:
        """Rename a class; if ``new`` is a class already, the two become one.

        Raises:
            UnknownClassError: there is no class ``old``.
            ValueError: ``new`` is empty.
        """
        if not new:
            raise ValueError("a class needs a name")
        self._change(lambda knowledge: knowledge.rename(old, new))

    def class_info(self, name: str) -> ClassInfo:
        """Return what is known of a class.

        Raises:
            UnknownClassError: there is no such class.
        """
        knowledge = self._knowledge
        label = knowledge.label(name)
        record = knowledge.records[label]
        return ClassInfo(
            name,
            record.sessions,
            record.frames,
            knowledge.memory.counts().get(label, 0),
            record.last_learned,
            float(knowledge.accuracies()[label]),
        )

    def held_out_accuracy(self) -> dict[str, float]:
        """Return the share right on held-out frames of each class that has any."""
        knowledge = self._knowledge
        accuracies = knowledge.accuracies()
        pairs = zip(knowledge.names, accuracies, strict=True)
        return {name: float(share) for name, share in pairs if not np.isnan(share)}

    def compare(self, before: Knowledge) -> dict[str, HeldOut]:
        """Return how an earlier snapshot and this learner do on the frames held out back then.

        Only sessions may have been learned in between. Classes without held-out frames are left
        out.
        """
        now = self._knowledge
        old, frames = before.right_of(before.held_out)
        new, _ = now.right_of(before.held_out)
        return {
            name: HeldOut(int(frames[label]), int(old[label]), int(new[label]))
            for label, name in enumerate(before.names)
            if frames[label]
        }

    def state(self) -> State:
        """Return everything needed to go on exactly here, chance included."""
        return self._knowledge.state()

    def restore(self, state: State) -> None:
        """Go on from a state of a learner with the same backbone and strategy.

        The replay memory gets the capacity, bits and policy of this learner's settings: with less
        room some patterns go, of the largest classes first; other bits encode all anew.

        Raises:
            ValueError: the state does not fit this learner; nothing is changed then.
        """
        restored = self._empty.restored(state)
        with self._lock:
            self._knowledge = restored

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._knowledge = self._empty

    def snapshot(self) -> Knowledge:
        """Return what is known now, to :meth:`revert` to; costs no copy."""
        return self._knowledge

    def revert(self, snapshot: Knowledge) -> None:
        """Know again what was known when the snapshot was taken, exactly."""
        with self._lock:
            self._knowledge = snapshot

    def export(self) -> ModelExport:
        """Return the present model for :class:`lr_ros.core.model.ServingModel`."""
        knowledge = self._knowledge
        return export_model(knowledge.parts(), knowledge.names, self.spec)

    def _change(self, change: Callable[[Knowledge], None]) -> None:
        with self._lock:
            work = self._knowledge.fork()
            change(work)
            self._knowledge = work

    def _replace(self, base: Knowledge, new: Knowledge) -> bool:
        """Publish ``new`` if nothing has been published since ``base``."""
        with self._lock:
            if self._knowledge is not base:
                return False
            self._knowledge = new
            return True


__all__ = [
    "CanceledError",
    "ClassInfo",
    "HeldOut",
    "LatentReplayLearner",
    "LearnReport",
    "LearnerConfig",
    "OpenSession",
    "Progress",
    "UnknownClassError",
]
