"""A lesson: one complete session is journaled, trained, published and stored, or nothing is."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable

import numpy as np

from lr_ros.core.learner import CanceledError, Progress
from lr_ros.core.state import State
from lr_ros.core.store import JournalEntry, StoreError
from lr_ros.teaching.advice import advise, nobody_in_view
from lr_ros.teaching.capture import Capture, CaptureConfig
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.examination import ExaminationConfig, examine
from lr_ros.teaching.guards import at_shutdown
from lr_ros.teaching.knowledge import Knowledge
from lr_ros.teaching.requests import ENDLESS, NO_REGION, LearnRequest
from lr_ros.teaching.status import Listener, Phase, SessionResult, StatusBoard
from lr_ros.teaching.telling import capture_fields
from lr_ros.teaching.training import SessionTrainer

PROGRESS_SECONDS = 0.1
"""Progress is told at most this often."""


class Lessons:
    """Gives lessons, one after the other. Used from the engine's thread only, but for the journal.

    ``meanwhile`` is called every now and then while a lesson takes its time; ``seconds`` is how
    long the last training took.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        trainer: SessionTrainer,
        board: StatusBoard,
        listener: Listener,
        meanwhile: Callable[[], None],
    ) -> None:
        self._knowledge = knowledge
        self._trainer = trainer
        self._board = board
        self._listener = listener
        self._meanwhile = meanwhile
        self._told_at = 0.0
        self.seconds = 0.0
        self._examination = ExaminationConfig()

    def configure(self, examination: ExaminationConfig) -> None:
        """Change what an update must not do to what was known."""
        self._examination = examination

    def give(self, capture: Capture) -> SessionResult:
        """Train on a complete session; never raises, the result says what happened."""
        self._tell(capture, phase=Phase.TRAINING, progress=0.0)
        try:
            result = self._train(capture)
        except CanceledError:
            self._trainer.abandon(capture.session_id)
            text = at_shutdown(capture)
            if capture.canceled:
                self.strike(capture)
                text = "canceled; nothing was changed"
            result = _failed(capture, ErrorCode.CANCELED, text)
        except TeachingError as error:
            result = _failed(capture, error.code, str(error), self._knowledge.version)
        except Exception as error:  # noqa: BLE001 - one bad session must not end the learner
            self.strike(capture)
            text = self._explain(capture, error)
            result = _failed(capture, ErrorCode.TRAINING_FAILED, text)
        return result

    def look(self, capture: Capture) -> bool:
        """Train for one slice while frames still arrive; return whether more is of use.

        Raises:
            TeachingError: TRAINING_FAILED; the learner is as it was before the session.
        """
        try:
            return self._trainer.look(capture)
        except Exception as error:
            text = self._explain(capture, error)
            raise TeachingError(ErrorCode.TRAINING_FAILED, text) from error

    def _explain(self, capture: Capture, error: Exception) -> str:
        self._trainer.abandon(capture.session_id)
        self._listener.on_log("error", traceback.format_exc())
        return f"training failed, nothing was changed: {error}"

    def interrupted(self, config: CaptureConfig) -> list[Capture]:
        """Return the sessions that were complete but not trained when the power went."""
        try:
            entries = self._knowledge.store.journal.pending()
        except StoreError as error:
            self._listener.on_log("error", f"the journal cannot be read: {error}")
            return []
        captures = (self._restored(entry, config) for entry in entries)
        return [capture for capture in captures if capture is not None]

    def _restored(self, entry: JournalEntry, config: CaptureConfig) -> Capture | None:
        latents = entry.state.arrays.get("latents")
        name = entry.state.meta.get("class_name")
        shape = self._knowledge.learner.spec.latent_shape
        if not isinstance(name, str) or latents is None or latents.shape[1:] != shape:
            text = f"the interrupted session {entry.session_id} does not fit this learner"
            self._listener.on_log("error", text)
            return None
        self._listener.on_log("info", f"the interrupted session of {name!r} will be trained")
        request = LearnRequest(name, len(latents), ENDLESS, NO_REGION)
        capture = Capture(entry.session_id, request, config)
        capture.take(list(latents))
        capture.kept.set_result(True)
        return capture

    def _train(self, capture: Capture) -> SessionResult:
        name = capture.request.class_name
        learner = self._knowledge.learner
        snapshot = learner.snapshot()
        advice = advise(learner, name, list(capture.latents), capture.refused)
        warnings = (*nobody_in_view(capture), *advice)
        began = time.monotonic()
        report = self._trainer.finish(capture, lambda p: self._tell_progress(capture, p))
        self.seconds = time.monotonic() - began
        verdict = examine(learner.compare(snapshot), self._examination.largest_fall)
        if not verdict.passed and self._examination.keep_old:
            learner.revert(snapshot)
            self.strike(capture)
            raise TeachingError(
                ErrorCode.TRAINING_FAILED, f"{verdict}; the model before is kept, nothing changed"
            )
        if not verdict.passed:
            warnings = (*warnings, str(verdict))
        try:
            self._knowledge.changed(f"learn {name}", capture.session_id)
        finally:
            seconds = time.monotonic() - capture.last_frame_at
        text = f"learned {name!r} from {report.frames} frames"
        self._listener.on_log("info", f"{text} in {report.iterations} steps, {seconds:.2f} s")
        return SessionResult(
            success=True,
            code=ErrorCode.NONE,
            message="; ".join([text, *warnings]),
            session_id=capture.session_id,
            frames=report.frames,
            model_version=self._knowledge.version,
            seconds=seconds,
            warnings=warnings,
        )

    def _tell_progress(self, capture: Capture, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told_at >= PROGRESS_SECONDS or progress.fraction >= 1.0:
            self._told_at = now
            self._tell(capture, progress=progress.fraction, loss=progress.loss)
            self._meanwhile()

    def _tell(self, capture: Capture, **changes: object) -> None:
        fields = capture_fields(capture, Phase.TRAINING) | changes
        self._board.tell(capture.session_id, **fields)

    def keep(self, capture: Capture) -> bool:
        """Put a complete session into the journal; return whether it is. Safe from every thread.

        Where the disk refuses, that is logged: the session is trained nevertheless.
        """
        state = State(
            {"latents": np.stack(capture.latents)}, {"class_name": capture.request.class_name}
        )
        try:
            self._knowledge.store.journal.put(capture.session_id, state)
        except (StoreError, ValueError) as error:
            text = f"session {capture.session_id} would not survive a power cut: {error}"
            self._listener.on_log("warning", text)
            return False
        return True

    def strike(self, capture: Capture) -> None:
        """Take a session out of the journal; safe from every thread."""
        try:
            self._knowledge.store.journal.done(capture.session_id)
        except StoreError as error:
            self._listener.on_log("warning", f"the journal cannot be written: {error}")


def _failed(capture: Capture, code: ErrorCode, message: str, version: int = 0) -> SessionResult:
    return SessionResult(False, code, message, capture.session_id, capture.frames, version)
