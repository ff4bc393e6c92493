"""A session: one or more objects shown, learned from while they are seen, and kept or dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .learner_config import (
    CancelCallback,
    CanceledError,
    LearnReport,
    Progress,
    ProgressCallback,
)
from .learner_knowledge import Knowledge
from .model import ModelExport, export_model
from .replay import ReplayMemory
from .strategies import Batch

_BLOCK = 20  # frames: of each such run the last ones are held out, so that neighbours stay together
_LAST_LOSSES = 8

Patterns = NDArray[np.float32]


class OpenSession:
    """Gathers frames and trains on a fork; the learner sees nothing of it until :meth:`finish`.

    Safe to call from several threads: each call waits for the one before. If the learner changed
    while the session was open, :meth:`finish` starts over on what it knows then.
    """

    def __init__(
        self,
        current: Callable[[], Knowledge],
        publish: Callable[[Knowledge, Knowledge], bool],
        names: tuple[str, str],
        holdout: float,
    ) -> None:
        self._current, self._publish = current, publish
        self._class_name, self._clip_id = names
        self._kept_of_block = round(_BLOCK * (1 - holdout))
        self._lock = threading.RLock()
        self._open = True
        self._shown: list[tuple[Patterns, str, str]] = []
        self._start()

    def _start(self) -> None:
        self._base = self._current()
        self._work = self._base.fork()
        self._new: list[Patterns] = []
        self._labels: list[int] = []
        self._clips: list[str] = []
        self._aside: list[tuple[Patterns, int, str]] = []
        self._seen: dict[tuple[str, str], int] = {}
        self._batch: Batch | None = None
        self._losses: list[float] = []
        self.iterations = 0

    @property
    def frames(self) -> int:
        """Frames added so far, held-out ones included."""
        return sum(self._seen.values())

    def add(
        self,
        latents: NDArray[np.floating] | NDArray[np.uint8],
        class_name: str | None = None,
        clip_id: str | None = None,
    ) -> None:
        """Take in frames [N, C, h, w]; the closed-form head follows at once.

        ``class_name`` and ``clip_id`` are those of the session if not given; giving others makes it
        a session of several classes.

        Raises:
            ValueError: the latents have another shape, or hold values that are not finite.
            RuntimeError: the session is over.
        """
        with self._lock:
            self._must_be_open()
            patterns = np.asarray(latents, np.float32)
            if patterns.shape[1:] != self._work.memory.shape:
                wanted = self._work.memory.shape
                raise ValueError(f"frames have shape {patterns.shape}, not (N, {wanted})")
            if not np.isfinite(patterns).all():
                raise ValueError("frames hold values that are not finite; leave these frames out")
            if len(patterns) == 0:
                return
            shown = (patterns, class_name or self._class_name, clip_id or self._clip_id)
            self._take(*shown)
            self._shown.append(shown)

    def _take(self, patterns: Patterns, class_name: str, clip_id: str) -> None:
        label = self._work.label_of_new(class_name)
        clip = (class_name, clip_id)
        start = self._seen.get(clip, 0)
        self._seen[clip] = start + len(patterns)
        kept = (start + np.arange(len(patterns))) % _BLOCK < self._kept_of_block
        if not kept.all():
            self._aside.append((patterns[~kept], label, clip_id))
        learned = patterns[kept]
        if len(learned) == 0:
            return
        self._work.strategy.observe(learned, label)
        self._new.append(learned)
        self._labels += [label] * len(learned)
        self._clips += [clip_id] * len(learned)

    def train(self, seconds: float, cancel: CancelCallback | None = None) -> int:
        """Train for at most ``seconds`` while looking; return the steps made.

        Stops early when the frames seen so far deserve no more steps, or when ``cancel`` says so
        (which leaves the session open).
        """
        with self._lock:
            self._must_be_open()
            if not self._work.strategy.learns_while_looking:
                return 0
            before = self.iterations
            self._train_until(time.monotonic() + seconds, None, cancel)
            return self.iterations - before

    def preview(self) -> ModelExport:
        """Return a model that knows what was seen so far."""
        with self._lock:
            self._must_be_open()
            work = self._work
            parts, (latents, labels) = work.parts(), self._frames_so_far()
            if len(labels):
                familiar = work.familiar.fork()
                familiar.learn(work.strategy.latents_of(latents), labels, self._clips)
                parts = replace(parts, unknown=familiar.parts())
            return export_model(parts, work.names, work.spec)

    def finish(
        self,
        progress: ProgressCallback | None = None,
        cancel: CancelCallback | None = None,
        now: float = 0.0,
        seconds: float | None = None,
    ) -> LearnReport:
        """Make the steps that are left, at most for ``seconds``, then change the learner at once.

        ``now`` (seconds since 1970) is noted as the time the classes were learned last.

        Raises:
            CanceledError: ``cancel`` said so; the learner is as it was.
            ValueError: no frames were added; the session stays open.
            RuntimeError: the session is over.
            FloatingPointError: training diverged; the learner is as it was.
        """
        with self._lock:
            self._must_be_open()
            if not self._shown:
                raise ValueError("the session has no frames; add some or abort it")
            deadline = float("inf") if seconds is None else time.monotonic() + seconds
            try:
                report = self._finish(deadline, progress, cancel, now)
                while not self._publish(self._base, self._work):
                    self._start_over()
                    report = self._finish(deadline, progress, cancel, now)
            finally:
                self.abort()
            return report

    def abort(self) -> None:
        """End the session; the learner stays as it was. May be called more than once."""
        with self._lock:
            self._open = False
            self._shown, self._new, self._aside, self._batch = [], [], [], None

    def _must_be_open(self) -> None:
        if not self._open:
            raise RuntimeError("this session is over; begin another one")

    def _start_over(self) -> None:
        self._start()
        for shown in self._shown:
            self._take(*shown)

    def _finish(
        self,
        deadline: float,
        progress: ProgressCallback | None,
        cancel: CancelCallback | None,
        now: float,
    ) -> LearnReport:
        canceled = not self._train_until(deadline, progress, cancel)
        if canceled:
            raise CanceledError("the training was cancelled; nothing has changed")
        work, batch = self._work, self._gather()
        work.strategy.end(batch)
        work.batches += 1
        if work.strategy.replays != "nothing" and len(batch.labels):
            work.memory.add(batch.latents, batch.labels, self._clips)
        if len(batch.labels):
            latents = work.strategy.latents_of(batch.latents)
            work.familiar.learn(latents, batch.labels, self._clips)
        for patterns, label, clip_id in self._aside:
            work.held_out.add(patterns, label, clip_id)
        taught = dict.fromkeys(name for _, name, _ in self._shown)
        counts = np.bincount(batch.labels, minlength=len(work.records))
        for name in taught:
            label = work.label(name)
            old = work.records[label]
            new = replace(
                old,
                sessions=old.sessions + 1,
                frames=old.frames + int(counts[label]),
                last_learned=now,
            )
            work.records = (*work.records[:label], new, *work.records[label + 1 :])
        held_out = sum(len(patterns) for patterns, _, _ in self._aside)
        loss = float(np.mean(self._losses[-_LAST_LOSSES:])) if self._losses else float("nan")
        return LearnReport(tuple(taught), len(batch.labels), held_out, self.iterations, loss)

    def _train_until(
        self, deadline: float, progress: ProgressCallback | None, cancel: CancelCallback | None
    ) -> bool:
        """Make the steps that are due; return False if ``cancel`` said to stop."""
        batch = self._gather()
        total = self._work.strategy.iterations(len(batch.labels), batch)
        while self.iterations < total and time.monotonic() < deadline:
            if cancel is not None and cancel():
                return False
            self._losses.append(self._work.strategy.step(batch))
            self.iterations += 1
            if progress is not None:
                progress(Progress(self.iterations / total, self._losses[-1]))
        return not (cancel is not None and cancel())

    def _gather(self) -> Batch:
        """Return the batch with all frames so far; tell the strategy when it is the first time."""
        latents, labels = self._frames_so_far()
        if self._batch is None:
            memory = self._work.memory
            if self._work.strategy.replays == "nothing":
                memory = ReplayMemory(1, memory.shape, memory.bits)
            number = self._work.batches + 1
            self._batch = Batch(latents, labels, memory, self._work.rng, number)
            self._work.strategy.begin(self._batch)
        self._batch.latents, self._batch.labels = latents, labels
        return self._batch

    def _frames_so_far(self) -> tuple[Patterns, NDArray[np.int64]]:
        """Return the frames to learn from, in one array, and their classes."""
        if len(self._new) > 1:
            self._new = [np.concatenate(self._new)]
        empty = np.empty((0, *self._work.memory.shape), np.float32)
        return self._new[0] if self._new else empty, np.array(self._labels, np.int64)
