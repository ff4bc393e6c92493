"""The sessions in a range of a recording: which frames each has, and which were refused and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lr_ros.bags.eyes import Eyes, Sight
from lr_ros.bags.recording import Recording
from lr_ros.bags.settings import Settings
from lr_ros.stream.segmenter import Box
from lr_ros.teaching.capture import Capture
from lr_ros.teaching.requests import MAX_DURATION, LearnRequest, Region

LEAD_IN = 30.0
"""What lies so long before the range is looked at, so that the segmenter knows the background [s];
what has not moved for so long is background to it."""

OnFrame = Callable[[int, int], None]


@dataclass(frozen=True)
class Span:
    """From ``begin`` to ``end`` [s since the first image] one class is in view; None: nobody."""

    begin: float
    end: float
    class_name: str | None

    @property
    def range(self) -> tuple[float, float]:
        """Begin and end."""
        return self.begin, self.end


@dataclass
class Stay:
    """An object's stay in view, or the whole range where a region is named: one session.

    ``seen`` images belong to it, of which ``capture`` holds the good ones.
    """

    segment_id: int
    capture: Capture
    begin: float
    end: float
    begin_ns: int
    end_ns: int
    stamp: float = 0.0
    seen: int = 0


@dataclass
class Gathered:
    """What a range holds: its ``stays``, and how many ``images`` and of them with ``nobody``."""

    stays: list[Stay] = field(default_factory=list)
    images: int = 0
    nobody: int = 0


@dataclass(frozen=True)
class Wanted:
    """What is asked of each session: ``frames`` at most, from ``region``.

    ``region`` None: the object's own; an empty box: the whole image.
    """

    class_name: str
    frames: int
    region: Box | None = None


def look(
    recording: Recording,
    eyes: Eyes,
    span: tuple[float, float],
    on_frame: OnFrame,
    region: Box | None = None,
) -> Iterator[Sight]:
    """Yield what is seen in ``span``; the images just before it only teach the background."""
    begin, end = span
    for shot in recording.shots(max(0.0, begin - LEAD_IN), end):
        on_frame(shot.index + 1, recording.count)
        if shot.offset < begin:
            eyes.warm_up(shot)
        else:
            yield eyes.look(shot, _asked(region, *shot.image.shape[:2]))


def _asked(region: Box | None, height: int, width: int) -> Box | None:
    if region is None:
        return None
    clipped = region.clipped(width, height)
    return clipped if clipped.area else Box(0, 0, width, height)


def gather(
    recording: Recording,
    settings: Settings,
    span: Span,
    wanted: Wanted,
    on_frame: OnFrame = lambda _done, _total: None,
) -> Gathered:
    """Return the sessions in a range, each object's stay in view being one."""
    found = Gathered()
    for sight in look(recording, Eyes(settings), span.range, on_frame, wanted.region):
        found.images += 1
        _sort(found, sight, settings, wanted)
    return found


def _sort(found: Gathered, sight: Sight, settings: Settings, wanted: Wanted) -> None:
    shot, answer, record = sight
    whole = wanted.region is not None
    segment = 0 if whole else answer.segment_id
    if segment == 0 and not whole:
        found.nobody += 1
        return
    stay = found.stays[-1] if found.stays else None
    if stay is None or stay.segment_id != segment:
        region = record.region if whole else Region()
        request = LearnRequest(wanted.class_name, wanted.frames, MAX_DURATION, region)
        capture = Capture("", request, settings.capture())
        stay = Stay(segment, capture, shot.offset, shot.offset, shot.recorded, shot.recorded)
        found.stays.append(stay)
    stay.seen += 1
    stay.end, stay.end_ns, stay.stamp = shot.offset, shot.recorded, answer.stamp
    # The recording's time stands in for the clock: a session that shows no new view ends itself.
    stay.capture.offer(record, record.unpack(), answer.stamp)
