"""What was taught while a recording was made, read from what the learner said of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from lr_ros.bags.recording import Spoken
from lr_ros.stream.segmenter import Box


class State(IntEnum):
    """States of ``lr_ros/msg/LearnerStatus``."""

    IDLE = 0
    CAPTURING = 1
    QUEUED = 2
    TRAINING = 3
    FAILED = 4


@dataclass(frozen=True)
class Taught:
    """A session: when it gathered frames [s since the first image], and how it ended.

    ``outcome`` is ``learned``, ``failed`` or ``open`` (the recording ended before it did).
    ``gathered`` False: it was a segment named later, whose frames the recording does not point to.
    """

    session_id: str
    class_name: str
    begin: float
    end: float
    frames: int
    region: Box | None
    gathered: bool
    outcome: str = "open"


def taught_in(spoken: Sequence[Spoken]) -> tuple[Taught, ...]:
    """Return the sessions that a learner told of, in order."""
    found: dict[str, Taught] = {}
    for offset, status in spoken:
        if not status.session_id or (status.state == State.IDLE and status.session_id not in found):
            continue
        known = found.get(status.session_id)
        gathering = status.state == State.CAPTURING
        if known is None:
            roi = status.roi
            box = Box(roi.x_offset, roi.y_offset, roi.width, roi.height) if roi.width else None
            frames = max(int(status.frames_target), 1)
            known = Taught(
                status.session_id, status.class_name, offset, offset, frames, box, gathering
            )
        if gathering or (known.gathered and status.state == State.QUEUED):
            known = replace(known, end=offset)
        if known.outcome == "open" and status.state in (State.IDLE, State.FAILED):
            good = status.state == State.IDLE and status.error_code == 0
            known = replace(known, outcome="learned" if good else "failed")
        found[status.session_id] = known
    return tuple(found.values())


def left_out(taught: Sequence[Taught]) -> list[str]:
    """Say which sessions cannot be taught again, and why."""
    said = []
    for session in taught:
        if not session.gathered:
            said.append(
                f"{session.class_name!r} was named after it was seen; which segment it was is not "
                "recorded, so it is left out"
            )
        elif session.outcome != "learned":
            said.append(f"the session of {session.class_name!r} did not end well; it is left out")
    return said
