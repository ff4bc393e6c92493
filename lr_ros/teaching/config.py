"""How the engine runs sessions."""

from __future__ import annotations

from dataclasses import dataclass, field

from lr_ros.teaching.capture import CaptureConfig
from lr_ros.teaching.curiosity import CuriosityConfig
from lr_ros.teaching.examination import ExaminationConfig


@dataclass(frozen=True)
class TeachingConfig:
    """How sessions run.

    ``silence`` [s] without latents means that the camera or the recognizer is down;
    ``slice_seconds`` is the length of one piece of training while frames still arrive;
    ``most_waiting`` sessions wait for their training at most.
    """

    capture: CaptureConfig = field(default_factory=CaptureConfig)
    max_classes: int = 1000
    most_waiting: int = 8
    silence: float = 2.0
    learn_while_looking: bool = True
    slice_seconds: float = 0.25
    curiosity: CuriosityConfig = field(default_factory=CuriosityConfig)
    examination: ExaminationConfig = field(default_factory=ExaminationConfig)
