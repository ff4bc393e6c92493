"""What surrounds the objects of a scene: background, light, clutter, and what covers them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lr_ros.sim.backgrounds import PAINTERS
from lr_ros.sim.lights import LIGHTS, number_of, setting

MOST_CLUTTER = 40
"""Most things that lie around."""

MOST_OCCLUDED = 0.9
"""Largest share of an object that a board hides."""


@dataclass(frozen=True)
class Domain:
    """Everything about a picture that is not the objects.

    Attributes:
        background: What lies behind the objects, a name of ``PAINTERS``.
        light: What lights them, a name of ``LIGHTS``.
        clutter: How many things lie around that are none of the objects.
        occlusion: Share of each object's height that a board before it hides, 0..0.9.
        hand: Whether a hand holds the object that is held up, and covers some of it.

    Raises:
        ValueError: A value is not one of those; the message lists what there is.
    """

    background: str = next(iter(PAINTERS))
    light: str = next(iter(LIGHTS))
    clutter: int = 0
    occlusion: float = 0.0
    hand: bool = False

    def __post_init__(self) -> None:
        for what, name, names in (
            ("background", self.background, PAINTERS),
            ("light", self.light, LIGHTS),
        ):
            if name not in names:
                raise ValueError(f"no {what} {name[:64]!r}; there are: {', '.join(names)}")
        if not 0 <= self.clutter <= MOST_CLUTTER:
            raise ValueError(f"clutter = {self.clutter}: 0 to {MOST_CLUTTER} things are possible")
        if not (math.isfinite(self.occlusion) and 0 <= self.occlusion <= MOST_OCCLUDED):
            raise ValueError(
                f"occlusion = {self.occlusion}: a share from 0 to {MOST_OCCLUDED} is needed"
            )

    @property
    def number(self) -> int:
        """Number of the background and light together (:func:`lr_ros.sim.lights.setting`)."""
        return number_of(self.background, self.light)

    @staticmethod
    def names_of(number: int) -> dict[str, str]:
        """Return the fields ``background`` and ``light`` of a numbered setting.

        Raises:
            ValueError: There is no such number.
        """
        background, light = setting(number)
        return {"background": background, "light": light}
