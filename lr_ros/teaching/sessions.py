"""The session that runs: requested, fed with frames, stopped. The learner is not touched here."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from lr_ros.teaching import guards
from lr_ros.teaching.capture import Capture, End, LatentRecord
from lr_ros.teaching.config import TeachingConfig
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.requests import ENDLESS, MAX_FRAMES, NO_REGION, LearnRequest
from lr_ros.teaching.segments import RememberedSegments
from lr_ros.teaching.status import Phase, SessionResult, StatusBoard
from lr_ros.teaching.telling import capture_fields


@dataclass(frozen=True)
class Outcomes:
    """Who is called, with the lock held, when a session goes on to something else.

    ``complete``: it has its frames and is to be trained; ``over``: it ended without training;
    ``cancel``: its training is to end; ``arm``: a new one begins.
    """

    complete: Callable[[Capture], None]
    over: Callable[[Capture, SessionResult], None]
    cancel: Callable[[], None]
    arm: Callable[[], None]


class Sessions:
    """At most one session at a time, from its request to its training. Safe from every thread."""

    def __init__(
        self,
        segments: RememberedSegments,
        board: StatusBoard,
        config: TeachingConfig,
        outcomes: Outcomes,
    ) -> None:
        self.lock = threading.RLock()
        self.config = config
        self.capture: Capture | None = None
        self._segments = segments
        self._board = board
        self._outcomes = outcomes
        self._last_segment = 0
        self._last_arrival = -float("inf")

    # ---- requests -----------------------------------------------------------------------------

    def begin(self, request: LearnRequest) -> Capture:
        """Begin to gather frames for a class, those of the segment that runs already included.

        Raises:
            TeachingError: BUSY, PAUSED, CAPACITY or NO_IMAGES.
        """
        with self.lock:
            self._admit(request.class_name)
            guards.refuse_if_silent(self._silence, self.config.silence)
            capture = self._open(request)
            if self._last_segment and not request.region:
                for record in self._segments.records(self._last_segment):
                    capture.offer(record, record.unpack(), time.monotonic())
            self.tell(capture)
            self._end_if_due(capture)
            return capture

    def stop(self, keep: bool) -> Capture:
        """End the gathering session; learn from it (``keep``) or discard it.

        Raises:
            TeachingError: NO_SESSION, or TOO_FEW_FRAMES (nothing is learned).
        """
        with self.lock:
            capture = self.gathering()
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
        with self.lock:
            capture = self.capture
            if capture is None or (session_id and capture.session_id != session_id):
                raise TeachingError(ErrorCode.NO_SESSION, "no session runs, nothing to cancel")
            if capture.end is None:
                capture.end = End.STOPPED
                self._conclude(capture, ErrorCode.CANCELED, "canceled; nothing was changed")
            else:
                self._outcomes.cancel()
            return capture.session_id

    def label_segment(self, segment_id: int, class_name: str) -> Capture:
        """Learn from a segment already seen.

        Raises:
            TeachingError: BUSY, PAUSED, CAPACITY, UNKNOWN_SEGMENT or TOO_FEW_FRAMES.
        """
        with self.lock:
            self._admit(class_name)
            records = self._segments.records(segment_id)
            guards.refuse_if_forgotten(segment_id, records)
            capture = self._open(LearnRequest(class_name, MAX_FRAMES, ENDLESS, NO_REGION))
            for record in records:
                capture.offer(record, record.unpack(), time.monotonic())
            capture.end = End.COMPLETE
            self._end_if_due(capture)
            guards.raise_if_over(capture)
            return capture

    # ---- what arrives -------------------------------------------------------------------------

    def submit(self, record: LatentRecord) -> bool:
        """Take a frame; return whether the running session has a use for it.

        Raises:
            ValueError: The latent cannot be unpacked.
        """
        now = time.monotonic()
        with self.lock:
            self._last_segment, self._last_arrival = record.segment_id, now
            self._segments.add(record)
            capture = self.gathering()
            if capture is None:
                return False
            judged = capture.offer(record, record.unpack(), now)
            if judged:
                self.tell(capture)
            self._end_if_due(capture)
            return judged

    def segment_ended(self, segment_id: int) -> None:
        """End the session with its segment."""
        with self.lock:
            capture = self.gathering()
            if capture is not None:
                capture.segment_ended(segment_id)
                self._end_if_due(capture)

    def end_if_silent(self) -> None:
        """End the session if no latents arrive any more."""
        with self.lock:
            capture = self.gathering()
            if capture is not None and self._silence > self.config.silence:
                capture.end = End.SILENT
                self._end_if_due(capture)

    def give_up(self, capture: Capture, error: TeachingError) -> None:
        """End a gathering session because of an error."""
        with self.lock:
            if capture is self.capture and not capture.queued:
                capture.end = End.STOPPED
                self._conclude(capture, error.code, str(error))

    # ---- what runs ----------------------------------------------------------------------------

    def gathering(self) -> Capture | None:
        """Return the session that gathers frames; None if there is none."""
        capture = self.capture
        return capture if capture is not None and capture.end is None else None

    def close(self, capture: Capture) -> None:
        """A session was trained or given up: the next one may begin."""
        with self.lock:
            if self.capture is capture:
                self.capture = None

    def tell(self, capture: Capture, phase: Phase = Phase.CAPTURING) -> None:
        """Put a session on the status board."""
        self._board.update(phase=phase, **capture_fields(capture, phase))

    # ---- inside ---------------------------------------------------------------------------------

    @property
    def _silence(self) -> float:
        return time.monotonic() - self._last_arrival

    def _admit(self, class_name: str) -> None:
        status = self._board.status
        guards.refuse_if_paused(status)
        guards.refuse_if_busy(self.capture)
        guards.refuse_if_full(class_name, status.classes, self.config.max_classes)

    def _open(self, request: LearnRequest) -> Capture:
        self._outcomes.arm()
        self.capture = Capture(uuid.uuid4().hex[:12], request, self.config.capture)
        return self.capture

    def _end_if_due(self, capture: Capture) -> None:
        """Hand an ended session on to training, or conclude it where it has too few frames."""
        if capture.end is None or capture is not self.capture or capture.queued:
            return
        if not capture.fill_up():
            self._conclude(capture, *guards.too_few(capture))
            return
        capture.queued = True
        self.tell(capture, Phase.QUEUED)
        self._outcomes.complete(capture)

    def _conclude(self, capture: Capture, code: ErrorCode, text: str) -> None:
        result = SessionResult(False, code, text, capture.session_id, capture.frames)
        self._outcomes.over(capture, result)
