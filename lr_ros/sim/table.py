"""Objects that stand on the table: placed, moved, taken away; several at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lr_ros.sim.motion import eased

REACH_X = 0.45
"""Objects stand at most so far from the table's middle to either side [m]."""

NEAR, FAR = -0.25, 0.3
"""Least and largest y of an object [m]; y counts from the table's middle away from the camera."""

MOST_OBJECTS = 12
"""Objects that can stand on the table; each costs some 35 MB."""

SIZES = (0.03, 0.4)
"""Least and largest diameter of an object [m]."""

_OUTSIDE = 1.1  # where objects come from and go to: out of the picture [m]


class TableFullError(ValueError):
    """No more objects can stand on the table."""


@dataclass(frozen=True)
class Spot:
    """Where and how an object stands.

    Attributes:
        x: To the right of the table's middle [m].
        y: From the table's middle away from the camera [m].
        yaw: Its angle about the vertical axis, 0 to 2 pi [rad].
        size: Its diameter at its widest [m].
        turn_rate: How fast it turns [rad/s].

    Raises:
        ValueError: A number is not possible; the message says what is.
    """

    x: float
    y: float
    yaw: float = 0.0
    size: float = 0.15
    turn_rate: float = 0.0

    def __post_init__(self) -> None:
        _on_table(self.x, self.y)
        _within("yaw", self.yaw, 0.0, 2 * math.pi, "rad")
        _within("size", self.size, *SIZES, "m")
        _within("turn_rate", self.turn_rate, -10.0, 10.0, "rad/s")


@dataclass(frozen=True)
class Way:
    """A straight way over the table, walked with a soft start and end; times in s."""

    start: tuple[float, float]
    end: tuple[float, float]
    begins: float
    seconds: float

    def at(self, t: float) -> tuple[float, float]:
        """Return x and y [m] at ``t``."""
        share = eased(t - self.begins, self.seconds)
        (x0, y0), (x1, y1) = self.start, self.end
        return x0 + share * (x1 - x0), y0 + share * (y1 - y0)


@dataclass
class Item:
    """One object on the table.

    Attributes:
        name: The object.
        size: Its diameter at its widest [m].
        yaw: Its angle at ``since`` [rad].
        turn_rate: How fast it turns [rad/s].
        since: When ``yaw`` held [s].
        way: Where it comes from and stands.
        leaving: Whether ``way`` leads out of the picture.
    """

    name: str
    size: float
    yaw: float
    turn_rate: float
    since: float
    way: Way
    leaving: bool = False

    def yaw_at(self, t: float) -> float:
        """Return its angle at ``t``, 0 to 2 pi [rad]."""
        return (self.yaw + self.turn_rate * (t - self.since)) % (2 * math.pi)

    def gone(self, t: float) -> bool:
        """Whether it has left the picture."""
        return self.leaving and t >= self.way.begins + self.way.seconds


class Table:
    """What stands on the table.

    Args:
        slide: Time in which an object slides to its place or away [s].
    """

    def __init__(self, slide: float) -> None:
        self._slide = slide
        self._items: list[Item] = []

    def items(self, t: float) -> list[Item]:
        """Return what is on the table at ``t`` [s], those leaving too, in the order they came."""
        self._items = [item for item in self._items if not item.gone(t)]
        return list(self._items)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what stands there and stays."""
        return tuple(item.name for item in self._items if not item.leaving)

    def place(self, name: str, spot: Spot, t: float) -> None:
        """Stand an object there; it slides to its place from the nearer side.

        Raises:
            ValueError: It stands on the table already.
            TableFullError: There are too many.
        """
        self.check(name)
        begin = (math.copysign(_OUTSIDE, spot.x), spot.y)
        self._items = [item for item in self._items if item.name != name]  # one that is leaving
        way = Way(begin, (spot.x, spot.y), t, self._slide)
        self._items.append(Item(name, spot.size, spot.yaw, spot.turn_rate, t, way))

    def check(self, name: str) -> None:
        """Raise what :meth:`place` would."""
        if name in self.names:
            raise ValueError(f"{name!r} stands on the table already; move_object moves it")
        if len(self.names) >= MOST_OBJECTS:
            raise TableFullError(
                f"{MOST_OBJECTS} objects stand on the table, no more are possible; remove one"
            )

    def move(
        self,
        name: str,
        place: tuple[float, float],
        t: float,
        *,
        yaw: float | None = None,
        seconds: float = 1.0,
    ) -> None:
        """Move an object to (x, y) [m] in so many seconds; ``yaw`` [rad], None: as it is.

        Raises:
            KeyError: It does not stand on the table; the message lists what does.
            ValueError: A number is not possible.
        """
        item = self._find(name)
        _on_table(*place)
        _within("seconds", seconds, 0.0, 60.0, "s")
        if yaw is not None:
            _within("yaw", yaw, 0.0, 2 * math.pi, "rad")
            item.yaw, item.since = yaw, t
        item.way = Way(item.way.at(t), place, t, seconds)

    def remove(self, name: str, t: float) -> None:
        """Let an object slide away (KeyError as in :meth:`move`)."""
        item = self._find(name)
        x, y = item.way.at(t)
        item.way = Way((x, y), (math.copysign(_OUTSIDE, x), y), t, self._slide)
        item.leaving = True

    def _find(self, name: str) -> Item:
        for item in self._items:
            if item.name == name and not item.leaving:
                return item
        there = ", ".join(self.names) or "nothing"
        raise KeyError(f"no object {name[:64]!r} stands on the table; there stands: {there}")


def _on_table(x: float, y: float) -> None:
    _within("x", x, -REACH_X, REACH_X, "m")
    _within("y", y, NEAR, FAR, "m")


def _within(what: str, value: float, low: float, high: float, unit: str) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{what} = {value}: {low:g} to {high:g} {unit} is possible")
