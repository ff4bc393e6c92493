"""How a camera maps the world to pixels, and the YAML files that say it.

The files are those of ROS's `camera_calibration`, also written by OpenCV and many drivers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lr_ros.sources.base import SourceError

Numbers = tuple[float, ...]
_IDENTITY: Numbers = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_DISTORTION_SIZES = {"plumb_bob": (5,), "rational_polynomial": (8,), "equidistant": (4,)}
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class Calibration:
    """The fields of sensor_msgs/CameraInfo; a camera matrix of zeros says 'not calibrated'."""

    width: int
    height: int
    camera_matrix: Numbers = (0.0,) * 9
    distortion_model: str = ""
    distortion: Numbers = ()
    rectification: Numbers = (0.0,) * 9
    projection: Numbers = (0.0,) * 12


def pinhole(width: int, height: int, focal: float) -> Calibration:
    """Return the calibration of an ideal camera of focal length ``focal`` [pixels]."""
    x, y = (width - 1) / 2, (height - 1) / 2
    return Calibration(
        width,
        height,
        (focal, 0.0, x, 0.0, focal, y, 0.0, 0.0, 1.0),
        "plumb_bob",
        (0.0,) * 5,
        _IDENTITY,
        (focal, 0.0, x, 0.0, 0.0, focal, y, 0.0, 0.0, 0.0, 1.0, 0.0),
    )


def load_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises:
        SourceError: It cannot be read or a field is missing or wrong; the message names both.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise SourceError(f"{path} is too large for a calibration file")
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceError(f"calibration file {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise SourceError(f"calibration file {path} is no mapping of fields")
    model = content.get("distortion_model", "plumb_bob")
    if model not in _DISTORTION_SIZES:
        known = ", ".join(_DISTORTION_SIZES)
        raise SourceError(f"{path}: distortion_model {model!r} is not one of {known}")
    return Calibration(
        _size(content, "image_width", path),
        _size(content, "image_height", path),
        _matrix(content, "camera_matrix", (9,), path),
        model,
        _matrix(content, "distortion_coefficients", _DISTORTION_SIZES[model], path),
        _matrix(content, "rectification_matrix", (9,), path, _IDENTITY),
        _matrix(content, "projection_matrix", (12,), path, _projection(content, path)),
    )


def _projection(content: dict[str, Any], path: Path) -> Numbers:
    """Return the projection of an unrectified camera, for files that give none."""
    k = _matrix(content, "camera_matrix", (9,), path)
    return (*k[0:3], 0.0, *k[3:6], 0.0, *k[6:9], 0.0)


def _size(content: dict[str, Any], name: str, path: Path) -> int:
    value = content.get(name)
    if not isinstance(value, int) or not 0 < value <= 100_000:
        raise SourceError(f"{path}: {name} = {value!r} is no number of pixels")
    return value


def _matrix(
    content: dict[str, Any],
    name: str,
    sizes: tuple[int, ...],
    path: Path,
    default: Numbers | None = None,
) -> Numbers:
    entry = content.get(name)
    if entry is None and default is not None:
        return default
    data = entry.get("data") if isinstance(entry, dict) else None
    if (
        not isinstance(data, list)
        or len(data) not in sizes
        or not all(isinstance(v, int | float) and math.isfinite(v) for v in data)
    ):
        wanted = " or ".join(map(str, sizes))
        raise SourceError(f"{path}: {name} needs a list `data` of {wanted} finite numbers")
    return tuple(float(v) for v in data)
