"""What an operator may ask for, checked before anything is done."""

from __future__ import annotations

import math
import unicodedata
from typing import NamedTuple

from lr_ros.teaching.errors import ErrorCode, TeachingError

MAX_NAME = 64
MAX_FRAMES = 10_000
MAX_DURATION = 3600.0
ENDLESS = 1e9
"""Duration of a session whose frames are all there already [s]."""
RESERVED_NAMES = ("unknown",)


class Region(NamedTuple):
    """A region of an image [pixels]; all zero where none is asked for."""

    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0

    def __bool__(self) -> bool:
        """Whether a region is asked for."""
        return self.width > 0


NO_REGION = Region()


class Defaults(NamedTuple):
    """What a request that names nothing gets."""

    frames: int
    duration: float


class LearnRequest(NamedTuple):
    """A checked request to learn: ``frames`` to gather, ``duration`` at most [s], ``region``."""

    class_name: str
    frames: int
    duration: float
    region: Region


def check_class_name(name: str) -> str:
    """Return the name, in Unicode's composed form.

    Raises:
        TeachingError: INVALID_NAME for one that is empty, longer than 64 characters, reserved, or
            has characters that cannot be printed, separate paths, or stand invisibly at its ends.
    """
    shown = repr(name[:40]) + ("..." if len(name) > 40 else "")
    reason = ""
    if not name:
        reason = "a class name must not be empty"
    elif len(name) > MAX_NAME:
        reason = f"class name {shown} has {len(name)} characters, {MAX_NAME} are allowed"
    elif not name.isprintable():
        reason = f"class name {shown} has characters that cannot be printed"
    elif "/" in name or "\\" in name or name.startswith("."):
        reason = f"class name {shown} looks like a path; leave out '/', '\\' and a leading '.'"
    elif name != name.strip():
        reason = f"class name {shown} begins or ends with a space"
    elif name.casefold() in RESERVED_NAMES:
        reason = f"class name {shown} is reserved; choose another"
    if reason:
        raise TeachingError(ErrorCode.INVALID_NAME, reason)
    return unicodedata.normalize("NFC", name)


def check_learn(
    class_name: str, frames: int, duration: float, region: Region, defaults: Defaults
) -> LearnRequest:
    """Return the request with defaults put in (``frames`` -1, ``duration`` 0).

    Raises:
        TeachingError: INVALID_NAME or INVALID_ARGUMENT, naming the value and the allowed range.
    """
    name = check_class_name(class_name)
    if frames == -1:
        frames = defaults.frames
    if not 1 <= frames <= MAX_FRAMES:
        raise TeachingError(
            ErrorCode.INVALID_ARGUMENT,
            f"frames = {frames}: ask for 1 to {MAX_FRAMES}, or -1 for the default",
        )
    if duration == 0.0:
        duration = defaults.duration
    if not (math.isfinite(duration) and 0.0 < duration <= MAX_DURATION):
        raise TeachingError(
            ErrorCode.INVALID_ARGUMENT,
            f"duration = {duration}: ask for up to {MAX_DURATION:g} s, or 0 for the default",
        )
    if (region.width == 0) != (region.height == 0):
        raise TeachingError(
            ErrorCode.INVALID_ARGUMENT,
            f"roi of {region.width} x {region.height} pixels has no area; give both sides, or none",
        )
    if not region and (region.x or region.y):
        raise TeachingError(
            ErrorCode.INVALID_ARGUMENT,
            f"roi at ({region.x}, {region.y}) has no size; give width and height",
        )
    return LearnRequest(name, frames, duration, region)
