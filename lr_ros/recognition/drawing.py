"""The annotated image: what the robot sees, where, and what it calls it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.recognition.pipeline import Answer
from lr_ros.stream.segmenter import Box

Rgb = NDArray[np.uint8]
Colour = tuple[int, int, int]

KNOWN: Colour = (60, 200, 90)
UNKNOWN: Colour = (240, 170, 40)
TEACHING: Colour = (70, 140, 250)
INK: Colour = (255, 255, 255)
SHADE: Colour = (20, 20, 20)
THUMBNAIL_SIDE = 64
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class Lesson(NamedTuple):
    """A session to be shown: what is taught, its state in a word, and its progress 0..1."""

    class_name: str
    doing: str
    progress: float


def annotate(image: Rgb, answer: Answer, lesson: Lesson | None = None) -> Rgb:
    """Return a copy of ``image`` with region, names, scores and the progress of a session.

    Lines and letters grow with the image, so that they can be read at 320x240 and at 4K.
    """
    canvas = image.copy()
    scale = max(min(image.shape[:2]) / 240.0, 0.5)
    if answer.segment_id or answer.region.area < image.shape[0] * image.shape[1]:
        _box(canvas, answer, scale)
    lines = [f"{h.class_name}  {h.score:.2f}" for h in answer.hypotheses[:3]]
    if not lines:
        lines = ["nothing learned yet"]
    if answer.unknown and answer.hypotheses:
        seen = "unknown" if answer.segment_id else "nobody in view"
        lines.insert(0, f"{seen}  {answer.unknown_score:.2f}")
    _text(canvas, lines, UNKNOWN if answer.unknown else KNOWN, scale)
    if lesson is not None:
        _progress(canvas, lesson, scale)
    return canvas


def thumbnail(image: Rgb, region: Box) -> bytes:
    """Return a region (``uint8 [H, W, 3]`` RGB) as a JPEG of at most 64 x 64 pixels."""
    crop = image[region.y : region.y + region.height, region.x : region.x + region.width]
    scale = THUMBNAIL_SIDE / max(crop.shape[:2])
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return bytes(data.tobytes())


def _box(canvas: Rgb, answer: Answer, scale: float) -> None:
    region = answer.region
    corner = (region.x + region.width - 1, region.y + region.height - 1)
    thickness = max(1, round(1.5 * scale))
    colour = UNKNOWN if answer.unknown else KNOWN
    cv2.rectangle(canvas, (region.x, region.y), corner, SHADE, thickness + 2)
    cv2.rectangle(canvas, (region.x, region.y), corner, colour, thickness)


def _text(canvas: Rgb, lines: list[str], colour: Colour, scale: float) -> None:
    for number, line in enumerate(lines):
        size = (0.5 if number == 0 else 0.38) * scale
        top = round((17 + 18 * number) * scale)
        place = (round(6 * scale), top)
        _letters(canvas, _ascii(line), place, size, colour if number == 0 else INK)


def _letters(canvas: Rgb, text: str, place: tuple[int, int], size: float, colour: Colour) -> None:
    """Write on a shaded ground: an outline would have another width in some OpenCV fonts."""
    thickness = max(1, round(1.4 * size))
    (width, height), below = cv2.getTextSize(text, _FONT, size, thickness)
    x, y = place
    pad = max(2, round(4 * size))
    left, top = max(x - pad, 0), max(y - height - pad, 0)
    ground = canvas[top : y + below + pad // 2, left : x + width + pad]
    ground[:] = (0.35 * ground + 0.65 * np.array(SHADE)).astype(np.uint8)
    cv2.putText(canvas, text, place, _FONT, size, colour, thickness, cv2.LINE_AA)


def _progress(canvas: Rgb, lesson: Lesson, scale: float) -> None:
    height, width = canvas.shape[:2]
    bar = max(3, round(5 * scale))
    end = round(width * min(max(lesson.progress, 0.0), 1.0))
    cv2.rectangle(canvas, (0, height - bar), (width - 1, height - 1), SHADE, -1)
    if end > 0:
        cv2.rectangle(canvas, (0, height - bar), (end - 1, height - 1), TEACHING, -1)
    place = (round(6 * scale), height - bar - round(5 * scale))
    _letters(canvas, _ascii(f"{lesson.doing} {lesson.class_name}"), place, 0.42 * scale, TEACHING)


def _ascii(text: str) -> str:
    """Return the text with what OpenCV's font does not have replaced."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)
