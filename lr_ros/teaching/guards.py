"""When a request is refused, and what is said then."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from lr_ros.teaching.capture import Capture, End, LatentRecord
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.status import Status


def refuse_if_paused(status: Status) -> None:
    """Raise PAUSED while learning is paused."""
    if status.paused:
        raise TeachingError(
            ErrorCode.PAUSED, "learning is paused; call pause_learning with false first"
        )


def refuse_if_gathering(capture: Capture | None) -> None:
    """Raise BUSY while a session gathers frames."""
    if capture is not None:
        name = capture.request.class_name
        raise TeachingError(
            ErrorCode.BUSY, f"the session for {name!r} gathers frames; wait, stop or cancel it"
        )


def refuse_if_waiting(waiting: Sequence[Capture]) -> None:
    """Raise BUSY while complete sessions are trained, or wait for it."""
    if waiting:
        names = ", ".join(repr(capture.request.class_name) for capture in waiting)
        raise TeachingError(
            ErrorCode.BUSY, f"sessions are still being trained ({names}); wait or cancel them"
        )


def refuse_if_many_wait(waiting: Sequence[Capture], most: int) -> None:
    """Raise CAPACITY where one more complete session would be one too many."""
    if len(waiting) >= most:
        raise TeachingError(
            ErrorCode.CAPACITY,
            f"{len(waiting)} sessions wait for their training, the most that parameter "
            "session.waiting allows; wait until one is trained",
        )


def refuse_if_full(class_name: str, known: Collection[str], most: int) -> None:
    """Raise CAPACITY where one more class would be one too many."""
    if class_name not in known and len(known) >= most:
        raise TeachingError(
            ErrorCode.CAPACITY,
            f"{len(known)} classes are known, the most that parameter session.max_classes allows; "
            "forget one first",
        )


def refuse_if_silent(silence: float, most: float) -> None:
    """Raise NO_IMAGES where no latent has arrived for too long [s]."""
    if silence <= most:
        return
    ever = f"for {silence:.1f} s" if math.isfinite(silence) else "have arrived yet"
    raise TeachingError(
        ErrorCode.NO_IMAGES,
        f"no latents {ever}: is the camera publishing, is the recognizer active and of the same "
        "encoder? Try: lr doctor",
    )


def refuse_if_forgotten(segment_id: int, records: Sequence[LatentRecord]) -> None:
    """Raise UNKNOWN_SEGMENT where no frame of a segment is remembered."""
    if not records:
        raise TeachingError(
            ErrorCode.UNKNOWN_SEGMENT,
            f"segment {segment_id} is not remembered; list_segments shows those that are",
        )


def raise_if_over(capture: Capture) -> None:
    """Raise the error with which a capture has ended already."""
    if capture.result.done():
        result = capture.result.result()
        raise TeachingError(result.code, result.message)


def at_shutdown(capture: Capture) -> str:
    """Return what becomes of a session that is not trained when the learner ends."""
    if capture.kept.done() and capture.kept.result():
        return f"the learner ends; session {capture.session_id} is trained at its next start"
    return "the learner ends; nothing was changed"


def too_few(capture: Capture) -> tuple[ErrorCode, str]:
    """Return how a session with too few good frames is answered."""
    if capture.end is End.OUTSIDE:
        region = capture.request.region
        return ErrorCode.INVALID_ARGUMENT, (
            f"roi of {region.width} x {region.height} pixels at ({region.x}, {region.y}) does not "
            "lie in the image; name one that does, or none"
        )
    refused = ", ".join(f"{count} {reason}" for reason, count in capture.refused.items())
    reason = capture.end.value if capture.end is not None else ""
    silent = capture.end is End.SILENT and not capture.frames
    return ErrorCode.NO_IMAGES if silent else ErrorCode.TOO_FEW_FRAMES, (
        f"{capture.frames} good frames, {capture.min_frames} are needed ({reason}; refused: "
        f"{refused or 'none'}); nothing was changed"
    )
