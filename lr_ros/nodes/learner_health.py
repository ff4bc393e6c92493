"""What the learner measures of itself, and the report made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rclpy.node import Node

from lr_ros.ros.health import OtherSide, Report, conclude
from lr_ros.ros.health_learner import LearnerFacts, LearnerLimits, learner_findings
from lr_ros.ros.peers import VERSION, Peer
from lr_ros.ros.rates import RateMeter
from lr_ros.teaching.engine import Engine


class LearnerHealth:
    """Meters of what arrives, and what the recognizer says it has."""

    def __init__(self, node: Node, parameters: Mapping[str, Any]) -> None:
        self.input = RateMeter()
        self.refused = RateMeter()
        self._recognizer = Peer(node, "recognizer")
        self._parameters = parameters

    def close(self) -> None:
        """Stop listening to the recognizer."""
        self._recognizer.close()

    def report(self, engine: Engine, active: bool, faults: Mapping[str, int]) -> Report:
        """Return level, summary and values for diagnostics."""
        status, vitals = engine.status, engine.vitals
        recognizer = self._recognizer.beside(status.model_version)
        refused, arrived = self.refused.rate, self.input.rate
        facts = LearnerFacts(
            active=active,
            input_age=self.input.age,
            refused=refused / max(refused + arrived, 1e-9),
            status=status,
            vitals=vitals,
            recognizer=recognizer,
        )
        values: dict[str, object] = {
            "state": status.phase.name.lower(),
            "latents [Hz]": arrived,
            "latents age [s]": facts.input_age,
            "sessions waiting": vitals.waiting,
            "last training [s]": vitals.training_seconds,
            "replay used": status.replay_used,
            "replay capacity": status.replay_capacity,
            "saved": vitals.unsaved_for is None,
            "last save [s ago]": "not since the start" if vitals.saved_for is None
            else vitals.saved_for,
            "set aside": ", ".join(vitals.set_aside) or "none",
            **_models(status.model_version, recognizer),
            "classes": len(status.classes),
            "encoder": engine.encoder_id,
        }  # fmt: skip
        values |= {f"latents refused: {reason}": n for reason, n in faults.items()}
        findings = learner_findings(facts, LearnerLimits.of(self._parameters))
        return conclude(findings, status.phase.name.lower(), values)


def _models(mine: int, recognizer: OtherSide) -> dict[str, object]:
    theirs = "none" if recognizer.version is None else recognizer.version
    return {
        VERSION: mine,
        "recognizer's model version": theirs,
        "same model as the recognizer": recognizer.agrees,
    }
