"""One frame through the pipeline: which region is encoded, and when a name is given."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.core.model import Prediction
from lr_ros.recognition.drawing import Lesson, annotate, thumbnail
from lr_ros.recognition.pipeline import (
    Answer,
    LoadedModel,
    Pipeline,
    PipelineConfig,
    square_around,
)
from lr_ros.stream.segmenter import Box, SegmentView
from lr_ros.stream.smoothing import Smoother

HEIGHT, WIDTH = 240, 320


class Encoder:
    """Tells the size of what it was given."""

    def encode(self, images: np.ndarray) -> np.ndarray:
        _, height, width, _ = images.shape
        return np.full((1, 1, 1, 2), (height, width), np.float32)


class Segmenter:
    """Sees what the test says."""

    def __init__(self, view: SegmentView) -> None:
        self.view = view

    def update(self, image: np.ndarray, stamp: float, region: Box | None = None) -> SegmentView:
        return self.view if region is None else SegmentView(9, "running", region, 1.0, 2.0, 4)

    def close(self, stamp: float) -> None:
        return None


class Model:
    """Says what the test says."""

    def __init__(self, probabilities: list[float], unknown: float) -> None:
        self._prediction = Prediction(
            np.array([probabilities], np.float32), np.array([unknown], np.float32)
        )

    def predict(self, latents: np.ndarray) -> Prediction:
        return self._prediction


NOBODY = SegmentView(0, "none", None, 0.0, 0.0, 0)
SOMEBODY = SegmentView(3, "running", Box(100, 80, 40, 60), 1.0, 2.0, 10)


def look(
    view: SegmentView, config: PipelineConfig, model: Model | None = None, asked: Box | None = None
) -> Answer:
    pipeline = Pipeline(Encoder(), Segmenter(view), Smoother(), config)
    if model is not None:
        pipeline.model = LoadedModel(4, ("mug", "cup"), model)
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    return pipeline.process(image, 2.0, asked)


def test_the_tracked_object_fills_the_network() -> None:
    answer = look(SOMEBODY, PipelineConfig(margin=0.1))
    assert answer.region == Box(84, 74, 72, 72)
    assert answer.latent.ravel().tolist() == [72, 72]


@pytest.mark.parametrize("mode", ["track", "fixed", "whole"])
def test_without_an_object_or_a_region_all_is_encoded(mode: str) -> None:
    assert look(NOBODY, PipelineConfig(region_mode=mode)).region == Box(0, 0, WIDTH, HEIGHT)


def test_a_fixed_region_is_cut_to_the_image() -> None:
    config = PipelineConfig(region_mode="fixed", fixed_region=Box(300, 200, 100, 100))
    assert look(SOMEBODY, config).region == Box(300, 200, 20, 40)


def test_the_region_of_a_session_wins() -> None:
    asked = Box(5, 6, 50, 40)
    assert look(SOMEBODY, PipelineConfig(), asked=asked).region == asked


def test_the_region_of_a_detector_wins_over_the_segmenter() -> None:
    pipeline = Pipeline(Encoder(), Segmenter(SOMEBODY), Smoother(), PipelineConfig(margin=0.0))
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    answer = pipeline.process(image, 2.0, detected=Box(10, 20, 30, 30))
    assert answer.segment_id == 9
    assert answer.region == Box(10, 20, 30, 30)


def test_a_thumbnail_is_small_and_shows_the_region() -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[50:150, 100:200] = (200, 40, 40)
    data = np.frombuffer(thumbnail(image, Box(100, 50, 100, 100)), np.uint8)
    seen = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert seen.shape == (64, 64, 3)
    assert np.abs(seen[:, :, ::-1].astype(int) - (200, 40, 40)).max() < 12


def test_nothing_learned_is_unknown() -> None:
    answer = look(SOMEBODY, PipelineConfig())
    assert answer.unknown
    assert answer.unknown_score == 1.0
    assert answer.hypotheses == ()


def test_a_known_object_is_named_best_first() -> None:
    answer = look(SOMEBODY, PipelineConfig(), Model([0.2, 0.8], 0.1))
    assert [h.class_name for h in answer.hypotheses] == ["cup", "mug"]
    assert answer.hypotheses[0].score == pytest.approx(0.8, abs=1e-4)
    assert not answer.unknown
    assert answer.model_version == 4


def test_no_name_where_nobody_is_seen_unless_that_is_wanted() -> None:
    model = Model([0.2, 0.8], 0.1)
    assert look(NOBODY, PipelineConfig(), model).unknown
    assert not look(NOBODY, PipelineConfig(require_segment=False), model).unknown
    assert not look(NOBODY, PipelineConfig(region_mode="whole"), model).unknown


def test_the_threshold_decides() -> None:
    model = Model([0.2, 0.8], 0.6)
    assert look(SOMEBODY, PipelineConfig(), model).unknown
    assert not look(SOMEBODY, PipelineConfig(unknown_threshold=0.7), model).unknown


def test_at_most_k_hypotheses() -> None:
    assert len(look(SOMEBODY, PipelineConfig(top_k=1), Model([0.2, 0.8], 0.1)).hypotheses) == 1


@given(
    st.builds(
        Box, st.integers(-50, 400), st.integers(-50, 300), st.integers(1, 400), st.integers(1, 400)
    ),
    st.floats(0.0, 1.0),
)
def test_the_square_lies_in_the_image_and_holds_what_fits(box: Box, margin: float) -> None:
    square = square_around(box, margin, WIDTH, HEIGHT)
    assert square.clipped(WIDTH, HEIGHT) == square
    assert square.width <= WIDTH
    assert square.height <= HEIGHT
    inside = box.clipped(WIDTH, HEIGHT)
    if inside == box:
        assert square.intersection(box) == box.area


@pytest.mark.parametrize("size", [(24, 32), (240, 320), (2160, 3840)])
def test_drawing_marks_the_region_and_leaves_the_image_alone(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 90, np.uint8)
    before = image.copy()
    height, width = size
    region = Box(width // 4, height // 4, width // 2, height // 2)
    view = SegmentView(1, "running", region, 0.0, 1.0, 3)
    answer = Answer(
        1.0, view, 1, region, 1.0, 0.5, np.zeros((1, 1, 1), np.float32), 1, (), True, 1.0
    )
    drawn = annotate(image, answer, Lesson("Tasse \u2615", "learning", 0.5))
    assert (image == before).all()
    assert drawn.shape == image.shape
    assert (drawn[region.y, region.x] != before[region.y, region.x]).any()
