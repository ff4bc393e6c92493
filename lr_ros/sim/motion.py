"""How an object moves in the picture: it turns, wobbles, wanders a little, comes and goes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Motion:
    """How objects move.

    Attributes:
        turn_rate: Turning about the vertical axis [rad/s].
        wobble: Largest lean to the front and to the side [rad].
        wander: Largest shift in the picture [share of its height]; sizes vary by as much.
        slide: Time in which an object slides into or out of view [s]; 0: at once.
    """

    turn_rate: float = 0.8
    wobble: float = 0.12
    wander: float = 0.04
    slide: float = 0.5


@dataclass(frozen=True)
class Pose:
    """Where an object is drawn: middle and size in shares of the picture's height, angles [rad].

    ``x`` counts from the picture's middle to the right, ``y`` from its middle downwards.
    """

    x: float
    y: float
    size: float
    yaw: float
    pitch: float
    roll: float


@dataclass
class Actor:
    """One object from coming into view to leaving it; times are the scene's [s].

    Attributes:
        name: The object.
        x: Where it stands: from the picture's middle to the right [share of its height].
        y: From its middle downwards [share of its height].
        size: Diameter of the object seen at its widest [share of the picture's height].
        yaw: Angle at ``since`` [rad].
        since: When ``yaw`` held.
        enters: When it begins to come into view.
        leaves: When it begins to leave; None: it stays.
        side: From which side it comes and where it goes: 1 right, -1 left.
        phase: Shifts wobble and wandering, so that no two objects move alike [rad].
    """

    name: str
    x: float
    y: float
    size: float
    yaw: float
    since: float
    enters: float
    leaves: float | None = None
    side: float = 1.0
    phase: float = 0.0

    def yaw_at(self, t: float, motion: Motion) -> float:
        """Return the angle at ``t``, not reduced to one turn."""
        return self.yaw + motion.turn_rate * (t - self.since)

    def gone(self, t: float, motion: Motion) -> bool:
        """Whether it has left the picture at ``t``."""
        return self.leaves is not None and t >= self.leaves + motion.slide

    def pose(self, t: float, motion: Motion, aspect: float) -> Pose | None:
        """Return where it is at ``t``; None while it is out of the picture.

        ``aspect`` is the picture's width by its height.
        """
        if t < self.enters or self.gone(t, motion):
            return None
        inside = eased(t - self.enters, motion.slide)
        if self.leaves is not None:
            inside = min(inside, 1.0 - eased(t - self.leaves, motion.slide))
        outside = self.side * (aspect / 2 + 0.6 * self.size)
        p = self.phase
        return Pose(
            x=self.x * inside + outside * (1 - inside) + motion.wander * math.sin(0.9 * t + p),
            y=self.y + motion.wander * math.sin(0.7 * t + 2 * p),
            size=self.size * (1 + motion.wander * math.sin(0.5 * t + 3 * p)),
            yaw=self.yaw_at(t, motion),
            pitch=0.35 + motion.wobble * math.sin(1.1 * t + 4 * p),
            roll=motion.wobble * math.sin(1.3 * t + 5 * p),
        )


def eased(elapsed: float, duration: float) -> float:
    """Return 0 before and 1 after, with a soft start and end between."""
    if duration <= 0:
        return 1.0 if elapsed >= 0 else 0.0
    share = min(max(elapsed / duration, 0.0), 1.0)
    return share * share * (3 - 2 * share)
