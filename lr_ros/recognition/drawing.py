"""The annotated image: what the robot sees, where, what it calls it, and what it is learning.

Everything grows with the image: at 320x240 the letters are as large as can be without hiding the
object, at 4K they are the same share of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.recognition.pipeline import Answer
from lr_ros.recognition.plates import (
    SHADE,
    Colour,
    Placed,
    Word,
    paint_bar,
    paint_plate,
    paint_word,
    place,
)
from lr_ros.stream.segmenter import Box

Rgb = NDArray[np.uint8]

KNOWN: Colour = (92, 224, 120)
UNKNOWN: Colour = (255, 190, 70)
TEACHING: Colour = (130, 190, 255)
INK: Colour = (240, 240, 240)
THUMBNAIL_SIDE = 64

NAMES = 3
"""Candidate names shown."""

LARGE, SMALL = 0.070, 0.054
"""Sizes of the fonts, as shares of the image's shorter side."""

LEAST = 9
"""Smallest font [pixels]: smaller letters cannot be read."""


class Lesson(NamedTuple):
    """A session to be shown: what is taught, its state in words, its progress 0..1.

    ``frames`` of ``target`` are gathered (target 0: not said); ``advice`` is for the teacher.
    """

    class_name: str
    doing: str
    progress: float
    frames: int = 0
    target: int = 0
    advice: str = ""


@dataclass
class Layout:
    """What is drawn where: ``plates`` below ``words``; ``bars`` with their share and colour."""

    plates: list[Box] = field(default_factory=list)
    words: list[Placed] = field(default_factory=list)
    bars: list[tuple[Box, float, Colour]] = field(default_factory=list)


def annotate(image: Rgb, answer: Answer, lesson: Lesson | None = None) -> Rgb:
    """Return a copy of ``image`` with region, names, scores and the progress of a session."""
    canvas = image.copy()
    height, width = image.shape[:2]
    if answer.segment_id or answer.region.area < height * width:
        _outline(canvas, answer)
    layout = lay_out(width, height, answer, lesson)
    for plate in layout.plates:
        paint_plate(canvas, plate)
    for box, share, colour in layout.bars:
        paint_bar(canvas, box, share, colour)
    for placed in layout.words:
        paint_word(canvas, placed)
    return canvas


def lay_out(width: int, height: int, answer: Answer, lesson: Lesson | None) -> Layout:
    """Return where everything is written in an image of ``width`` x ``height`` pixels."""
    layout = Layout()
    side = min(width, height)
    sizes = max(LEAST, round(LARGE * side)), max(LEAST, round(SMALL * side))
    _names(layout, width, answer, sizes)
    if lesson is not None:
        _progress(layout, (width, height), lesson, sizes[1])
    return layout


def thumbnail(image: Rgb, region: Box) -> bytes:
    """Return a region (``uint8 [H, W, 3]`` RGB) as a JPEG of at most 64 x 64 pixels."""
    crop = image[region.y : region.y + region.height, region.x : region.x + region.width]
    scale = THUMBNAIL_SIDE / max(crop.shape[:2])
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return bytes(data.tobytes())


def _outline(canvas: Rgb, answer: Answer) -> None:
    region = answer.region
    line = max(1, round(min(canvas.shape[:2]) / 160))
    corner = (region.x + region.width - 1, region.y + region.height - 1)
    colour = UNKNOWN if answer.unknown else KNOWN
    cv2.rectangle(canvas, (region.x, region.y), corner, SHADE, 3 * line)
    cv2.rectangle(canvas, (region.x, region.y), corner, colour, line)


def _rows(answer: Answer, large: int, small: int) -> list[tuple[Word, Word | None]]:
    """Return the lines to be written: a name, and the score beside it."""
    if not answer.hypotheses:
        return [(Word("nothing learned yet", small, UNKNOWN), None)]
    rows: list[tuple[Word, Word | None]] = []
    if answer.unknown:
        said = "unknown" if answer.segment_id else "nobody in view"
        score = Word(f"{answer.unknown_score:.2f}", small, UNKNOWN)
        rows.append((Word(said, large, UNKNOWN, bold=True), score))
    for name, score in answer.hypotheses[:NAMES]:
        first = not rows
        colour = KNOWN if first else INK
        word = Word(name, large if first else small, colour, bold=first)
        rows.append((word, Word(f"{score:.2f}", small, colour)))
    return rows


def _names(layout: Layout, width: int, answer: Answer, sizes: tuple[int, int]) -> None:
    """Write the names in the upper left corner, their scores in a column of their own."""
    rows = _rows(answer, *sizes)
    gap = max(2, sizes[1] // 3)
    column = max((score.width for _, score in rows if score is not None), default=0)
    room = width - 4 * gap - column - gap
    names = [name.within(room) for name, _ in rows]
    across = max(name.width for name in names)
    top = gap
    for name, (_, score) in zip(names, rows, strict=True):
        layout.words.append(place(name, 2 * gap, top))
        if score is not None:
            at = 2 * gap + across + gap + column - score.width
            layout.words.append(
                place(score, at, top + max(0, (name.height - score.height) * 3 // 4))
            )
        top += name.height
    right = 3 * gap + across + (gap + column if column else 0)
    layout.plates.append(Box(gap, gap, min(right, width - gap) - gap, top - gap))


def _progress(layout: Layout, size: tuple[int, int], lesson: Lesson, font: int) -> None:
    """Write at the lower edge what is being learned, over a bar."""
    width, height = size
    bar = max(3, height // 40)
    gap = max(2, font // 3)
    lines = [f"{lesson.doing} {lesson.class_name}"]
    if lesson.advice:
        lines.append(lesson.advice)
    if lesson.target:
        amount = Word(f"{lesson.frames}/{lesson.target}", font, TEACHING)
    else:
        amount = Word(f"{100 * min(max(lesson.progress, 0.0), 1.0):.0f} %", font, TEACHING)
    room = width - amount.width - 4 * gap
    words = [Word(lines[0], font, TEACHING, bold=True).within(room)]
    words += [Word(line, font, UNKNOWN).within(width - 2 * gap) for line in lines[1:]]
    top = height - bar - sum(word.height for word in words)
    if top < 0:
        return  # an image this small has room for the names at most
    layout.plates.append(Box(0, top, width, height - bar - top))
    layout.bars.append((Box(0, height - bar, width, bar), lesson.progress, TEACHING))
    layout.words.append(place(amount, width - gap - amount.width, top))
    for word in words:
        layout.words.append(place(word, gap, top))
        top += word.height
