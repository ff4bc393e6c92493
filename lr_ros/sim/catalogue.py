"""The objects the simulated camera can show: which files they are and how they stand upright.

All of them come with pybullet (`pybullet_data`); a colour is given to those that have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from pathlib import Path

FILE_KINDS = (".urdf", ".obj")
"""Kinds of files an object can be."""

_DEPTH = 3


@dataclass(frozen=True)
class ObjectSpec:
    """One object.

    Attributes:
        name: What it is called; unique in a scene.
        file: A URDF or OBJ file, relative to pybullet's data or absolute.
        upright: Roll, pitch and yaw [rad] that stand the object on its feet (z up) and turn its
            front towards the camera.
        colour: Red, green, blue in 0..1 that replace the file's colour; None: as in the file.
    """

    name: str
    file: str
    upright: tuple[float, float, float] = (0.0, 0.0, 0.0)
    colour: tuple[float, float, float] | None = None


CATALOGUE = (
    ObjectSpec("duck", "duck_vhacd.urdf", upright=(pi / 2, 0.0, pi)),
    ObjectSpec("soccer_ball", "soccerball.urdf"),
    ObjectSpec("mug", "objects/mug.urdf"),
    ObjectSpec("swim_ring", "torus/torus_textured.obj", upright=(0.0, 0.0, pi / 2)),
    ObjectSpec("robot_dog", "a1/a1.urdf", upright=(0.0, 0.0, 0.8)),
    ObjectSpec("toy_robot", "r2d2.urdf", upright=(0.0, 0.0, 1.5 * pi)),
    ObjectSpec("bicycle", "bicycle/bike.urdf", upright=(0.0, 0.0, pi / 2)),
    ObjectSpec("toy_brick", "lego/lego.urdf", colour=(0.12, 0.62, 0.22)),
    ObjectSpec("robot_arm", "xarm/xarm6_robot.urdf", upright=(0.0, 0.0, pi / 2)),
    ObjectSpec("domino", "domino/domino.urdf"),
    ObjectSpec("table", "table/table.urdf"),
    ObjectSpec("tray", "tray/traybox.urdf"),
    ObjectSpec("teddy", "teddy_vhacd.urdf", (pi / 2, 0.0, 1.5 * pi), colour=(0.55, 0.33, 0.15)),
    ObjectSpec("wooden_block", "jenga/jenga.urdf"),
    ObjectSpec("rabbit", "bunny.obj", (0.0, 0.0, pi / 2), colour=(0.95, 0.72, 0.78)),
    ObjectSpec("race_car", "racecar/racecar.urdf", upright=(0.0, 0.0, pi / 2)),
)
"""The built-in objects, those easiest to tell apart first; the last ones stand well on a table."""


def choose(names: tuple[str, ...], available: tuple[ObjectSpec, ...]) -> tuple[ObjectSpec, ...]:
    """Return the objects of these names, in their order; all where ``names`` is empty.

    Raises:
        KeyError: A name is not available; the message lists those that are.
    """
    if not names:
        return available
    by_name = {spec.name: spec for spec in available}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise KeyError(f"no object {missing[0]!r}; there are: {', '.join(by_name)}")
    return tuple(by_name[name] for name in names)


def objects_in(folder: Path) -> tuple[ObjectSpec, ...]:
    """Return an object for each URDF or OBJ file in ``folder`` and its subfolders.

    Subfolders are searched three levels deep. The object is named after its file, or after its
    folder and file where several files share one name. OBJ files beside or below a URDF belong to
    it and are no objects of their own.

    Raises:
        FileNotFoundError: The folder does not exist or holds no object.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {folder}: name one with URDF or OBJ files")
    files = _object_files(folder, _DEPTH)
    if not files:
        raise FileNotFoundError(
            f"no URDF or OBJ file in {folder} or in its subfolders, {_DEPTH} levels deep"
        )
    stems = [file.stem for file in files]
    return tuple(
        ObjectSpec(
            file.stem if stems.count(file.stem) == 1 else _long_name(file, folder),
            str(file.resolve()),
        )
        for file in files
    )


def _object_files(folder: Path, depth: int) -> list[Path]:
    entries = sorted(folder.iterdir())
    here = [p for p in entries if p.suffix.lower() in FILE_KINDS and p.is_file()]
    urdfs = [p for p in here if p.suffix.lower() == ".urdf"]
    if urdfs or depth == 0:
        return urdfs or here
    below = [_object_files(p, depth - 1) for p in entries if p.is_dir()]
    return [*here, *(file for files in below for file in files)]


def _long_name(file: Path, folder: Path) -> str:
    """Return a name that no other file of the folder has, but for one that differs by its kind."""
    parts = file.relative_to(folder).with_suffix("").parts
    return "_".join(parts) if len(parts) > 1 else file.name.replace(".", "_")
