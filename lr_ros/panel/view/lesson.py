"""The session: what is taught, how far it is, and what may be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lr_ros.panel.facts import Facts
from lr_ros.panel.view.words import count, length, listed

if TYPE_CHECKING:
    from lr_ros.client.records import Status

_REASONS = {"duplicate": "the same view again"}
"""Reasons for which frames are refused, where the word alone does not tell people enough."""

_GUESS_FROM = 0.1
"""Progress from which the time left is told."""


class LessonView(NamedTuple):
    """``stage``: absent, ready, paused, looking, queued, training or failed."""

    stage: str
    title: str
    detail: str = ""
    progress: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def may_teach(self) -> bool:
        """Whether a session can begin: also while an earlier one trains or waits for it."""
        return self.stage in ("ready", "failed", "queued", "training")

    @property
    def may_finish(self) -> bool:
        """Whether the capture can be ended early."""
        return self.stage == "looking"

    @property
    def may_cancel(self) -> bool:
        """Whether there is something to give up."""
        return self.stage in ("looking", "queued", "training")


def lesson_view(facts: Facts) -> LessonView:
    """Return the session, or what keeps one from beginning."""
    status = facts.status
    if status is None or not facts.learner_speaks:
        return LessonView("absent", "The learner is not there", "Nothing can be taught now.")
    if status.state.name == "CAPTURING":
        return _looking(status)
    if status.state.name in ("QUEUED", "TRAINING"):
        return _training(status)
    return _waiting(status)


def _looking(status: Status) -> LessonView:
    frames = f"{status.frames} of {count(status.frames_target, 'frame')}"
    notes = list(status.warnings)
    if status.refusals:
        reasons = [
            f"{n} {_REASONS.get(r, r.replace('_', ' '))}" for r, n in status.refusals.items()
        ]
        notes.append(f"not used: {listed(reasons)}")
    title = f"Looking at {status.class_name}"
    detail = f"{frames}. Turn the object slowly."
    return LessonView("looking", title, detail, status.progress, tuple(notes))


def _training(status: Status) -> LessonView:
    if status.state.name == "QUEUED":
        title = f"About to learn {status.class_name}"
        return LessonView("queued", title, "", 0.0, status.warnings)
    title = f"Learning {status.class_name}"
    return LessonView("training", title, _left(status), status.progress, status.warnings)


def _waiting(status: Status) -> LessonView:
    if status.paused:
        return LessonView("paused", "Learning is paused", "Go on to teach again.")
    if status.state.name == "FAILED":
        return LessonView("failed", "That did not work", _sentence(status.message))
    return LessonView("ready", "Ready to learn", _sentence(status.message))


def _left(status: Status) -> str:
    """Return the time that training will still take, once there is something to go by."""
    if not _GUESS_FROM <= status.progress < 1.0:
        return "Training on what was seen."
    left = status.elapsed * (1.0 - status.progress) / status.progress
    return f"Training on what was seen, about {length(left)} left."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
