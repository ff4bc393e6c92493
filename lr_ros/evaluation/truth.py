"""The truth about a recorded stream: which object is in view in which frame."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lr_ros.evaluation.errors import InputError

LONGEST_GAP = 0.5
"""An object that is hidden for up to this long [s] has not left."""


@dataclass(frozen=True)
class Appearance:
    """An object's stay in view: frames ``first`` to ``last``, its ``number``-th, from 0."""

    name: str
    first: int
    last: int
    number: int


@dataclass(frozen=True)
class Truth:
    """``objects`` names the object in view in each frame, None for nobody."""

    fps: float
    objects: tuple[str | None, ...]

    @property
    def appearances(self) -> tuple[Appearance, ...]:
        """Every stay of every object, in order."""
        longest_gap = round(LONGEST_GAP * self.fps)
        found: list[Appearance] = []
        numbers: Counter[str] = Counter()
        for index, name in enumerate(self.objects):
            if name is None:
                continue
            newest = found[-1] if found else None
            if newest and newest.name == name and index - newest.last - 1 <= longest_gap:
                found[-1] = Appearance(name, newest.first, index, newest.number)
            else:
                found.append(Appearance(name, index, index, numbers[name]))
                numbers[name] += 1
        return tuple(found)


def load_truth(path: Path) -> Truth:
    """Read a truth file.

    It is JSON: ``{"fps": 10, "frames": [{"frame": 0, "object": null}, ...]}``, one entry a frame,
    in order; other keys are ignored.

    Raises:
        InputError: The file is missing, no JSON, or says something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"truth file {path} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"truth file {path} cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"truth file {path} is no JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("frames"), list):
        raise InputError(f"truth file {path}: an object with a list 'frames' is needed")
    objects = tuple(_object(path, index, entry) for index, entry in enumerate(content["frames"]))
    if not any(objects):
        raise InputError(f"truth file {path}: no frame has an object in it")
    return Truth(_rate(path, content.get("fps")), objects)


def _rate(path: Path, value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 < value <= 1000:
        raise InputError(f"truth file {path}: fps = {value!r}; a rate from 0 to 1000 is needed")
    return float(value)


def _object(path: Path, index: int, entry: Any) -> str | None:
    if not isinstance(entry, dict) or "object" not in entry:
        raise InputError(f"truth file {path}: entry {index} of 'frames' has no key 'object'")
    if entry.get("frame", index) != index:
        raise InputError(
            f"truth file {path}: entry {index} of 'frames' is about frame {entry['frame']!r}; "
            "one entry a frame is needed, in order"
        )
    name = entry["object"]
    if name is not None and not (isinstance(name, str) and name):
        raise InputError(f"truth file {path}: object {name!r} of frame {index} is no name")
    return name


def check_length(truth: Truth, frames: int, video: Path) -> None:
    """Refuse a truth that is about another number of frames than the video has.

    Raises:
        InputError: The numbers differ.
    """
    if len(truth.objects) != frames:
        raise InputError(
            f"the truth is about {len(truth.objects)} frames, {video} has {frames}; "
            "do they belong together?"
        )
