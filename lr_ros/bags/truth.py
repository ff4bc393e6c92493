"""What is in view when, as people write it down: spans in YAML, JSON or CSV."""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from lr_ros.bags.errors import BagError
from lr_ros.bags.gathering import Span

NOBODY = ("", "none", "null", "nobody")
"""Ways to write that nobody is in view."""


def load_spans(path: Path) -> tuple[Span, ...]:
    """Return the spans of a truth file, in order of time.

    YAML and JSON hold a list, or a list under ``spans``, of ``{start: 0.0, end: 4.5, class: mug}``;
    CSV has the columns ``start,end,class``. Times are seconds since the topic's first image. A
    class that is empty, null or `none` says that nobody is in view. What no span covers is not
    judged. The truth of `lr eval-stream` (``fps`` and ``frames``) is understood, too.

    Raises:
        BagError: The file cannot be read, or says something else; names the entry.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".csv":
            entries: Any = list(csv.DictReader(text.splitlines()))
        elif path.suffix.lower() == ".json":
            entries = json.loads(text)
        else:
            entries = yaml.safe_load(text)
    except FileNotFoundError:
        raise BagError(f"truth file {path} does not exist") from None
    except (OSError, ValueError, csv.Error, yaml.YAMLError) as error:
        raise BagError(f"truth file {path} cannot be read: {error}") from error
    if isinstance(entries, dict) and "frames" in entries:
        spans = list(_of_frames(path, entries))
    else:
        entries = entries.get("spans") if isinstance(entries, dict) else entries
        if not isinstance(entries, list) or not entries:
            raise BagError(f"truth file {path}: a list of spans with start, end, class is needed")
        spans = [_span(path, number, entry) for number, entry in enumerate(entries, 1)]
    return _ordered(path, spans)


def within(spans: Iterable[Span], begin: float, end: float) -> tuple[Span, ...]:
    """Return the parts of spans that lie between ``begin`` and ``end`` [s].

    Raises:
        BagError: There is none.
    """
    cut = (Span(max(s.begin, begin), min(s.end, end), s.class_name) for s in spans)
    kept = tuple(span for span in cut if span.begin < span.end)
    if not kept:
        raise BagError(f"no span lies between {begin:g} and {end:g} s")
    return kept


def _span(path: Path, number: int, entry: Any) -> Span:
    if not isinstance(entry, dict) or not {"start", "end", "class"} <= entry.keys():
        raise BagError(f"truth file {path}: span {number} needs start, end and class")
    begin, end = (_seconds(path, number, key, entry[key]) for key in ("start", "end"))
    if begin >= end:
        raise BagError(f"truth file {path}: span {number} ends at {end:g} s, before its start")
    name = entry["class"]
    if name is not None and not isinstance(name, str):
        raise BagError(f"truth file {path}: class {name!r} of span {number} is no name; quote it")
    named = (name or "").strip()
    return Span(begin, end, None if named.casefold() in NOBODY else named)


def _seconds(path: Path, number: int, key: str, value: Any) -> float:
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise BagError(
            f"truth file {path}: {key} = {value!r} of span {number}; seconds since the first "
            "image are needed"
        )
    return seconds


def _of_frames(path: Path, content: dict[str, Any]) -> Iterable[Span]:
    rate, frames = content.get("fps"), content["frames"]
    if not isinstance(rate, int | float) or not 0 < rate <= 1000 or not isinstance(frames, list):
        raise BagError(f"truth file {path}: fps and a list of frames are needed")
    begin = 0
    names = [entry.get("object") if isinstance(entry, dict) else None for entry in frames]
    for index in range(1, len(names) + 1):
        if index == len(names) or names[index] != names[begin]:
            # Half a frame earlier: the recorded times stray about the rate.
            yield Span(max(0.0, (begin - 0.5) / rate), (index - 0.5) / rate, names[begin])
            begin = index


def _ordered(path: Path, spans: list[Span]) -> tuple[Span, ...]:
    ordered = tuple(sorted(spans, key=lambda span: span.begin))
    for one, other in itertools.pairwise(ordered):
        if other.begin < one.end:
            raise BagError(
                f"truth file {path}: the spans from {one.begin:g} and {other.begin:g} s overlap"
            )
    return ordered
