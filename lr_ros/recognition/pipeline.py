"""One frame through everything the recognizer does, without ROS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lr_ros.core.backbone import FrozenStage
from lr_ros.core.model import ServingModel
from lr_ros.stream.quality import measure
from lr_ros.stream.segmenter import Box, Segmenter, SegmentView
from lr_ros.stream.smoothing import Smoother, SmootherConfig

Rgb = NDArray[np.uint8]

REGION_MODES = ("track", "fixed", "whole")


@dataclass(frozen=True)
class PipelineConfig:
    """What is encoded and when a name is given.

    ``region_mode``: ``track`` encodes the segment's region and the whole image while there is
    none, ``fixed`` always ``fixed_region``, ``whole`` always the whole image. ``margin`` is the
    context kept around a tracked object, as a share of its size. ``require_segment``: while
    tracking, give no name where no segment runs. ``unknown_threshold`` is that of the unknown
    score, ``top_k`` the most hypotheses given, ``smoothing`` the time constant of the
    smoothing within a segment [s].
    """

    region_mode: str = "track"
    fixed_region: Box | None = None
    margin: float = 0.25
    require_segment: bool = True
    unknown_threshold: float = 0.5
    top_k: int = 5
    smoothing: float = 0.6


class Hypothesis(NamedTuple):
    """A candidate name and its probability, 0..1."""

    class_name: str
    score: float


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to answer, and the version it was published under."""

    version: int
    class_names: tuple[str, ...]
    serving: ServingModel | None


@dataclass(frozen=True)
class Answer:
    """What is known of one frame: fields as in ``msg/Recognition.msg`` and ``msg/LatentFrame.msg``.

    ``latent`` is ``float32 [C, h, w]``; ``segment_id`` is 0 where no object is in view.
    """

    stamp: float
    view: SegmentView
    segment_id: int
    region: Box
    sharpness: float
    brightness: float
    latent: NDArray[np.float32]
    model_version: int
    hypotheses: tuple[Hypothesis, ...]
    unknown: bool
    unknown_score: float


class Pipeline:
    """Segmenter, frozen stage, model and smoothing in a row; used from one thread.

    ``model`` and ``config`` may be set from any thread: they are taken once a frame.
    """

    def __init__(
        self,
        encoder: FrozenStage,
        segmenter: Segmenter,
        smoother: Smoother,
        config: PipelineConfig,
    ) -> None:
        self.model = LoadedModel(0, (), None)
        self._encoder = encoder
        self._segmenter = segmenter
        self._smoother = smoother
        self.config = config

    @property
    def config(self) -> PipelineConfig:
        """The present settings."""
        return self._config

    @config.setter
    def config(self, config: PipelineConfig) -> None:
        self._smoother.config = SmootherConfig(config.smoothing)
        self._config = config

    def process(
        self, image: Rgb, stamp: float, asked: Box | None = None, detected: Box | None = None
    ) -> Answer:
        """Return what is known of ``image`` (``uint8 [H, W, 3]``), taken at ``stamp`` [s].

        ``asked`` is a region that an operator teaches from; it wins over every other. ``detected``
        is where an upstream detector sees the object (empty: nowhere); it wins over the segmenter.
        """
        view = self._segmenter.update(image, stamp, detected)
        region = self._region(image, view, asked)
        crop = image[region.y : region.y + region.height, region.x : region.x + region.width]
        sharpness, brightness = measure(crop)
        latent = self._encoder.encode(crop[None])[0]
        segment_id = view.segment_id if view.in_view else 0
        model = self.model
        hypotheses, unknown_score = self._classify(model, latent, segment_id, stamp)
        nobody = self.config.region_mode == "track" and self.config.require_segment
        unknown = (
            not hypotheses
            or unknown_score > self.config.unknown_threshold
            or (nobody and segment_id == 0 and asked is None)
        )
        return Answer(
            stamp=stamp,
            view=view,
            segment_id=segment_id,
            region=region,
            sharpness=sharpness,
            brightness=brightness,
            latent=latent,
            model_version=model.version,
            hypotheses=hypotheses,
            unknown=unknown,
            unknown_score=unknown_score,
        )

    def close_segment(self, stamp: float) -> SegmentView | None:
        """End the running segment (the camera stopped); None where none runs."""
        self._smoother.reset()
        return self._segmenter.close(stamp)

    def _classify(
        self, model: LoadedModel, latent: NDArray[np.float32], segment_id: int, stamp: float
    ) -> tuple[tuple[Hypothesis, ...], float]:
        if model.serving is None:
            return (), 1.0
        prediction = model.serving.predict(latent[None])
        probabilities, unknown = self._smoother.update(
            prediction.probabilities[0],
            float(prediction.unknown[0]),
            segment_id,
            stamp,
            model.class_names,
        )
        order = np.argsort(-probabilities, kind="stable")[: self.config.top_k]
        best = tuple(Hypothesis(model.class_names[i], float(probabilities[i])) for i in order)
        return best, float(unknown)

    def _region(self, image: Rgb, view: SegmentView, asked: Box | None) -> Box:
        height, width = image.shape[:2]
        whole = Box(0, 0, width, height)
        chosen = asked
        if chosen is None and self.config.region_mode == "fixed":
            chosen = self.config.fixed_region
        if chosen is None and self.config.region_mode == "track" and view.roi is not None:
            chosen = square_around(view.roi, self.config.margin, width, height)
        clipped = whole if chosen is None else chosen.clipped(width, height)
        return clipped if clipped.area > 0 else whole


def square_around(box: Box, margin: float, width: int, height: int) -> Box:
    """Return the square that holds ``box`` and a margin, moved and cut to fit the image.

    A square keeps the object's proportions when it is scaled to the network's square input.
    """
    side = round(max(box.width, box.height) * (1.0 + 2.0 * margin))
    across, down = min(side, width), min(side, height)
    left = round(box.x + box.width / 2 - across / 2)
    top = round(box.y + box.height / 2 - down / 2)
    left = min(max(left, 0), width - across)
    top = min(max(top, 0), height - down)
    return Box(left, top, across, down)
