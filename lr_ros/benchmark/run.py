"""One strategy with one seed: learn batch by batch, measure after each, go on after a stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lr_ros.benchmark.dataset import Clip
from lr_ros.benchmark.latents import LatentFile
from lr_ros.benchmark.machine import peak_rss_mb
from lr_ros.benchmark.metrics import accuracy_by_class
from lr_ros.benchmark.record import Record, Took, load_checkpoint, save_checkpoint
from lr_ros.benchmark.settings import Variant
from lr_ros.benchmark.work import Batch, Work
from lr_ros.core.state import State

EVALUATED_AT_ONCE = 256
"""Frames: bounds the memory that evaluation takes."""


@dataclass(frozen=True)
class Shown:
    """One clip as a learner gets it; ``latents`` is float32 [frames, C, h, w].

    ``paths`` are the frames themselves, for learners that store images.
    """

    class_name: str
    clip_id: str
    paths: tuple[Path, ...]
    latents: NDArray[np.float32]


@dataclass(frozen=True)
class Exam:
    """What is learned and asked: the same for all strategies of one seed."""

    root: Path
    work: Work
    classes: tuple[str, ...]
    latents: LatentFile

    def show(self, clip: Clip) -> Shown:
        """Return a clip as a learner gets it."""
        paths = tuple(self.root / f for f in clip.files)
        name = self.classes[clip.label]
        return Shown(name, clip.clip_id, paths, self.latents.read(clip.files))


class Subject(Protocol):
    """The learner under test."""

    def learn(self, batch: Sequence[Shown]) -> None:
        """Learn from the clips of one batch."""
        ...

    def predict(self, latents: NDArray[np.float32]) -> list[str]:
        """Name the likeliest class of each of [frames, C, h, w]; never "unknown"."""
        ...

    def replay_bytes(self) -> int:
        """Return how much is stored for replay now."""
        ...

    def state(self) -> State:
        """Return all that is needed to go on, random numbers included."""
        ...

    def restore(self, state: State) -> None:
        """Take a state back."""
        ...


@dataclass(frozen=True)
class Step:
    """A batch is done."""

    done: int
    total: int
    accuracy: float


@dataclass(frozen=True)
class Job:
    """Where one run's figures go and what they belong to."""

    variant: Variant
    seed: int
    settings_digest: str
    folder: Path

    @property
    def record_path(self) -> Path:
        """The finished record."""
        return self.folder / f"{self.variant.file_name}-seed{self.seed}.json"

    @property
    def checkpoint_path(self) -> Path:
        """The state in between."""
        return self.record_path.with_suffix(".checkpoint")

    def finished(self) -> Record | None:
        """Return the finished record, None where there is none of these settings."""
        if not self.record_path.is_file():
            return None
        record = Record.load(self.record_path)
        fits = record.settings_digest == self.settings_digest
        return record if fits and record.complete else None


def run_job(
    job: Job,
    exam: Exam,
    make_subject: Callable[[], Subject],
    report: Callable[[Step], None] = lambda step: None,
    checkpoint_seconds: float = 30.0,
) -> Record:
    """Learn and measure all batches that are left to do, and save the record.

    A checkpoint is saved every ``checkpoint_seconds``; from it a later call goes on to the same
    figures (times aside) that one uninterrupted run gives.
    """
    subject = make_subject()
    record = _resume(job, subject) or Record(
        job.settings_digest, job.variant.name, job.seed, [-1] * len(exam.classes)
    )
    saved = time.monotonic()
    for batch in exam.work.batches[record.batches :]:
        took = _learn(subject, batch, exam)
        total, by_class = evaluate(subject, exam)
        record.add({c.label for c in batch}, total, by_class, took)
        record.replay_bytes = max(record.replay_bytes, subject.replay_bytes())
        record.peak_rss_mb = max(record.peak_rss_mb, peak_rss_mb())
        report(Step(record.batches, len(exam.work.batches), total))
        if time.monotonic() - saved >= checkpoint_seconds:
            save_checkpoint(job.checkpoint_path, subject.state(), record)
            saved = time.monotonic()
    record.complete = True
    record.save(job.record_path)
    job.checkpoint_path.unlink(missing_ok=True)
    return record


def _resume(job: Job, subject: Subject) -> Record | None:
    found = load_checkpoint(job.checkpoint_path)
    if found is None or found[1].settings_digest != job.settings_digest:
        return None
    subject.restore(found[0])
    return found[1]


def _learn(subject: Subject, batch: Batch, exam: Exam) -> Took:
    """Return what learning took; reading from disk does not count."""
    shown = [exam.show(clip) for clip in batch]
    start, processors = time.perf_counter(), time.process_time()
    subject.learn(shown)
    return Took(time.perf_counter() - start, time.process_time() - processors)


def evaluate(subject: Subject, exam: Exam) -> tuple[float, NDArray[np.float64]]:
    """Return the share of all test frames named rightly, and that of each class.

    All classes count from the first batch on, as in CORe50: what was not shown yet is wrong.
    """
    test = exam.work.test
    truth = np.concatenate([np.full(len(c.files), c.label, np.int64) for c in test])
    names = tuple(f for c in test for f in c.files)
    number = {name: i for i, name in enumerate(exam.classes)}
    answer = np.empty(len(names), np.int64)
    for start in range(0, len(names), EVALUATED_AT_ONCE):
        part = slice(start, start + EVALUATED_AT_ONCE)
        answer[part] = [number[n] for n in subject.predict(exam.latents.read(names[part]))]
    return float(np.mean(truth == answer)), accuracy_by_class(truth, answer, len(exam.classes))
