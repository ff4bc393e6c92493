"""A picture of the scene, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PixelBox = tuple[int, int, int, int]
"""Left, top, width, height [pixels]."""


@dataclass(frozen=True)
class Seen:
    """The truth about one object in a picture.

    Attributes:
        name: The object.
        box: Left, top, width, height of what can be seen of it [pixels].
        visible: Share of the object that can be seen (in the picture and not covered), 0..1.
    """

    name: str
    box: PixelBox
    visible: float


@dataclass(frozen=True)
class Thing:
    """One object of the scene, whether it can be seen or not; fields as in SceneObject.msg."""

    name: str
    on_table: bool
    x: float
    y: float
    size: float
    yaw: float
    box: PixelBox = (0, 0, 0, 0)
    visible: float = 0.0


@dataclass(frozen=True)
class View:
    """One picture, ``uint8 [H, W, 3]`` RGB, and the truth about it.

    ``seen`` holds what can be seen, largest first; ``things`` all that is there, what is held up
    before what stands on the table.
    """

    image: NDArray[np.uint8]
    seen: tuple[Seen, ...]
    things: tuple[Thing, ...] = ()
