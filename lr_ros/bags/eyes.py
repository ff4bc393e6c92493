"""The recognizer's parts looking at the images of a recording."""

from __future__ import annotations

from typing import NamedTuple

from lr_ros.bags.recording import Shot
from lr_ros.bags.settings import Settings
from lr_ros.core.backbone import FrozenStage
from lr_ros.core.model import ModelExport, ServingModel
from lr_ros.core.quantize import Quantizer, calibrate
from lr_ros.recognition.pipeline import Answer, LoadedModel, Pipeline
from lr_ros.stream.memory import PackedLatent
from lr_ros.stream.segmenter import Box, Segmenter
from lr_ros.stream.smoothing import Smoother
from lr_ros.teaching.capture import LatentRecord
from lr_ros.teaching.requests import Region

CALIBRATION_SECONDS = 1.0
"""How long one calibration of the latents' quantiser is used, as in the recognizer."""


class Sight(NamedTuple):
    """An image, what the recognizer says of it, and the latent as the learner gets it."""

    shot: Shot
    answer: Answer
    record: LatentRecord


class Eyes:
    """Looks at images in order, as the recognizer node does: segment, encode, name, quantise."""

    def __init__(self, settings: Settings, threads: int = 1) -> None:
        self.spec = settings.spec
        self.encoder = FrozenStage(self.spec, threads=threads)
        self._threads = threads
        self._bits = settings.recognizer["latents.bits"]
        self._segmenter = Segmenter()
        self._pipeline = Pipeline(self.encoder, self._segmenter, Smoother(), settings.pipeline())
        self._quantizer: tuple[float, Quantizer] | None = None

    def use(self, version: int, export: ModelExport | None) -> None:
        """Name with this model from now on; None: nothing is known."""
        if export is None or not export.class_names:
            self._pipeline.model = LoadedModel(version, (), None)
            return
        names = export.class_names
        serving = ServingModel.from_bytes(export.weights, names, self.spec, self._threads)
        self._pipeline.model = LoadedModel(version, names, serving)

    def warm_up(self, shot: Shot) -> None:
        """Let the segmenter see an image, so that it knows the background."""
        self._segmenter.update(shot.image, shot.stamp)

    def look(self, shot: Shot, asked: Box | None = None) -> Sight:
        """Return what is known of an image; ``asked`` is the region that is taught from."""
        answer = self._pipeline.process(shot.image, shot.stamp, asked)
        return Sight(shot, answer, self._record(answer))

    def _record(self, answer: Answer) -> LatentRecord:
        quantizer = self._quantize_by(answer)
        region = answer.region
        packed = PackedLatent(
            stamp=answer.stamp,
            data=quantizer.encode(answer.latent[None]).ravel(),
            shape=answer.latent.shape,
            bits=quantizer.bits,
            scale=quantizer.scale,
            zero_point=quantizer.zero_point,
            sharpness=answer.sharpness,
            brightness=answer.brightness,
        )
        asked = Region(region.x, region.y, region.width, region.height)
        return LatentRecord(packed, answer.segment_id, asked)

    def _quantize_by(self, answer: Answer) -> Quantizer:
        made = self._quantizer
        if made is None or not 0.0 <= answer.stamp - made[0] <= CALIBRATION_SECONDS:
            made = self._quantizer = (answer.stamp, calibrate(answer.latent[None], self._bits))
        return made[1]
