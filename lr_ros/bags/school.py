"""The learner's work without threads and clocks: one lesson after the other, each time the same."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch

from lr_ros.bags.errors import BagError
from lr_ros.bags.provenance import code_digest, frames_digest, machine, recipe_digest, state_digest
from lr_ros.bags.provenance import weights_digest as digest_of_weights
from lr_ros.bags.settings import Settings
from lr_ros.core.learner import LatentReplayLearner, LearnReport, Progress
from lr_ros.core.model import ModelExport
from lr_ros.core.state import State
from lr_ros.core.store import Store, StoreError, StoreLockedError
from lr_ros.teaching.capture import Capture
from lr_ros.teaching.errors import TeachingError
from lr_ros.teaching.examination import examine
from lr_ros.teaching.guards import refuse_if_full
from lr_ros.teaching.knowledge import Knowledge
from lr_ros.teaching.requests import check_class_name
from lr_ros.teaching.status import Model

OnProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class Lesson:
    """What came of one session. ``message`` says why where it was not learned."""

    learned: bool
    message: str
    frames: int = 0
    held_out: int = 0
    model_version: int = 0
    weights: str = ""


@dataclass
class Log:
    """A listener that keeps what is said."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def on_log(self, level: str, text: str) -> None:
        """Keep a line."""
        self.lines.append((level, text))

    def on_model(self, model: Model) -> None:
        """Nobody else waits for the model."""

    def on_status(self, status: object) -> None:
        """Nobody else follows the status."""

    def on_question(self, question: object, opinion: object) -> None:
        """Nobody is there to answer."""


class School:
    """Owns a store and teaches its learner.

    Args:
        settings: The nodes' parameters.
        directory: Of the store; made if it is not there.
        seed: Of all chance, in a store that knows nothing yet; None: the parameter's.
        on_progress: Called with what is done and its share, 0..1.

    Attributes:
        departures: Why the result may not be that of the same command on an empty store.

    Raises:
        BagError: The store is in use, or was made by another learner; says what to do.
    """

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        seed: int | None = None,
        on_progress: OnProgress = lambda _what, _share: None,
    ) -> None:
        torch.set_num_threads(settings.learner["training.threads"])
        self._settings = settings
        self._config = settings.learning(seed)
        self._on_progress = on_progress
        self._lessons: list[dict[str, Any]] = []
        self.departures: list[str] = []
        self.log = Log()
        self.learner = LatentReplayLearner(settings.spec, self._config)
        self._store = _open(directory, settings)
        try:
            self._knowledge = Knowledge(self.learner, self._store, self.log)
            self._restore()
        except BaseException:
            self._store.close()
            raise

    @property
    def version(self) -> int:
        """Version of the model."""
        return self._knowledge.version

    @property
    def weights(self) -> str:
        """SHA-256 of the model's weights; empty where nothing is known."""
        return digest_of_weights(self.learner)

    def export(self) -> ModelExport | None:
        """Return the present model; None where nothing is known."""
        return self.learner.export() if self.learner.classes else None

    def teach(self, capture: Capture, when: float) -> Lesson:
        """Train on a complete session, examine what came of it, and put it on disk.

        ``when`` is the time noted as that of learning [s since 1970]. An interrupt leaves
        everything as it was; after a kill, whoever opens the store next trains the session.

        Raises:
            BagError: The disk refuses what was learned.
        """
        try:
            check_class_name(capture.request.class_name)
            known, most = self.learner.classes, self._settings.learner["session.max_classes"]
            refuse_if_full(capture.request.class_name, known, most)
        except TeachingError as error:
            return Lesson(False, str(error))
        self._lessons.append(
            {
                "class": capture.request.class_name,
                "frames": len(capture.latents),
                "sha256": frames_digest(capture.latents),
            }
        )
        try:
            content = State(
                {"latents": np.stack(capture.latents)}, {"class_name": capture.request.class_name}
            )
            self._store.journal.put(capture.session_id, content)
            try:
                return self._train(capture, when)
            except BaseException:
                self._store.journal.done(capture.session_id)
                raise
        except (StoreError, TeachingError) as error:
            raise BagError(str(error)) from error

    def recipe(self) -> dict[str, Any]:
        """Return all that decides the model, and its digest: same recipe, same weights."""
        limits = self._settings.examination()
        parts = {
            "before": self._before,
            "seed": self._config.seed,
            "encoder": self._knowledge.encoder_id,
            "strategy": self._config.strategy,
            "replay": [self._config.replay_capacity, self._config.bits],
            "holdout": self._config.holdout,
            "largest_fall": limits.largest_fall if limits.keep_old else None,
            "code": code_digest(),
            "threads": self._settings.learner["training.threads"],
            "lessons": list(self._lessons),
            "machine": machine(),
        }
        return parts | {"sha256": recipe_digest(parts)}

    def state(self) -> str:
        """Return the digest of all that is known."""
        return state_digest(self.learner.state())

    def close(self) -> None:
        """Give the store back."""
        self._store.close()

    def __enter__(self) -> School:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _restore(self) -> None:
        try:
            self._knowledge.restore()
            waiting = self._store.journal.pending()
        except (StoreError, TeachingError) as error:
            raise BagError(
                f"{error}; name the parameters it was made with (--params), or another --store"
            ) from error
        if self.learner.classes or self.version:
            self.departures.append(
                f"began with version {self.version} of {self._store.root} "
                f"({len(self.learner.classes)} classes), not with an empty store: what was learned "
                "before, and in which order, is part of the result"
            )
        for entry in waiting:
            name = str(entry.state.meta.get("class_name", ""))
            latents = entry.state.arrays.get("latents")
            shape = self.learner.spec.latent_shape
            if latents is None or latents.shape[1:] != shape or not name:
                raise BagError(
                    f"the interrupted session {entry.session_id} in {self._store.root} is of "
                    "another encoder; name the parameters it was made with (--params)"
                )
            self._on_progress(f"learning the interrupted session of {name}", 0.0)
            self._change(name, entry.session_id, latents, 0.0)
            self.departures.append(
                f"first learned {name!r} from {len(latents)} frames of a session that was "
                "interrupted"
            )
        self._before = state_digest(self.learner.state()) if self.version else "empty"

    def _train(self, capture: Capture, when: float) -> Lesson:
        name, frames = capture.request.class_name, np.stack(capture.latents)
        limits = self._settings.examination()
        snapshot = self.learner.snapshot()
        report = self._learn(name, capture.session_id, frames, when)
        verdict = examine(self.learner.compare(snapshot), limits.largest_fall)
        if not verdict.passed and limits.keep_old:
            self.learner.revert(snapshot)
            self._store.journal.done(capture.session_id)
            return Lesson(False, f"{verdict}; the model before is kept", report.frames)
        self._knowledge.changed(f"learn {name}", capture.session_id)
        note = "" if verdict.passed else str(verdict)
        return Lesson(True, note, report.frames, report.held_out, self.version, self.weights)

    def _change(self, name: str, session_id: str, latents: Any, when: float) -> None:
        self._learn(name, session_id, latents, when)
        self._knowledge.changed(f"learn {name}", session_id)

    def _learn(self, name: str, session_id: str, latents: Any, when: float) -> LearnReport:
        def tell(progress: Progress) -> None:
            self._on_progress(f"learning {name}", progress.fraction)

        return self.learner.learn(name, latents, session_id, progress=tell, now=when)


def make_learner(settings: Settings, state: State) -> LatentReplayLearner:
    """Return a learner that knows ``state``.

    Raises:
        BagError: It was made with another encoder or strategy.
    """
    learner = LatentReplayLearner(settings.spec, settings.learning())
    try:
        learner.restore(state)
    except (ValueError, KeyError, TypeError) as error:
        raise BagError(
            f"this model cannot be used here: {error}; name the robot's parameters (--params)"
        ) from error
    return learner


def session_id(name: str, topic: str, begin: int, end: int, version: int) -> str:
    """Return the id of a session, the same for the same frames on the same version."""
    text = f"{name}\n{topic}\n{begin}\n{end}\n{version}"
    return f"bag-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _open(directory: Path, settings: Settings) -> Store:
    p = settings.learner
    with contextlib.suppress(OSError):
        directory = directory.expanduser()
    try:
        return Store(directory, keep=p["store.keep"], max_bytes=p["store.max_megabytes"] << 20)
    except StoreLockedError as error:
        raise BagError(
            f"{error}. If the robot's learner runs: stop it and try again, or learn into another "
            "directory (--store DIR); --dry-run needs no store"
        ) from error
    except StoreError as error:
        raise BagError(str(error)) from error
