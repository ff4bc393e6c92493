"""The lights a scene can have, and how a background and a light make a numbered setting."""

from __future__ import annotations

from lr_ros.sim.backgrounds import PAINTERS
from lr_ros.sim.mesh import Light

LIGHTS: dict[str, Light] = {
    "daylight": Light((0.5, 0.8, 0.6), 0.62, 0.35, 0.05),
    "lamp": Light((-0.9, 0.5, 0.3), 0.48, 0.5, 0.1, tint=(1.08, 0.98, 0.82), gain=0.95),
    "window": Light((0.95, 0.2, 0.4), 0.5, 0.45, 0.05, tint=(0.92, 0.99, 1.1), gain=1.05),
    "dusk": Light((0.0, 0.9, 0.1), 0.55, 0.4, 0.02, tint=(1.02, 0.95, 0.98), gain=0.68),
}
"""The lights by name."""

SETTINGS = len(PAINTERS) * len(LIGHTS)
"""How many numbered settings there are: every background under every light."""


def setting(number: int) -> tuple[str, str]:
    """Return the names of background and light of a setting.

    The first ones all have another background, and neighbours never share a light.

    Raises:
        ValueError: ``number`` is not in 0 to ``SETTINGS`` - 1.
    """
    if not 0 <= number < SETTINGS:
        raise ValueError(f"no background {number}: they are numbered 0 to {SETTINGS - 1}")
    backgrounds, lights = list(PAINTERS), list(LIGHTS)
    turn, background = divmod(number, len(backgrounds))
    return backgrounds[background], lights[(background + turn) % len(lights)]


def number_of(background: str, light: str) -> int:
    """Return the number of the setting of this background and this light.

    Raises:
        ValueError: There is no such background or light.
    """
    backgrounds, lights = list(PAINTERS), list(LIGHTS)
    first = backgrounds.index(background)
    turn = (lights.index(light) - first) % len(lights)
    return turn * len(backgrounds) + first
