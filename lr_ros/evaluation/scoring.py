"""Scores of a played stream, from what was published, answered and taught; no ROS in here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lr_ros.evaluation.truth import Truth


@dataclass(frozen=True)
class Result:
    """One recognition: the image's stamp [s], the name given (None: unknown) and by which model."""

    stamp: float
    name: str | None
    model_version: int
    latency_ms: float


@dataclass(frozen=True)
class Session:
    """One object taught: the stamp of its last frame [s], and the model made of it.

    ``version`` is None where nothing was learned; ``note`` says why.
    """

    class_name: str
    last_frame: float
    version: int | None
    note: str = ""


@dataclass(frozen=True)
class Log:
    """All that happened while a stream was played.

    ``published`` maps the stamp of each published image [s] to the number of its frame.
    """

    published: Mapping[float, int]
    results: Sequence[Result]
    sessions: Sequence[Session]
    rss_mb: Mapping[str, float]


def score(truth: Truth, log: Log) -> dict[str, Any]:
    """Return the report of a played stream; shares are 0..1, None where nothing was to be scored.

    - ``frames_published``, ``frames_processed``, ``dropped``: images sent, answered, not answered.
    - ``accuracy``, ``per_class``: share of the frames with the object in view, from its second
      appearance on, that got its name; an unknown or no answer is wrong.
    - ``false_names_when_empty``: share of the frames with nobody in view that got a name.
    - ``recognition_latency_ms``: from the image's stamp to its answer.
    - ``update_seconds``: from a session's last frame to the first answer of its model.
    - ``rss_mb``: peak resident memory by process.
    """
    answers = {
        log.published[result.stamp]: result
        for result in log.results
        if result.stamp in log.published
    }
    shown = set(log.published.values())
    later = _later_frames(truth, shown)
    right = {
        name: [_named(answers, index) == name for index in frames] for name, frames in later.items()
    }
    empty = [index for index in sorted(shown) if truth.objects[index] is None]
    false_names = [_named(answers, index) is not None for index in empty]
    latencies = [result.latency_ms for result in answers.values()]
    updates = update_times(log.sessions, log.results)
    return {
        "frames_published": len(log.published),
        "frames_processed": len(answers),
        "dropped": len(log.published) - len(answers),
        "accuracy": _share(hit for hits in right.values() for hit in hits),
        "per_class": {name: _share(hits) for name, hits in right.items()},
        "false_names_when_empty": _share(false_names),
        "recognition_latency_ms": {
            "p50": _rounded(percentile(latencies, 0.5), 2),
            "p95": _rounded(percentile(latencies, 0.95), 2),
        },
        "update_seconds": {
            "median": _rounded(percentile(updates, 0.5), 3),
            "max": _rounded(percentile(updates, 1.0), 3),
        },
        "rss_mb": {name: round(value, 1) for name, value in log.rss_mb.items()},
    }


def _later_frames(truth: Truth, shown: set[int]) -> dict[str, list[int]]:
    """Return the published frames of each object from its second appearance on."""
    frames: dict[str, list[int]] = {}
    for appearance in truth.appearances:
        if appearance.number == 0:
            continue
        frames.setdefault(appearance.name, []).extend(
            index
            for index in range(appearance.first, appearance.last + 1)
            if truth.objects[index] == appearance.name and index in shown
        )
    return frames


def _named(answers: Mapping[int, Result], index: int) -> str | None:
    result = answers.get(index)
    return None if result is None else result.name


def update_times(sessions: Sequence[Session], results: Sequence[Result]) -> list[float]:
    """Return, for each session that made a model which answered, how long that took [s]."""
    answered = sorted((r.stamp + r.latency_ms / 1e3, r.model_version) for r in results)
    times = []
    for session in sessions:
        if session.version is None:
            continue
        first = next((at for at, version in answered if version >= session.version), None)
        if first is not None:
            times.append(max(first - session.last_frame, 0.0))
    return times


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that ``share`` of the values do not exceed (nearest rank); None of none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def _share(hits: Iterable[bool]) -> float | None:
    counted = list(hits)
    return round(sum(counted) / len(counted), 4) if counted else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
