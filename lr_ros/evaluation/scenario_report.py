"""What came out of a scenario; no ROS in here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lr_ros.evaluation.scenario import Scenario, Step


@dataclass(frozen=True)
class StepResult:
    """How a step went.

    ``fault`` is empty where it went well. ``answers`` counts the names given in the frames of a
    check; ``seconds`` is the stream's time that the step took.
    """

    number: int
    step: Step
    fault: str = ""
    answers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def frames(self) -> int:
        """Frames that were checked."""
        return sum(self.answers.values())

    @property
    def right(self) -> int:
        """Frames that were answered as expected."""
        return self.answers[str(self.step.values.get("expect"))]

    @property
    def share(self) -> float:
        """Share of the frames that were right; 0 without any."""
        return self.right / self.frames if self.frames else 0.0


@dataclass(frozen=True)
class ScenarioReport:
    """The results of all steps that were taken."""

    scenario: Scenario
    results: tuple[StepResult, ...]

    @property
    def checks(self) -> tuple[StepResult, ...]:
        """The checks."""
        return tuple(result for result in self.results if result.step.verb == "check")

    @property
    def accuracy(self) -> float:
        """Share of all frames of all checks that were right; 0 without any."""
        frames = sum(result.frames for result in self.checks)
        return sum(result.right for result in self.checks) / frames if frames else 0.0

    @property
    def faults(self) -> list[str]:
        """Why the scenario is not passed; empty where it is."""
        faults = [
            f"step {result.number} (line {result.step.line}): {result.fault}"
            for result in self.results
            if result.fault
        ]
        if len(self.results) < len(self.scenario.steps):
            faults.append(f"{len(self.scenario.steps) - len(self.results)} steps were not taken")
        elif self.accuracy < self.scenario.least_accuracy:
            faults.append(
                f"{self.accuracy:.0%} of all checked frames are right; "
                f"{self.scenario.least_accuracy:.0%} are required"
            )
        return faults

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "title": self.scenario.title,
            "passed": not self.faults,
            "accuracy": round(self.accuracy, 4),
            "required_accuracy": self.scenario.least_accuracy,
            "faults": self.faults,
            "steps": [_step(result) for result in self.results],
        }


def _step(result: StepResult) -> dict[str, Any]:
    described: dict[str, Any] = {
        "number": result.number,
        "line": result.step.line,
        "step": result.step.verb,
        **{name: value for name, value in result.step.values.items() if value is not None},
        "passed": not result.fault,
        "seconds": round(result.seconds, 3),
    }
    if result.step.verb == "check":
        described |= {
            "frames": result.frames,
            "right": result.right,
            "share": round(result.share, 4),
            "answers": dict(result.answers),
        }
    return described
