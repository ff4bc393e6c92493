"""The nodes' parameters, read from the files that the nodes read, without ROS."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from lr_ros.bags.errors import BagError
from lr_ros.core.backbone import BackboneSpec
from lr_ros.core.learner import LearnerConfig
from lr_ros.launching.packages import share_directory
from lr_ros.recognition.pipeline import PipelineConfig
from lr_ros.stream.segmenter import Box
from lr_ros.teaching.capture import CaptureConfig
from lr_ros.teaching.examination import ExaminationConfig

Value = bool | int | float | str
Values = Mapping[str, Value]


@dataclass(frozen=True)
class Settings:
    """Parameters of the recognizer and the learner by name, each with its default or overridden.

    ``unused`` names what a file of the operator's sets and neither node has.
    """

    recognizer: Mapping[str, Any]
    learner: Mapping[str, Any]
    unused: tuple[str, ...] = field(default=())

    @property
    def spec(self) -> BackboneSpec:
        """The backbone of both nodes."""
        names = ("name", "cut", "input_size", "precision", "weights")
        keys = ("backbone", "cut", "input_size", "precision", "weights")
        values = [self.learner[f"encoder.{key}"] for key in keys]
        return BackboneSpec(**dict(zip(names, [*values[:-1], values[-1] or None], strict=True)))

    def pipeline(self) -> PipelineConfig:
        """Return how images are recognized."""
        p = self.recognizer
        fixed = Box(p["region.x"], p["region.y"], p["region.width"], p["region.height"])
        return PipelineConfig(
            region_mode=p["region.mode"],
            fixed_region=fixed if fixed.area else None,
            margin=p["region.margin"],
            require_segment=p["region.require_segment"],
            unknown_threshold=p["recognition.unknown_threshold"],
            top_k=p["recognition.top_k"],
            smoothing=p["recognition.smoothing"],
        )

    def learning(self, seed: int | None = None) -> LearnerConfig:
        """Return how the learner learns; ``seed``: another than the parameter's."""
        p = self.learner
        return LearnerConfig(
            strategy=p["training.strategy"],
            replay_capacity=p["replay.capacity"],
            bits=p["replay.bits"],
            holdout=p["update.holdout"],
            lower_every=p["training.lower_every"],
            seed=p["training.seed"] if seed is None else seed,
        )

    def capture(self) -> CaptureConfig:
        """Return what makes a session."""
        p = self.learner
        return CaptureConfig(
            rate=p["session.rate"],
            min_frames=p["session.min_frames"],
            end_with_segment=p["session.end_with_segment"],
        )

    def examination(self) -> ExaminationConfig:
        """Return what an update must not do to what was known."""
        p = self.learner
        return ExaminationConfig(
            largest_fall=p["update.largest_fall"], keep_old=p["update.keep_old"]
        )


def load_settings(overrides: Path | None = None, defaults: Path | None = None) -> Settings:
    """Return the parameters of ``defaults`` with those of ``overrides`` over them.

    Args:
        overrides: A parameters file as ``params_file`` of the launch files takes it.
        defaults: The file with every parameter; None: that of the installed package.

    Raises:
        BagError: A file cannot be read, or a value is of another type than its default.
    """
    if defaults is None:
        defaults = share_directory("lr_ros", os.environ) / "config" / "lr_ros.yaml"
    standard = _read(defaults)
    changed = {} if overrides is None else _read(overrides)
    both: list[Values] = []
    unused: set[str] = set()
    for node in ("recognizer", "learner"):
        values = _of_node(standard, node)
        other = _of_node(changed, node)
        unused |= other.keys() - values.keys()
        both.append(
            {name: _as_default(name, other.get(name, old), old) for name, old in values.items()}
        )
    known = both[0].keys() | both[1].keys() | {"use_sim_time"}
    settings = Settings(both[0], both[1], tuple(sorted(unused - known)))
    _check(settings, overrides)
    return settings


def _check(settings: Settings, path: Path | None) -> None:
    for name, value in settings.recognizer.items():
        if name.startswith("encoder.") and settings.learner.get(name, value) != value:
            raise BagError(
                f"{path}: {name} is {value!r} for the recognizer and "
                f"{settings.learner[name]!r} for the learner; both need the same"
            )
    try:
        _ = settings.spec, settings.pipeline(), settings.learning()
    except ValueError as error:
        raise BagError(f"{path}: {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BagError(f"parameters file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BagError(f"parameters file {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise BagError(f"parameters file {path}: node names with ros__parameters are needed")
    return content


def _of_node(content: Mapping[str, Any], node: str) -> dict[str, Value]:
    """Return what a file says of a node; wildcards stand for every name, as in ROS."""
    found: dict[str, Value] = {}
    for name, section in content.items():
        if PurePosixPath(str(name)).name in (node, "*", "**") and isinstance(section, dict):
            found.update(_flat(section.get("ros__parameters") or {}))
    return found


def _flat(tree: Any, prefix: str = "") -> Iterator[tuple[str, Value]]:
    if not isinstance(tree, dict):
        raise BagError(f"ros__parameters {prefix!r}: names with values are needed")
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _as_default(name: str, value: Any, default: Value) -> Value:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise BagError(
            f"parameter {name} = {value!r}: {type(default).__name__} is needed, as {default!r} is"
        )
    return value
