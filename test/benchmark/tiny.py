"""Tiny data sets in each layout, made on the spot: every class has a colour of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image


def colour(label: int, classes: int) -> np.ndarray:
    """A colour for a class, far from the others'."""
    angle = 2 * np.pi * label / classes
    wheel = np.cos(angle + np.array([0.0, 2.1, 4.2]))
    return 128 + 90 * wheel


def frame(path: Path, label: int, classes: int, rng: np.random.Generator, size: int = 32) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = rng.normal(colour(label, classes), 12, (size, size, 3))
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)


def core50(root: Path, objects: int = 5, sessions: int = 4, frames: int = 6) -> Path:
    """CORe50's layout, sessions 1.., object o<n>."""
    rng = np.random.default_rng(0)
    for s in range(1, sessions + 1):
        for o in range(1, objects + 1):
            for f in range(frames):
                path = root / f"core50_128x128/s{s}/o{o}/C_{s:02}_{o:02}_{f:03}.png"
                frame(path, o - 1, objects, rng)
    return root


def labels(root: Path, objects: int = 5, test_sessions: tuple[int, ...] = (3,)) -> None:
    entries = [
        {"object": o, "name": f"thing_{o}", "category": f"kind_{o % 2}"}
        for o in range(1, objects + 1)
    ]
    content = {"test_sessions": list(test_sessions), "objects": entries}
    (root / "labels.json").write_text(json.dumps(content))


def openloris(root: Path, arranged: bool = False) -> Path:
    """OpenLORIS-Object's layout, as delivered or as its authors' script arranges it."""
    rng = np.random.default_rng(0)
    names = ("bottle_01", "bottle_02", "cup_01")
    for part in ("train", "test"):
        for factor in ("clutter", "pixel"):
            for n in (1, 2, 10):
                folder = f"{factor}/{part}/task{n}" if arranged else f"{part}/{factor}/segment{n}"
                for label, name in enumerate(names):
                    for f in range(2):
                        frame(root / folder / name / f"{f:03}.jpg", label, len(names), rng)
    return root


def folder(root: Path) -> Path:
    """Any folder session/class/frames."""
    rng = np.random.default_rng(0)
    for session in ("kitchen", "garden", "night 2"):
        for label, name in enumerate(("mug", "fork")):
            for f in range(3):
                frame(root / session / name / f"{f}.png", label, 2, rng)
    return root
