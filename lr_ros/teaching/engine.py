"""The engine: sessions are gathered, trained, stored and told of, without ROS.

Requests come from any thread. Those that begin or end a session return at once; those that change
or ask for what is known give a future. All that touches the learner and the store runs on the
engine's own thread.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from lr_ros.core.learner import LatentReplayLearner
from lr_ros.core.store import Store
from lr_ros.stream.memory import SegmentMemory
from lr_ros.teaching.advice import advise, nobody_in_view
from lr_ros.teaching.attention import Attention
from lr_ros.teaching.capture import Capture, LatentRecord
from lr_ros.teaching.changes import Changes
from lr_ros.teaching.config import TeachingConfig
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.jobs import JobThread
from lr_ros.teaching.knowledge import SAVED, Knowledge
from lr_ros.teaching.lesson import Lessons
from lr_ros.teaching.requests import NO_REGION
from lr_ros.teaching.segments import RememberedSegments, SegmentSummary
from lr_ros.teaching.sessions import Outcomes, Sessions
from lr_ros.teaching.status import Listener, Phase, SessionResult, Status, StatusBoard
from lr_ros.teaching.telling import capture_fields, knowledge_fields
from lr_ros.teaching.training import SessionTrainer
from lr_ros.teaching.vitals import Vitals

Result = TypeVar("Result")

IDLE_SECONDS = 0.2
"""How often the engine looks at the time when nothing happens."""

IN_FORCE = (ErrorCode.NONE, ErrorCode.IO_ERROR)
"""How sessions end that changed what is known: on disk, or not on disk yet."""

ADVICE_SECONDS = 1.0
"""How often a session that gathers is advised on."""


class Engine:
    """Everything the learner does: sessions here, the rest in the parts it is made of."""

    def __init__(
        self,
        learner: LatentReplayLearner,
        store: Store,
        memory: SegmentMemory,
        config: TeachingConfig,
        listener: Listener,
    ) -> None:
        self._learner = learner
        self._listener = listener
        self._closing = False
        self._advised_at = -float("inf")
        self._segments = RememberedSegments(memory)
        self._attention = Attention(learner, config.curiosity, listener)
        self._board = StatusBoard(listener)
        self._knowledge = Knowledge(learner, store, listener)
        self._changes = Changes(self._knowledge, self._follow_rename)
        self._thread = JobThread("teaching", self._attend, self._report)
        # For what must not wait until a training is over: the journal, advice, questions.
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._trainer = SessionTrainer(learner, config.slice_seconds, lambda: self._closing)
        outcomes = Outcomes(self._queue, self._conclude)
        self.sessions = Sessions(self._segments, self._board, config, outcomes)
        self._lessons = Lessons(
            self._knowledge, self._trainer, self._board, listener, self.sessions.end_if_silent
        )
        self._lessons.configure(config.examination)

    @property
    def status(self) -> Status:
        """The present status."""
        return self._board.status

    def status_of(self, session_id: str) -> Status | None:
        """Return the status of a session; None where it has ended."""
        return self._board.of(session_id)

    @property
    def encoder_id(self) -> str:
        """Encoder whose latents are learned from."""
        return self._knowledge.encoder_id

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """Shape of a latent: channels, height, width."""
        return self._learner.spec.latent_shape

    @property
    def vitals(self) -> Vitals:
        """How teaching goes, for diagnostics."""
        now = time.monotonic()
        saved, unsaved = self._knowledge.saved_at, self._knowledge.unsaved_since
        return Vitals(
            waiting=len(self.sessions.waiting),
            training_seconds=self._lessons.seconds,
            saved_for=None if saved is None else now - saved,
            unsaved_for=None if unsaved is None else now - unsaved,
            set_aside=tuple(aside.name for aside in self._knowledge.store.set_aside),
        )

    def configure(self, config: TeachingConfig) -> None:
        """Change how the sessions to come are run."""
        self.sessions.config = config
        self._attention.configure(config.curiosity)
        self._lessons.configure(config.examination)

    def start(self) -> None:
        """Restore what is stored, train what a power cut interrupted, begin to work.

        Raises:
            TeachingError: INCOMPATIBLE_MODEL; the store was made with another encoder or network.
            StoreError: The store cannot be read.
        """
        self._knowledge.restore()
        self._tell_knowledge(phase=Phase.IDLE)
        captures = self._lessons.interrupted(self.sessions.config.capture)
        self.sessions.take_up(captures)
        for capture in captures:
            self.sessions.tell(capture, Phase.QUEUED)
            self._submit_lesson(capture)
        self._thread.start()

    def close(self) -> None:
        """End what runs, and the threads, and give the store back.

        Complete sessions that are not trained yet stay in the journal.
        """
        with self.sessions.lock:
            self._closing = True
        self._desk.shutdown()
        self._thread.close()
        self.sessions.close_all()
        self._knowledge.close()

    # ---- what arrives -------------------------------------------------------------------------

    def submit(self, record: LatentRecord) -> None:
        """Take a frame: remember it, and learn from it if it belongs to the running session.

        Raises:
            ValueError: The latent cannot be unpacked.
        """
        if self.sessions.submit(record):
            self._thread.wake()
        if self._attention.due(record):
            self._wonder_about(record.segment_id, ended=False)

    def segment_ended(self, segment_id: int) -> None:
        """The recognizer says that a segment has ended."""
        self.sessions.segment_ended(segment_id)
        self._wonder_about(segment_id, ended=True)

    def label_segment(self, segment_id: int, class_name: str) -> Capture:
        """Learn from a segment already seen; see :meth:`Sessions.label_segment`."""
        capture = self.sessions.label_segment(segment_id, class_name)
        self._thread.submit(lambda: self._attention.answered(segment_id))
        return capture

    def pause(self, paused: bool) -> None:
        """Refuse (or take again) requests to learn; a session that runs goes on."""
        self._board.update(paused=paused)

    # ---- what is known --------------------------------------------------------------------------

    def change(self, operation: Callable[[Changes], Result]) -> Future[Result]:
        """Run one of the operations of :class:`Changes` on the engine's thread.

        Raises:
            TeachingError: BUSY; the future may hold another one.
        """
        self.sessions.refuse_if_any()

        def work() -> Result:
            try:
                return operation(self._changes)
            finally:
                with self.sessions.lock:
                    self._segments.keep_labels(self._learner.classes)
                self._tell_knowledge()

        return self._thread.submit(work)

    def ask(self, question: Callable[[LatentReplayLearner], Result]) -> Future[Result]:
        """Ask the learner something; a training does not delay the answer."""
        return self._desk.submit(question, self._learner)

    def segments(self) -> Future[list[SegmentSummary]]:
        """Ask for the segments remembered, newest first, each with the best guess of its name."""
        with self.sessions.lock:
            snapshot = self._segments.snapshot()
        return self.ask(lambda learner: [segment.guessed(learner) for segment in snapshot])

    def advice(self, capture: Capture) -> Future[tuple[str, ...]]:
        """Ask for advice on a session that gathers; a training does not delay it."""
        return self._desk.submit(self._advise, capture)

    # ---- how sessions end -----------------------------------------------------------------------

    def _queue(self, capture: Capture) -> None:
        if not self._closing:
            self._desk.submit(self._keep, capture)

    def _keep(self, capture: Capture) -> None:
        """Put a complete session on disk, and only then say that it is complete."""
        kept = self._lessons.keep(capture)
        with self.sessions.lock:
            capture.kept.set_result(kept)
            if capture.result.done():  # it was canceled meanwhile
                self._lessons.strike(capture)
            else:
                self.sessions.tell(capture, Phase.QUEUED)
                self._submit_lesson(capture)

    def _submit_lesson(self, capture: Capture) -> None:
        self._thread.submit(lambda: self._teach(capture))

    def _teach(self, capture: Capture) -> None:
        if self.sessions.start_training(capture):
            self._finish(capture, self._lessons.give(capture))

    def _conclude(self, capture: Capture, result: SessionResult) -> None:
        self._thread.submit(lambda: self._trainer.abandon(capture.session_id))
        if capture.canceled and capture.kept.done():
            self._lessons.strike(capture)
        self._finish(capture, result)

    def _finish(self, capture: Capture, result: SessionResult) -> None:
        with self.sessions.lock:
            self.sessions.close(capture)
            if result.code in IN_FORCE:
                self._segments.name(capture.segment_id, capture.request.class_name)
            failed = result.code not in (ErrorCode.NONE, ErrorCode.CANCELED)
            ended = {
                "phase": Phase.FAILED if failed else Phase.IDLE,
                "progress": 1.0 if result.success else 0.0,
                "region": NO_REGION,
                "error_code": result.code,
                "warnings": result.warnings,
                "message": result.message,
            }
            fields = capture_fields(capture, Phase.IDLE) | knowledge_fields(self._knowledge) | ended
            self._board.tell(capture.session_id, **fields)
        capture.result.set_result(result)

    def _follow_rename(self, old: str, new: str) -> None:
        with self.sessions.lock:
            self._segments.rename(old, new)

    def _tell_knowledge(self, **changes: object) -> None:
        self._board.update(**knowledge_fields(self._knowledge), **changes)

    # ---- on the engine's thread -----------------------------------------------------------------

    def _attend(self) -> float:
        """Use the time between jobs; return how long to rest."""
        self._knowledge.report_damage()
        self.sessions.end_if_silent()
        capture = self.sessions.gathering()
        if capture is None:
            if self._knowledge.save_again_if_due():
                self._tell_knowledge(phase=Phase.IDLE, error_code=ErrorCode.NONE, message=SAVED)
            return IDLE_SECONDS
        if capture.frames < capture.min_frames:
            return IDLE_SECONDS
        if time.monotonic() - self._advised_at > ADVICE_SECONDS:
            self._advise(capture)
        return self._look(capture) if self.sessions.config.learn_while_looking else IDLE_SECONDS

    def _report(self, error: Exception) -> None:
        text = "".join(traceback.format_exception(error))
        self._listener.on_log("error", f"the learner goes on after an error of its own: {text}")

    def _look(self, capture: Capture) -> float:
        try:
            return 0.0 if self._lessons.look(capture) else IDLE_SECONDS
        except TeachingError as error:
            self.sessions.give_up(capture, error)
            return IDLE_SECONDS

    def _advise(self, capture: Capture) -> tuple[str, ...]:
        self._advised_at = time.monotonic()
        name, latents = capture.request.class_name, list(capture.latents)
        advice = advise(self._learner, name, latents, capture.refused)
        capture.warnings = (*nobody_in_view(capture), *advice)
        return capture.warnings

    def _wonder_about(self, segment_id: int, ended: bool) -> None:
        if self._has_time():
            self._thread.submit(lambda: self._wonder(segment_id, ended))

    def _has_time(self) -> bool:
        """Whether no session runs and learning is not paused."""
        return self.sessions.idle and not self.status.paused

    def _wonder(self, segment_id: int, ended: bool) -> None:
        with self.sessions.lock:
            segment = self._segments.summary(segment_id) if self._has_time() else None
        name = self._attention.look(segment, ended) if segment is not None else ""
        if name:
            with contextlib.suppress(TeachingError):  # an operator was faster
                self._listener.on_log("info", f"learning on from segment {segment_id} as {name!r}")
                self.label_segment(segment_id, name)
