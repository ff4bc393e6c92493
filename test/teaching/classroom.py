"""An engine without ROS: made-up objects are shown to it, and what it says is recorded."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lr_ros.core.backbone import BackboneSpec
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig
from lr_ros.core.model import Prediction
from lr_ros.core.store import Store
from lr_ros.stream.memory import PackedLatent, SegmentMemory
from lr_ros.teaching.capture import Capture, CaptureConfig, LatentRecord
from lr_ros.teaching.config import TeachingConfig
from lr_ros.teaching.curiosity import CuriosityConfig, Question
from lr_ros.teaching.engine import Engine
from lr_ros.teaching.opinion import Opinion
from lr_ros.teaching.requests import NO_REGION, LearnRequest
from lr_ros.teaching.status import Model, SessionResult, Status

SPEC = BackboneSpec(input_size=64)
WAIT = 60.0
"""Longest wait for anything [s]; it is only ever reached by a test that fails."""

PATIENT = TeachingConfig(
    capture=CaptureConfig(rate=10.0, min_frames=5),
    silence=1e6,
    curiosity=CuriosityConfig(interval=0.0),
)
"""Asks as often as it likes, and never finds the camera silent."""


class Notebook:
    """A listener that writes everything down."""

    def __init__(self) -> None:
        self.questions: list[tuple[Question, Opinion]] = []
        self.models: list[Model] = []
        self.statuses: list[Status] = []
        self.log: list[tuple[str, str]] = []
        self._news = threading.Condition()

    def on_status(self, status: Status) -> None:
        self._note(self.statuses, status)

    def on_model(self, model: Model) -> None:
        self._note(self.models, model)

    def on_question(self, question: Question, opinion: Opinion) -> None:
        self._note(self.questions, (question, opinion))

    def on_log(self, level: str, text: str) -> None:
        self._note(self.log, (level, text))

    def _note(self, page: list[Any], entry: object) -> None:
        with self._news:
            page.append(entry)
            self._news.notify_all()

    def wait(self, condition: Callable[[Notebook], bool]) -> None:
        """Wait until something written down makes ``condition`` true."""
        with self._news:
            assert self._news.wait_for(lambda: condition(self), WAIT), self.log

    @property
    def asked_about(self) -> list[int]:
        return [question.segment.segment_id for question, _ in self.questions]


class SharpEyed(LatentReplayLearner):
    """A learner that surely tells what it was taught from what it was not.

    Classes look like the object of their name, or like the one that ``looks`` names. How well real
    scores tell strangers is measured elsewhere; here it must not decide what is asked.
    """

    def __init__(self, config: LearnerConfig) -> None:
        super().__init__(SPEC, config)
        self.looks: dict[str, str] = {}

    def predict(self, latents: NDArray[Any]) -> Prediction:
        patterns = [pattern(self.looks.get(name, name)) for name in self.classes]
        likeness = np.array([[_likeness(x, y) for y in patterns] for x in latents])
        probabilities = likeness / likeness.sum(axis=1, keepdims=True)
        return Prediction(probabilities, (likeness.max(axis=1) < 0.5).astype(np.float32))

    def appearance(self, latents: NDArray[Any]) -> NDArray[np.float64]:
        mean = np.asarray(latents, np.float64).mean(axis=0).ravel()
        mean -= mean.mean()
        return np.asarray(mean / np.linalg.norm(mean))


class Classroom:
    """An engine, and objects shown to it at 10 frames a second in segments of their own."""

    def __init__(
        self,
        directory: Path,
        config: TeachingConfig = PATIENT,
        learner: LearnerConfig | None = None,
    ) -> None:
        self.notebook = Notebook()
        self.learner = SharpEyed(learner or LearnerConfig(strategy="ncm"))
        self.store = Store(directory / "store")
        self.config = config
        self.engine = Engine(self.learner, self.store, SegmentMemory(), config, self.notebook)
        self.time = 100.0
        self._segment = 0
        self._random = np.random.default_rng(0)

    def __enter__(self) -> Classroom:
        self.engine.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.engine.close()

    def configure(self, **curiosity: float | bool) -> None:
        """Change how curious the engine is."""
        self.config = replace(self.config, curiosity=replace(self.config.curiosity, **curiosity))
        self.engine.configure(self.config)

    def show(
        self,
        name: str,
        frames: int = 30,
        segment: int | None = None,
        *,
        leaves: bool = True,
        still: bool = False,
        sharpness: float = 100.0,
    ) -> int:
        """Show an object, in a new segment if none is given; return the segment."""
        if segment is None:
            self._segment += 1
            segment = self._segment
        latent = view(name, self._random)
        for _ in range(frames):
            self.engine.submit(self._record(latent, segment, sharpness))
            if not still:
                latent = view(name, self._random)
        if leaves:
            self.leave(segment)
        return segment

    def leave(self, segment: int) -> None:
        """Let the object of a segment leave, and nobody be in view for a second."""
        self.engine.segment_ended(segment)
        for _ in range(10):
            self.engine.submit(self._record(view("nobody", self._random), 0, 100.0))
        self.settle()

    def _record(self, latent: NDArray[np.float32], segment: int, sharpness: float) -> LatentRecord:
        self.time += 0.1
        data = latent.reshape(-1).view(np.uint8)
        packed = PackedLatent(
            self.time, data, latent.shape, 32, sharpness=sharpness, brightness=0.5
        )
        return LatentRecord(packed, segment, NO_REGION)

    def settle(self) -> None:
        """Wait until the engine has done all that it was given to do."""
        self.engine._thread.submit(lambda: None).result(WAIT)

    def begin(self, name: str, frames: int = 10) -> Capture:
        """Ask for a session."""
        return self.engine.sessions.begin(LearnRequest(name, frames, 60.0, NO_REGION))

    def teach(self, name: str, frames: int = 20, thing: str | None = None) -> SessionResult:
        """Show an object (of another name than it is called by, if given) and teach it."""
        self.learner.looks[name] = thing or name
        segment = self.show(thing or name, 1, leaves=False)
        capture = self.begin(name, frames)
        self.show(thing or name, frames, segment)
        return result(capture)

    def guess(self, name: str) -> str:
        """Return what the model that is sent out calls an object."""
        views = np.stack([view(name, self._random) for _ in range(5)])
        scores = LatentReplayLearner.predict(self.learner, views).probabilities.mean(axis=0)
        return self.learner.classes[int(scores.argmax())]

    def undo(self) -> str:
        return self.engine.change(lambda changes: changes.undo()).result(WAIT)


def result(capture: Capture) -> SessionResult:
    """Wait for the end of a session."""
    return capture.result.result(WAIT)


def _likeness(x: NDArray[Any], y: NDArray[Any]) -> float:
    return max(float(np.corrcoef(x.ravel(), y.ravel())[0, 1]), 1e-3)


def pattern(name: str) -> NDArray[np.float64]:
    """Return what the latents of an object have in common."""
    return np.random.default_rng(zlib.crc32(name.encode())).gamma(0.5, 1.0, SPEC.latent_shape)


def view(name: str, random: np.random.Generator) -> NDArray[np.float32]:
    """Return a latent of an object, as different from the next one as turning makes it."""
    return (pattern(name) + random.gamma(0.5, 0.4, SPEC.latent_shape)).astype("<f4")
