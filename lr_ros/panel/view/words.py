"""Numbers and times as people say them."""

from __future__ import annotations

import math
from collections.abc import Sequence

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def percent(share: float) -> str:
    """Return a share 0..1 as whole percents; a dash where it was not measured."""
    if not math.isfinite(100 * share):
        return "–"  # noqa: RUF001 - a dash for people
    # 100% is kept for what is whole: 0.999 of frames right is not all of them.
    whole = round(100 * share)
    return f"{99 if whole == 100 and share < 1 else whole}%"


def count(number: int, one: str, many: str = "") -> str:
    """Return "1 frame", "2 frames"; ``many`` where an s does not do."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def ago(seconds: float) -> str:
    """Return how long something is past; a dash for what lies in another clock's future."""
    if not math.isfinite(seconds) or seconds < -1.0:
        return "–"  # noqa: RUF001 - likewise
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= unit:
            return f"{count(int(seconds // unit), name)} ago"
    return "just now" if seconds < 10.0 else f"{10 * int(seconds // 10)} seconds ago"


def length(seconds: float) -> str:
    """Return a duration: 0.8 s, 12 s, 3 min."""
    if seconds < 10.0:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 2 * MINUTE else f"{seconds / MINUTE:.0f} min"


def listed(parts: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
