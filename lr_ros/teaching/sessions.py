"""The sessions: requested, fed with frames, stopped, queued. The learner is not touched here."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
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

    ``complete``: it has its frames and is to be trained; ``over``: it ended without training.
    """

    complete: Callable[[Capture], None]
    over: Callable[[Capture, SessionResult], None]


class Sessions:
    """One session gathers at a time; complete ones wait for their training, the first one first.

    ``capture`` is the one that gathers. ``waiting`` holds the others until they are over, so the
    one that is being trained, too. Safe from every thread.
    """

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
        self.waiting: list[Capture] = []
        self._segments = segments
        self._board = board
        self._outcomes = outcomes
        self._last: LatentRecord | None = None
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
            segment_id = self._see_last(capture)
            if segment_id and not request.region:
                for record in self._segments.records(segment_id):
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

    def cancel(self, session_id: str = "") -> Capture:
        """Cancel the session of this id, or else the newest; its result says if it was in time.

        The newest is the one that gathers; if none does, the one that became complete last.

        Raises:
            TeachingError: NO_SESSION.
        """
        with self.lock:
            live = [*self.waiting, *([] if self.capture is None else [self.capture])]
            wanted = [c for c in live if session_id in ("", c.session_id)]
            if not wanted:
                raise TeachingError(ErrorCode.NO_SESSION, "no session runs, nothing to cancel")
            capture = wanted[-1]
            capture.canceled = True
            if not capture.training:
                capture.end = capture.end or End.STOPPED
                self._conclude(capture, ErrorCode.CANCELED, "canceled; nothing was changed")
            return capture

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
            self._last, self._last_arrival = record, now
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
            if capture is self.capture:
                capture.end = End.STOPPED
                self._conclude(capture, error.code, str(error))

    # ---- what runs ----------------------------------------------------------------------------

    def gathering(self) -> Capture | None:
        """Return the session that gathers frames; None if there is none."""
        return self.capture

    @property
    def idle(self) -> bool:
        """Whether no session gathers, and none waits for its training."""
        return self.capture is None and not self.waiting

    def refuse_if_any(self) -> None:
        """Refuse what cannot be done while a session gathers, or waits for its training.

        Raises:
            TeachingError: BUSY.
        """
        with self.lock:
            guards.refuse_if_gathering(self.capture)
            guards.refuse_if_waiting(self.waiting)

    def take_up(self, captures: Sequence[Capture]) -> None:
        """Let complete sessions of an earlier life wait for their training."""
        with self.lock:
            self.waiting.extend(captures)

    def start_training(self, capture: Capture) -> bool:
        """Note that the training of a session begins; false where it was canceled before."""
        with self.lock:
            capture.training = capture in self.waiting
            return capture.training

    def close(self, capture: Capture) -> None:
        """A session was trained or given up."""
        with self.lock:
            if self.capture is capture:
                self.capture = None
            self.waiting = [other for other in self.waiting if other is not capture]

    def close_all(self) -> None:
        """End every session that is not trained; those on disk are trained at the next start."""
        with self.lock:
            for capture in (*self.waiting, *filter(None, [self.capture])):
                self._conclude(capture, ErrorCode.CANCELED, guards.at_shutdown(capture))

    def tell(self, capture: Capture, phase: Phase = Phase.CAPTURING) -> None:
        """Put a session on the status board."""
        self._board.tell(capture.session_id, phase=phase, **capture_fields(capture, phase))

    # ---- inside ---------------------------------------------------------------------------------

    @property
    def _silence(self) -> float:
        return time.monotonic() - self._last_arrival

    def _admit(self, class_name: str) -> None:
        status = self._board.status
        guards.refuse_if_paused(status)
        guards.refuse_if_gathering(self.capture)
        guards.refuse_if_many_wait(self.waiting, self.config.most_waiting)
        known = {*status.classes, *(capture.request.class_name for capture in self.waiting)}
        guards.refuse_if_full(class_name, known, self.config.max_classes)

    def _open(self, request: LearnRequest) -> Capture:
        self.capture = Capture(uuid.uuid4().hex[:12], request, self.config.capture)
        return self.capture

    def _see_last(self, capture: Capture) -> int:
        """Let a session see what was in view last; return that segment."""
        if self._last is None:
            return 0
        capture.see(self._last)
        return self._last.segment_id

    def _end_if_due(self, capture: Capture) -> None:
        """Hand an ended session on to training, or conclude it where it has too few frames."""
        if capture.end is None or capture is not self.capture:
            return
        if not capture.fill_up():
            self._conclude(capture, *guards.too_few(capture))
            return
        self.capture = None
        self.waiting.append(capture)
        self._outcomes.complete(capture)

    def _conclude(self, capture: Capture, code: ErrorCode, text: str) -> None:
        result = SessionResult(False, code, text, capture.session_id, capture.frames)
        self._outcomes.over(capture, result)
