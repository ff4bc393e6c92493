"""How a recognizer is, by what it measures and what is allowed; without ROS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lr_ros.ros.health import UNHEARD, Finding, Level, Limit, OtherSide, other_side


@dataclass(frozen=True)
class RecognizerFacts:
    """What a recognizer measures of itself.

    ``input_age`` [s] is the time since the last image; ``refused`` the share of the last seconds'
    images that could not be used; ``replaced`` that of those a newer one replaced in the queue;
    ``latency`` [ms] from an image's stamp to its answer, ``inference`` [ms] what of it was work.
    """

    active: bool
    enabled: bool
    input_rate: float
    input_age: float
    refused: float
    replaced: float
    latency: float
    inference: float
    model_version: int
    learner: OtherSide = UNHEARD


@dataclass(frozen=True)
class RecognizerLimits:
    """What is allowed: see the parameters ``diagnostics.*`` and ``image.timeout``."""

    input_age: Limit
    input_rate: float
    refused: Limit
    replaced: float
    latency: Limit
    inference: float
    differs: Limit
    silence: float

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> RecognizerLimits:
        """Return the limits that a node's parameters set."""
        p = parameters
        return cls(
            input_age=Limit(p["diagnostics.input_age"], p["image.timeout"]),
            input_rate=p["diagnostics.input_rate"],
            refused=Limit(p["diagnostics.refused_warn"], p["diagnostics.refused_error"]),
            replaced=p["diagnostics.replaced"],
            latency=Limit(p["diagnostics.latency_warn"], p["diagnostics.latency_error"]),
            inference=p["diagnostics.inference"],
            differs=Limit(p["diagnostics.disagree_warn"], p["diagnostics.disagree_error"]),
            silence=p["diagnostics.silence"],
        )


def recognizer_findings(facts: RecognizerFacts, limits: RecognizerLimits) -> Iterator[Finding]:
    """Return all that is not as it should be; for one that is switched off, only that."""
    if not facts.active:
        yield Finding(Level.WARN, "not active")
        return
    if not facts.enabled:
        yield Finding(Level.WARN, "disabled by service")
        return
    arriving = facts.input_age <= min(limits.input_age)
    if arriving:
        yield from _images(facts, limits)
    elif facts.input_age > limits.input_age.error:
        yield Finding(Level.ERROR, "no images arrive")
    else:
        yield Finding(Level.WARN, f"no image for {facts.input_age:.1f} s")
    yield from other_side(
        "learner", facts.model_version, facts.learner, limits.differs, limits.silence
    )


def _images(facts: RecognizerFacts, limits: RecognizerLimits) -> Iterator[Finding]:
    if facts.input_rate < limits.input_rate:
        yield Finding(Level.WARN, f"only {facts.input_rate:.1f} images a second arrive")
    text = f"{100 * facts.refused:.0f} % of the images cannot be used"
    yield from limits.refused.judge(facts.refused, text)
    if facts.replaced > limits.replaced:
        yield Finding(
            Level.WARN, f"{100 * facts.replaced:.0f} % of the images come too fast to be looked at"
        )
    text = f"names come {facts.latency:.0f} ms after the image: is the camera's clock ours?"
    yield from limits.latency.judge(facts.latency, text)
    if facts.inference > limits.inference:
        yield Finding(Level.WARN, f"an image takes {facts.inference:.0f} ms of work")
