"""How often the recognizer is right, by class and along the recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from lr_ros.bags.gathering import Span

BIN_SECONDS = 1.0
"""Length of a point of the accuracy over time."""


@dataclass
class Tally:
    """Images of one class: named rightly, not named, and under which wrong names."""

    images: int = 0
    right: int = 0
    unknown: int = 0
    not_in_view: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def accuracy(self) -> float:
        """Share named rightly."""
        return self.right / self.images

    def add(self, truth: str | None, name: str | None, in_view: bool) -> bool:
        """Count one image; return whether it was right."""
        self.images += 1
        right = name == truth
        self.right += right
        if name is None:
            self.unknown += 1
            self.not_in_view += not in_view
        elif not right:
            self.wrong[name] += 1
        return right


class Scores:
    """Counts answers against spans of truth.

    An object that the model was never taught is a stranger: calling it unknown is right.
    """

    def __init__(self, spans: Sequence[Span], known: Collection[str]) -> None:
        self._spans = list(spans)
        self._known = frozenset(known)
        self._place = 0
        self.classes: dict[str, Tally] = {}
        self.strangers: dict[str, Tally] = {}
        self.nobody = Tally()
        self.bins: dict[int, list[int]] = {}
        self.unjudged = 0

    def add(self, offset: float, name: str | None, in_view: bool) -> None:
        """Count the answer to the image at ``offset`` [s]; ``name`` None: unknown."""
        span = self._span_at(offset)
        if span is None:
            self.unjudged += 1
            return
        truth = span.class_name
        if truth is None:
            right = self.nobody.add(None, name, in_view)
        elif truth in self._known:
            right = self.classes.setdefault(truth, Tally()).add(truth, name, in_view)
        else:
            right = self.strangers.setdefault(truth, Tally()).add(None, name, in_view)
        counted = self.bins.setdefault(int(offset // BIN_SECONDS), [0, 0])
        counted[0] += 1
        counted[1] += right

    def _span_at(self, offset: float) -> Span | None:
        while self._place < len(self._spans) and self._spans[self._place].end <= offset:
            self._place += 1
        if self._place == len(self._spans) or offset < self._spans[self._place].begin:
            return None
        return self._spans[self._place]

    @property
    def judged(self) -> int:
        """Images that a span covers."""
        return sum(counted[0] for counted in self.bins.values())

    def timeline(self) -> list[dict[str, float]]:
        """Return images and right answers of each second."""
        return [
            {"start": number * BIN_SECONDS, "images": images, "right": right}
            for number, (images, right) in sorted(self.bins.items())
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return all figures; shares are 0..1, None where there is nothing to share."""
        taught = list(self.classes.values())
        images = sum(tally.images for tally in taught)
        wrong = sum(sum(tally.wrong.values()) for tally in taught)
        return {
            "images_judged": self.judged,
            "images_not_judged": self.unjudged,
            "accuracy": _share(sum(tally.right for tally in taught), images),
            "mean_class_accuracy": _share(sum(t.accuracy for t in taught), len(taught)),
            "unknown_share": _share(sum(tally.unknown for tally in taught), images),
            "wrong_name_share": _share(wrong, images),
            "false_name_share_when_nobody": _share(
                self.nobody.images - self.nobody.right, self.nobody.images
            ),
            "false_name_share_of_strangers": _share(
                sum(t.images - t.right for t in self.strangers.values()),
                sum(t.images for t in self.strangers.values()),
            ),
            "per_class": {name: _figures(tally) for name, tally in sorted(self.classes.items())},
            "strangers": {name: _figures(tally) for name, tally in sorted(self.strangers.items())},
            "timeline": self.timeline(),
        }


def _figures(tally: Tally) -> dict[str, Any]:
    return {
        "images": tally.images,
        "accuracy": round(tally.accuracy, 4),
        "unknown": tally.unknown,
        "of_them_not_in_view": tally.not_in_view,
        "wrong_names": dict(tally.wrong.most_common()),
    }


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
