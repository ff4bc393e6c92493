"""What the robot says of what it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lr_ros.panel.facts import Facts
from lr_ros.panel.view.words import percent

if TYPE_CHECKING:
    from lr_ros.client.records import Recognition

BARS = 5
"""Most classes shown with a bar."""


class Bar(NamedTuple):
    """One candidate: its share 0..1 is the length of the bar."""

    label: str
    share: float
    text: str


class AnswerView(NamedTuple):
    """``tone`` is known, unknown, silent, or lost where no picture is recognized.

    ``unknown`` is None before anything is learned.
    """

    headline: str
    detail: str
    tone: str
    bars: tuple[Bar, ...] = ()
    unknown: Bar | None = None
    region: str = ""


def answer_view(facts: Facts) -> AnswerView:
    """Return what is in view, as the recognizer says."""
    seen = facts.recognition
    if seen is None or not facts.answers_come:
        return AnswerView("No answer", "No picture is being recognized.", "lost")
    region = seen.region
    headline, detail, tone = _headline(seen)
    return AnswerView(
        headline,
        detail,
        tone,
        tuple(Bar(h.class_name, h.score, percent(h.score)) for h in seen.hypotheses[:BARS]),
        Bar("unknown", seen.unknown_score, percent(seen.unknown_score))
        if seen.hypotheses
        else None,
        f"region {region.width} × {region.height} at {region.x}, {region.y}",  # noqa: RUF001 - a times sign
    )


def _headline(seen: Recognition) -> tuple[str, str, str]:
    if not seen.hypotheses:
        if seen.segment_id:
            return "Something new", "Nothing has been learned yet. Teach it!", "unknown"
        return "Nothing learned yet", "Show an object and teach it.", "silent"
    best = seen.hypotheses[0]
    if not seen.unknown:
        return best.class_name, f"{percent(best.score)} sure", "known"
    if seen.segment_id == 0:
        return "Nothing in view", "Show an object to the camera.", "silent"
    return "Unknown object", f"most like {best.class_name}, {percent(best.score)}", "unknown"
