"""How a learner is, by what it measures and what is allowed; without ROS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lr_ros.ros.health import UNHEARD, Finding, Level, Limit, OtherSide, other_side
from lr_ros.teaching.status import Phase, Status
from lr_ros.teaching.vitals import Vitals


@dataclass(frozen=True)
class LearnerFacts:
    """What a learner measures of itself: ``input_age`` [s] is the time since the last latent.

    ``refused`` is the share of the last seconds' latents that could not be used.
    """

    active: bool
    input_age: float
    refused: float
    status: Status
    vitals: Vitals
    recognizer: OtherSide = UNHEARD


@dataclass(frozen=True)
class LearnerLimits:
    """What is allowed: see the parameters ``diagnostics.*`` and ``session.waiting``."""

    input_age: float
    refused: Limit
    queue: Limit
    training: float
    latents_per_class: int
    unsaved: float
    differs: Limit
    silence: float

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> LearnerLimits:
        """Return the limits that a node's parameters set."""
        p = parameters
        return cls(
            input_age=p["diagnostics.input_age"],
            refused=Limit(p["diagnostics.refused_warn"], p["diagnostics.refused_error"]),
            queue=Limit(p["diagnostics.queue"], max(p["session.waiting"] - 1, 1)),
            training=p["diagnostics.training"],
            latents_per_class=p["diagnostics.latents_per_class"],
            unsaved=p["diagnostics.unsaved"],
            differs=Limit(p["diagnostics.disagree_warn"], p["diagnostics.disagree_error"]),
            silence=p["diagnostics.silence"],
        )


def learner_findings(facts: LearnerFacts, limits: LearnerLimits) -> Iterator[Finding]:
    """Return all that is not as it should be."""
    yield from _store(facts.vitals, limits)
    if not facts.active:
        yield Finding(Level.WARN, "not active")
        return
    if facts.status.phase is Phase.FAILED:
        yield Finding(Level.WARN, facts.status.message)
    yield from _learning(facts, limits)
    if facts.input_age > limits.input_age:
        yield Finding(Level.WARN, f"no latents for {facts.input_age:.0f} s")
    else:
        text = f"{100 * facts.refused:.0f} % of the latents cannot be used"
        yield from limits.refused.judge(facts.refused, text)
    yield from other_side(
        "recognizer", facts.status.model_version, facts.recognizer, limits.differs, limits.silence
    )


def _store(vitals: Vitals, limits: LearnerLimits) -> Iterator[Finding]:
    if vitals.unsaved_for is not None:
        level = Level.ERROR if vitals.unsaved_for >= limits.unsaved else Level.WARN
        yield Finding(level, "what was learned is not on disk")
    if vitals.set_aside:
        names = ", ".join(vitals.set_aside)
        yield Finding(Level.WARN, f"damaged files of the store were set aside: {names}")


def _learning(facts: LearnerFacts, limits: LearnerLimits) -> Iterator[Finding]:
    waiting = facts.vitals.waiting
    text = f"{waiting} sessions wait for their training"
    yield from limits.queue.judge(waiting, text)
    if facts.vitals.training_seconds > limits.training:
        yield Finding(Level.WARN, f"training took {facts.vitals.training_seconds:.0f} s")
    classes = len(facts.status.classes)
    each = facts.status.replay_capacity // max(classes, 1)
    if classes and each < limits.latents_per_class:
        yield Finding(
            Level.WARN,
            f"the replay memory holds {each} latents a class only; raise replay.capacity",
        )
