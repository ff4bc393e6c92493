"""Made-up streams with their truth: `python benchmarks/make_stream.py FOLDER`.

Objects of the simulator come into view, stay and go, one at a time and some of them again, before
one background, under conditions that a robot meets: a panning camera, a hand, noise, light that
swings, a camera that sets its exposure anew.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lr_ros.benchmark.script import run_script, steps
from lr_ros.sim.lights import SETTINGS
from lr_ros.sim.motion import Motion
from lr_ros.sim.scene import SceneConfig, SimulatedScene

FPS = 10
Gains = Callable[[float], np.ndarray]


@dataclass(frozen=True)
class Conditions:
    """What a stream is like; the fields of a scene have the names of `SceneConfig`."""

    sway: float = 0.02
    hand: bool = False
    noise: float = 2.0
    clutter: int = 0
    swing: float = 0.0  # largest change of the light, as a share
    period: tuple[float, float] = (1.0, 2.0)  # of the swing [s], drawn for each stream
    exposure: float = 0.0  # the exposure jumps to within this share of what it was, in logarithms


CONDITIONS = {
    "calm": Conditions(),
    "pan": Conditions(sway=0.5, clutter=8),
    "hand": Conditions(sway=0.15, hand=True, clutter=4),
    "noise": Conditions(sway=0.1, noise=8.0),
    "slow_light": Conditions(sway=0.1, swing=0.25, period=(6.0, 12.0)),
    "swing": Conditions(sway=0.05, swing=0.25, hand=True),
    "exposure": Conditions(sway=0.05, exposure=0.4),
    "all": Conditions(sway=0.4, hand=True, noise=5.0, clutter=6, swing=0.2, period=(2.0, 4.0)),
}


def light(conditions: Conditions, rng: np.random.Generator) -> Gains:
    """Return the gain of each channel as a function of time [s]."""
    period, phase = rng.uniform(*conditions.period), rng.uniform(0, 2 * np.pi)
    swing = conditions.swing * rng.uniform(0.85, 1.0, 3)
    jumps = np.exp(conditions.exposure * rng.uniform(-1, 1, 100))
    every = rng.uniform(2.0, 4.0)

    def gains(t: float) -> np.ndarray:
        return (1 + swing * np.sin(2 * np.pi * t / period + phase)) * jumps[int(t / every) % 100]

    return gains


def record(conditions: Conditions, seed: int, path: Path, size: tuple[int, int]) -> None:
    """Write a video (MJPG) of six appearances, and its truth beside it."""
    rng = np.random.default_rng(seed)
    scene = SimulatedScene(
        SceneConfig(
            *size,
            object_size=float(rng.uniform(0.45, 0.8)),
            motion=Motion(turn_rate=float(rng.uniform(0.5, 1.5)), wobble=0.25, wander=0.07),
            sway=conditions.sway,
            noise=conditions.noise,
            clutter=conditions.clutter,
            hand=conditions.hand,
            seed=seed,
        )
    )
    scene.background = int(rng.integers(SETTINGS))
    shown = rng.permutation(scene.objects)[[0, 1, 2, 3, 0, 2]]
    gains = light(conditions, rng)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, size)
    frames: list[dict] = []
    for name in shown:
        for what, seconds in ((None, rng.uniform(2, 4)), (str(name), rng.uniform(4, 7))):
            scene.present(what)
            for _ in range(round(seconds * FPS)):
                view = scene.render(len(frames) / FPS)
                image = np.clip(view.image * gains(len(frames) / FPS), 0, 255).astype(np.uint8)
                writer.write(np.ascontiguousarray(image[..., ::-1]))
                frames.append(truth(len(frames), view.seen))
    writer.release()
    scene.close()
    content = {"fps": FPS, "width": size[0], "height": size[1], "frames": frames}
    path.with_suffix(".json").write_text(json.dumps(content))


def truth(number: int, seen: tuple) -> dict:
    """Return the entry of one frame; the box holds left, top, right and bottom."""
    if not seen:
        return {"frame": number, "object": None, "box": None}
    left, top, width, height = seen[0].box
    box = [left, top, left + width, top + height]
    return {"frame": number, "object": seen[0].name, "box": box}


def main() -> None:
    """Record streams under all or some conditions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--conditions", nargs="+", choices=CONDITIONS, default=list(CONDITIONS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--size", nargs=2, type=int, default=(320, 240), metavar=("W", "H"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    streams = [(name, seed) for name in arguments.conditions for seed in arguments.seeds]
    for name, seed in steps(streams, "recording"):
        path = arguments.folder / f"{name}_{seed}.avi"
        record(CONDITIONS[name], seed, path, tuple(arguments.size))
        print(path, flush=True)


if __name__ == "__main__":
    run_script(main)
