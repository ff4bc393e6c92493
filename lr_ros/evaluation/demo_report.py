"""What came out of the demo, and whether it succeeded; no ROS in here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

LEAST_ACCURACY = 0.8
"""Share of all test frames that must be named rightly."""

NO_ANSWER = "(no answer)"
UNKNOWN = "(unknown)"


@dataclass(frozen=True)
class ObjectResult:
    """What one object was called in its test frames; ``answers`` counts the names given."""

    name: str
    answers: Counter[str]

    @property
    def frames(self) -> int:
        """Test frames."""
        return sum(self.answers.values())

    @property
    def accuracy(self) -> float:
        """Share of the test frames that got its name; 0 without any frame."""
        return self.answers[self.name] / self.frames if self.frames else 0.0

    @property
    def most_given(self) -> str:
        """The name given most."""
        return self.answers.most_common(1)[0][0] if self.answers else NO_ANSWER


@dataclass(frozen=True)
class DemoReport:
    """The results of all objects; ``learned`` maps each name to seconds until its new model."""

    results: tuple[ObjectResult, ...]
    learned: dict[str, float] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """Share of all test frames that were named rightly."""
        frames = sum(result.frames for result in self.results)
        right = sum(result.answers[result.name] for result in self.results)
        return right / frames if frames else 0.0

    @property
    def faults(self) -> list[str]:
        """Why the demo has failed; empty where it has not."""
        faults = [
            f"{result.name!r} was named rightly in {result.answers[result.name]} of "
            f"{result.frames} frames, and called {result.most_given!r} most"
            for result in self.results
            if result.accuracy <= 0.5
        ]
        if self.accuracy < LEAST_ACCURACY:
            faults.append(
                f"{self.accuracy:.0%} of the test frames were named rightly; "
                f"{LEAST_ACCURACY:.0%} are needed"
            )
        return faults

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "accuracy": round(self.accuracy, 4),
            "per_class": {result.name: round(result.accuracy, 4) for result in self.results},
            "frames": {result.name: result.frames for result in self.results},
            "update_seconds": {name: round(value, 3) for name, value in self.learned.items()},
            "succeeded": not self.faults,
        }
