"""From values to a level and plain words: what diagnostics conclude, without ROS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """How well something is."""

    OK = 0
    WARN = 1
    ERROR = 2


class Finding(NamedTuple):
    """Something that is not as it should be."""

    level: Level
    text: str


class Report(NamedTuple):
    """What a node says of itself: level, one sentence, values by name."""

    level: Level
    summary: str
    values: Mapping[str, object]


class Limit(NamedTuple):
    """Above ``warn`` it is a warning, above ``error`` an error."""

    warn: float
    error: float

    def judge(self, value: float, text: str) -> Iterator[Finding]:
        """Return what is found of ``value``; nothing where it is within both."""
        if value > self.error:
            yield Finding(Level.ERROR, text)
        elif value > self.warn:
            yield Finding(Level.WARN, text)


def conclude(findings: Iterable[Finding], fine: str, values: Mapping[str, object]) -> Report:
    """Return a report whose level is that of the worst finding, and whose summary says it.

    ``fine`` is said where nothing is found. The first of the worst findings is the summary; the
    others are among the values.
    """
    found = sorted(findings, key=lambda finding: -finding.level)
    if not found:
        return Report(Level.OK, fine, values)
    others = {f"also {i}": finding.text for i, finding in enumerate(found[1:], 1)}
    return Report(found[0].level, found[0].text, {**values, **others})


class OtherSide(NamedTuple):
    """What is known of the node at the other end.

    ``version`` is that of its model (None: never heard of it), ``silent`` how long it has said
    nothing [s]; ``same``: it has our model; ``differs``: for how long it has had another [s].
    """

    version: int | None = None
    silent: float = 0.0
    differs: float = 0.0
    same: bool = True

    @property
    def agrees(self) -> str:
        """Whether both have the same model, in a word."""
        if self.version is None:
            return "not heard of"
        return "yes" if self.same else "no"


class OtherNode:
    """What the other node has said of its model, and for how long it has been another than ours.

    A node takes a moment to build a new model: versions that differ for a moment are normal. Times
    are seconds of one clock that never goes back.
    """

    def __init__(self) -> None:
        self._version: int | None = None
        self._heard_at = 0.0
        self._differs_since: float | None = None

    def hear(self, version: int, now: float) -> None:
        """It says that its model has this version."""
        self._version, self._heard_at = version, now

    def beside(self, mine: int, now: float) -> OtherSide:
        """Return what is known of it, where our model is ``mine``."""
        if self._version is None:
            return UNHEARD
        if mine == self._version:
            self._differs_since = None
            return OtherSide(self._version, now - self._heard_at)
        if self._differs_since is None:
            self._differs_since = now
        return OtherSide(self._version, now - self._heard_at, now - self._differs_since, same=False)


UNHEARD = OtherSide()


def other_side(
    name: str, mine: int, other: OtherSide, differs: Limit, silence: float
) -> Iterator[Finding]:
    """Return what is found of the other side, which ``name`` names."""
    if other.version is None:
        return
    if other.silent > silence:
        yield Finding(Level.WARN, f"the {name} has said nothing for {other.silent:.0f} s")
        return
    text = (
        f"model {mine} here, model {other.version} in the {name}, for {other.differs:.0f} s: "
        "are the encoder.* parameters of both the same? See the recognizer's log"
    )
    yield from differs.judge(other.differs, text)
