"""What the recognizer measures of itself, and the report made of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from lr_ros.recognition.pipeline import LoadedModel
from lr_ros.ros.health import OtherNode, Report, conclude
from lr_ros.ros.health_recognizer import RecognizerFacts, RecognizerLimits, recognizer_findings
from lr_ros.ros.peers import VERSION
from lr_ros.ros.rates import Durations, RateMeter


class Present(NamedTuple):
    """What the node is doing now: its state, its model and encoder, and its counters."""

    active: bool
    enabled: bool
    model: LoadedModel
    encoder_id: str
    replaced: int
    faults: Mapping[str, int]
    oddities: Mapping[str, int]
    model_faults: Mapping[str, int]


class RecognizerHealth:
    """Meters of what arrives, fails and leaves; latencies; and what the learner says it has."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.input = RateMeter()
        self.output = RateMeter()
        self.refused = RateMeter()
        self.inference = Durations()
        self.latency_ms = 0.0
        self.learner = OtherNode()
        self._parameters = parameters

    def report(self, present: Present) -> Report:
        """Return level, summary and values for diagnostics."""
        model, learner = present.model, self.learner.beside(present.model.version, time.monotonic())
        arrived, refused, answered = self.input.rate, self.refused.rate, self.output.rate
        facts = RecognizerFacts(
            active=present.active,
            enabled=present.enabled,
            input_rate=arrived,
            input_age=self.input.age,
            refused=refused / max(refused + answered, 1e-9),
            replaced=max(0.0, 1.0 - (refused + answered) / max(arrived, 1e-9)),
            latency=self.latency_ms,
            inference=1e3 * self.inference.percentile(95),
            model_version=model.version,
            learner=learner,
        )
        values = {
            "input rate [Hz]": arrived,
            "input age [s]": facts.input_age,
            "output rate [Hz]": answered,
            "latency [ms]": self.latency_ms,
            "inference median [ms]": 1e3 * self.inference.percentile(50),
            "inference p95 [ms]": facts.inference,
            "frames replaced by newer ones": present.replaced,
            VERSION: model.version,
            "learner's model version": "none" if learner.version is None else learner.version,
            "same model as the learner": learner.agrees,
            "classes": len(model.class_names),
            "encoder": present.encoder_id,
        }
        values |= {f"refused: {reason}": n for reason, n in present.faults.items()}
        values |= {f"noticed: {what}": n for what, n in present.oddities.items()}
        values |= {f"models refused: {reason}": n for reason, n in present.model_faults.items()}
        findings = recognizer_findings(facts, RecognizerLimits.of(self._parameters))
        return conclude(findings, "recognizing", values)
