"""Training of one session, while it still gathers and after it is complete."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from lr_ros.core.learner import LatentReplayLearner, LearnReport, OpenSession, Progress
from lr_ros.teaching.capture import Capture


class SessionTrainer:
    """Feeds a capture's frames to the learner. Used from the engine's thread only.

    Training stops at the next minibatch where its capture is canceled, or ``closing`` says so.
    """

    def __init__(
        self, learner: LatentReplayLearner, slice_seconds: float, closing: Callable[[], bool]
    ) -> None:
        self._learner = learner
        self._slice = slice_seconds
        self._closing = closing
        self._open: OpenSession | None = None
        self._session_id = ""
        self._generation = 0
        self._fed = 0

    def look(self, capture: Capture) -> bool:
        """Train for one slice on what the capture has gathered; return whether more is of use."""
        session = self._follow(capture)
        self._feed(session, capture)
        steps = session.train(
            self._slice, cancel=lambda: self._closing() or capture.end is not None
        )
        return steps > 0

    def finish(self, capture: Capture, progress: Callable[[Progress], None]) -> LearnReport:
        """Do the rest of the training; afterwards the learner knows the session.

        Raises:
            CanceledError: Training was canceled, or all ends; the learner is as it was.
        """
        session = self._follow(capture)
        self._feed(session, capture)
        report = session.finish(
            progress=progress, cancel=lambda: self._closing() or capture.canceled, now=time.time()
        )
        self._open = None
        return report

    def abandon(self, session_id: str) -> None:
        """Drop what was trained of a session that is not over; the learner is as it was."""
        if self._open is not None and self._session_id == session_id:
            self._open.abort()
            self._open = None

    def _follow(self, capture: Capture) -> OpenSession:
        stale = (self._session_id, self._generation) != (capture.session_id, capture.generation)
        if self._open is not None and stale:
            self.abandon(self._session_id)
        if self._open is None:
            self._open = self._learner.begin(capture.request.class_name, capture.session_id)
            self._session_id, self._generation = capture.session_id, capture.generation
            self._fed = 0
        return self._open

    def _feed(self, session: OpenSession, capture: Capture) -> None:
        new = capture.latents[self._fed :]
        if new:
            session.add(np.stack(new))
            self._fed += len(new)
