"""The engine: sessions are gathered, trained, stored and told of, without ROS.

Requests come from any thread. Those that begin or end a session return at once; those that change
or ask for what is known give a future. All that touches the learner and the store runs on the
engine's own thread.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from lr_ros.core.learner import ClassInfo, LatentReplayLearner
from lr_ros.core.store import Store
from lr_ros.stream.memory import SegmentMemory
from lr_ros.teaching import guards
from lr_ros.teaching.capture import Capture, End, LatentRecord
from lr_ros.teaching.changes import Changes
from lr_ros.teaching.config import TeachingConfig
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.jobs import JobThread
from lr_ros.teaching.knowledge import Knowledge
from lr_ros.teaching.lesson import Lessons
from lr_ros.teaching.requests import ENDLESS, MAX_FRAMES, NO_REGION, LearnRequest
from lr_ros.teaching.segments import RememberedSegments, SegmentSummary
from lr_ros.teaching.status import Listener, Phase, SessionResult, Status, StatusBoard
from lr_ros.teaching.telling import capture_fields, knowledge_fields
from lr_ros.teaching.training import SessionTrainer

Result = TypeVar("Result")

IDLE_SECONDS = 0.2
"""How often the engine looks at the time when nothing happens."""


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
        self._config = config
        self._learner = learner
        self._listener = listener
        self._segments = RememberedSegments(memory)
        self._board = StatusBoard(listener)
        self._knowledge = Knowledge(learner, store, listener)
        self._changes = Changes(self._knowledge)
        self._thread = JobThread("teaching", self._attend)
        self._trainer = SessionTrainer(learner, config.slice_seconds)
        self._lessons = Lessons(
            self._knowledge, self._trainer, self._board, listener, lambda: self._closing
        )
        self._closing = False
        self._lock = threading.RLock()
        self._capture: Capture | None = None
        self._last_segment = 0
        self._last_arrival = -float("inf")

    @property
    def status(self) -> Status:
        """The present status."""
        return self._board.status

    @property
    def encoder_id(self) -> str:
        """Encoder whose latents are learned from."""
        return self._knowledge.encoder_id

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """Shape of a latent: channels, height, width."""
        return self._learner.spec.latent_shape

    @property
    def saved(self) -> bool:
        """Whether all that is known is on disk."""
        return self._knowledge.saved

    def configure(self, config: TeachingConfig) -> None:
        """Change how the sessions to come are run."""
        self._config = config

    def start(self) -> None:
        """Restore what is stored, train what a power cut interrupted, begin to work.

        Raises:
            TeachingError: INCOMPATIBLE_MODEL; the store was made with another encoder or network.
            StoreError: The store cannot be read.
        """
        self._knowledge.restore()
        self._tell_knowledge(phase=Phase.IDLE)
        captures = self._lessons.interrupted(self._config.capture)
        if captures:
            self._capture = captures[0]  # busy until all of them are trained
            self._thread.submit(lambda: self._train_interrupted(captures))
        self._thread.start()

    def close(self) -> None:
        """Cancel what runs, end the thread, give the store back."""
        with self._lock:
            self._closing = True  # a session that closing cancels stays in the journal
            self._trainer.cancel()
        self._thread.close()
        self._knowledge.close()

    # ---- what arrives -------------------------------------------------------------------------

    def submit(self, record: LatentRecord) -> None:
        """Take a frame: remember it, and learn from it if it belongs to the running session.

        Raises:
            ValueError: The latent cannot be unpacked.
        """
        now = time.monotonic()
        with self._lock:
            self._last_segment, self._last_arrival = record.segment_id, now
            self._segments.add(record)
            capture = self._gathering()
            if capture is not None and capture.offer(record, record.unpack(), now):
                self._tell_capture(capture)
                self._thread.wake()
            if capture is not None:
                self._end_if_due(capture)

    def segment_ended(self, segment_id: int) -> None:
        """The recognizer says that a segment has ended."""
        with self._lock:
            capture = self._gathering()
            if capture is not None:
                capture.segment_ended(segment_id)
                self._end_if_due(capture)

    # ---- sessions -----------------------------------------------------------------------------

    def begin(self, request: LearnRequest) -> Capture:
        """Begin to gather frames for a class, those of the segment that runs already included.

        Raises:
            TeachingError: BUSY, PAUSED, CAPACITY or NO_IMAGES.
        """
        with self._lock:
            self._admit(request.class_name)
            guards.refuse_if_silent(self._silence, self._config.silence)
            capture = self._new_capture(request)
            if self._last_segment and not request.region:
                for record in self._segments.records(self._last_segment):
                    capture.offer(record, record.unpack(), time.monotonic())
            self._tell_capture(capture)
            self._end_if_due(capture)
            return capture

    def stop(self, keep: bool) -> Capture:
        """End the gathering session; learn from it (``keep``) or discard it.

        Raises:
            TeachingError: NO_SESSION, or TOO_FEW_FRAMES (nothing is learned).
        """
        with self._lock:
            capture = self._gathering()
            if capture is None:
                raise TeachingError(ErrorCode.NO_SESSION, "no session is gathering frames")
            capture.end = End.STOPPED
            if keep:
                self._end_if_due(capture)
                guards.raise_if_over(capture)
            else:
                self._conclude(capture, ErrorCode.CANCELED, "discarded; nothing was changed")
            return capture

    def cancel(self, session_id: str = "") -> str:
        """Cancel the session that gathers or trains (of this id, if given); return its id.

        Raises:
            TeachingError: NO_SESSION.
        """
        with self._lock:
            capture = self._capture
            if capture is None or (session_id and capture.session_id != session_id):
                raise TeachingError(ErrorCode.NO_SESSION, "no session runs, nothing to cancel")
            if capture.end is None:
                capture.end = End.STOPPED
                self._conclude(capture, ErrorCode.CANCELED, "canceled; nothing was changed")
            else:
                self._trainer.cancel()
            return capture.session_id

    def label_segment(self, segment_id: int, class_name: str) -> Capture:
        """Learn from a segment already seen.

        Raises:
            TeachingError: BUSY, PAUSED, CAPACITY, UNKNOWN_SEGMENT or TOO_FEW_FRAMES.
        """
        with self._lock:
            self._admit(class_name)
            records = self._segments.records(segment_id)
            guards.refuse_if_forgotten(segment_id, records)
            capture = self._new_capture(LearnRequest(class_name, MAX_FRAMES, ENDLESS, NO_REGION))
            for record in records:
                capture.offer(record, record.unpack(), time.monotonic())
            capture.end = End.COMPLETE
            self._end_if_due(capture)
            guards.raise_if_over(capture)
            self._segments.name(segment_id, class_name)
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
        with self._lock:
            guards.refuse_if_busy(self._capture)

        def work() -> Result:
            try:
                return operation(self._changes)
            finally:
                self._tell_knowledge()

        return self._thread.submit(work)

    def class_infos(self) -> Future[tuple[int, list[ClassInfo]]]:
        """Ask for the version and what is known of each class."""

        def work() -> tuple[int, list[ClassInfo]]:
            infos = [self._learner.class_info(name) for name in self._learner.classes]
            return self._knowledge.version, infos

        return self._thread.submit(work)

    def segments(self) -> Future[list[SegmentSummary]]:
        """Ask for the segments remembered, newest first, each with the best guess of its name."""
        with self._lock:
            snapshot = self._segments.snapshot()
        return self._thread.submit(lambda: [s.guessed(self._learner) for s in snapshot])

    # ---- inside ---------------------------------------------------------------------------------

    @property
    def _silence(self) -> float:
        return time.monotonic() - self._last_arrival

    def _gathering(self) -> Capture | None:
        capture = self._capture
        return capture if capture is not None and capture.end is None else None

    def _admit(self, class_name: str) -> None:
        guards.refuse_if_paused(self.status)
        guards.refuse_if_busy(self._capture)
        guards.refuse_if_full(class_name, self.status.classes, self._config.max_classes)

    def _new_capture(self, request: LearnRequest) -> Capture:
        self._trainer.arm()
        capture = Capture(uuid.uuid4().hex[:12], request, self._config.capture)
        self._capture = capture
        return capture

    def _end_if_due(self, capture: Capture) -> None:
        """Queue an ended capture for training, or conclude it where it has too few frames."""
        if capture.end is None or capture is not self._capture or capture.queued:
            return
        if not capture.fill_up():
            nothing = capture.end is End.SILENT and not capture.frames
            code = ErrorCode.NO_IMAGES if nothing else ErrorCode.TOO_FEW_FRAMES
            self._conclude(capture, code, guards.too_few(capture))
            return
        capture.queued = True
        self._tell_capture(capture, Phase.QUEUED)
        self._thread.submit(lambda: self._finish(capture, self._lessons.give(capture)))

    def _conclude(self, capture: Capture, code: ErrorCode, text: str) -> None:
        self._thread.submit(self._trainer.abandon)
        self._finish(capture, SessionResult(False, code, text, capture.session_id, capture.frames))

    def _finish(self, capture: Capture, result: SessionResult) -> None:
        with self._lock:
            if self._capture is capture:
                self._capture = None
            failed = result.code not in (ErrorCode.NONE, ErrorCode.CANCELED)
            self._tell_knowledge(
                phase=Phase.FAILED if failed else Phase.IDLE,
                progress=1.0 if result.success else 0.0,
                region=NO_REGION,
                error_code=result.code,
                message=result.message,
            )
        capture.result.set_result(result)

    def _tell_capture(self, capture: Capture, phase: Phase = Phase.CAPTURING) -> None:
        self._board.update(phase=phase, **capture_fields(capture, phase))

    def _tell_knowledge(self, **changes: object) -> None:
        self._board.update(**knowledge_fields(self._knowledge), **changes)

    # ---- on the engine's thread -----------------------------------------------------------------

    def _attend(self) -> float:
        """Use the time between jobs; return how long to rest."""
        with self._lock:
            capture = self._gathering()
            if capture is not None and self._silence > self._config.silence:
                capture.end = End.SILENT
                self._end_if_due(capture)
        if capture is None:
            self._knowledge.save_again_if_due()
            return IDLE_SECONDS
        if self._config.learn_while_looking and capture.frames >= capture.min_frames:
            return self._look(capture)
        return IDLE_SECONDS

    def _look(self, capture: Capture) -> float:
        try:
            return 0.0 if self._lessons.look(capture) else IDLE_SECONDS
        except TeachingError as error:
            with self._lock:
                if capture is self._capture and not capture.queued:
                    capture.end = End.STOPPED
                    self._conclude(capture, error.code, str(error))
            return IDLE_SECONDS

    def _train_interrupted(self, captures: list[Capture]) -> None:
        for capture, following in zip(captures, [*captures[1:], None], strict=True):
            with self._lock:
                if self._closing:
                    return
                self._trainer.arm()
                self._tell_capture(capture, Phase.QUEUED)
            result = self._lessons.give(capture)
            with self._lock:
                self._finish(capture, result)
                self._capture = following
