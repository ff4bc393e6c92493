"""What the robot asks, and the answers that take one tap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lr_ros.panel.facts import Facts
from lr_ros.panel.view.words import ago, count, length, percent

if TYPE_CHECKING:
    from lr_ros.client.records import Question

SUGGESTIONS = 6
"""Most names offered for one tap."""


class QuestionView(NamedTuple):
    """One question; ``picture``: whether the robot sent one; ``answers`` are names to tap.

    ``start`` is that of the segment [s].
    """

    segment_id: int
    start: float
    title: str
    detail: str
    in_view: bool
    picture: bool
    answers: tuple[str, ...]

    @property
    def key(self) -> tuple[int, float]:
        """What tells it from others: a robot started anew gives the ids out again."""
        return self.segment_id, self.start


def questions_view(facts: Facts) -> tuple[QuestionView, ...]:
    """Return the questions, newest first; none while the learner is not there to be answered."""
    if not facts.learner_speaks:
        return ()
    return tuple(_view(question, facts) for question in reversed(facts.questions))


def _view(question: Question, facts: Facts) -> QuestionView:
    seen = facts.recognition
    in_view = seen is not None and facts.answers_come and seen.segment_id == question.segment_id
    when = "It is in view now" if in_view else f"Seen {ago(facts.now - question.start)}"
    parts = [f"{when}, for {length(question.duration)} when the robot asked"]
    if question.best_guess:
        parts.append(f"perhaps {question.best_guess} ({percent(question.score)})")
    if question.same_as:
        parts.append(f"like {count(len(question.same_as), 'earlier thing')} that nobody has named")
    return QuestionView(
        question.segment_id,
        question.start,
        "What is this?" if in_view else "What was this?",
        "; ".join(parts) + ".",
        in_view,
        bool(question.thumbnail),
        _suggestions(question, facts),
    )


def _suggestions(question: Question, facts: Facts) -> tuple[str, ...]:
    """Return the robot's own guess, then the classes that were taught last."""
    recent = sorted(facts.classes, key=lambda entry: -entry.last_learned)
    names = [question.best_guess, *(entry.name for entry in recent)]
    known = {entry.name for entry in facts.classes}
    return tuple(dict.fromkeys(name for name in names if name in known))[:SUGGESTIONS]
