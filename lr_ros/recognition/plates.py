"""Text on dark plates: where each lies, and painting it so that it reads on any picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lr_ros.recognition.lettering import mask_of, shortened, width_of
from lr_ros.stream.segmenter import Box

Rgb = NDArray[np.uint8]
Colour = tuple[int, int, int]

SHADE: Colour = (16, 18, 22)
SHADE_OPACITY = 0.86
"""With it, text in the colours used has a contrast of 4.5 or more on white and on black."""


@dataclass(frozen=True)
class Word:
    """A piece of text: ``size`` of its font [pixels], its colour and weight."""

    text: str
    size: int
    colour: Colour
    bold: bool = False

    @property
    def width(self) -> int:
        """Pixels across."""
        return width_of(self.text, self.size, self.bold)

    @property
    def height(self) -> int:
        """Pixels of its line."""
        return int(mask_of(self.text, self.size, self.bold).shape[0])

    def within(self, most: int) -> Word:
        """Return the word, shortened to at most so many pixels."""
        text = shortened(self.text, self.size, max(most, 1), self.bold)
        return Word(text, self.size, self.colour, self.bold)


@dataclass(frozen=True)
class Placed:
    """A word and the box its line fills [pixels of the image]."""

    word: Word
    box: Box


def place(word: Word, x: int, y: int) -> Placed:
    """Return a word whose line begins at the left and upper edge ``x``, ``y``."""
    return Placed(word, Box(x, y, word.width, word.height))


def paint_plate(canvas: Rgb, box: Box) -> None:
    """Darken a box."""
    part = _part(canvas, box)
    shade = np.array(SHADE, np.float32) * SHADE_OPACITY
    part[:] = (part * np.float32(1 - SHADE_OPACITY) + shade).astype(np.uint8)


def paint_word(canvas: Rgb, placed: Placed) -> None:
    """Write a word."""
    word, box = placed.word, placed.box
    part = _part(canvas, box)
    mask = mask_of(word.text, word.size, word.bold)[: part.shape[0], : part.shape[1], None]
    share = mask.astype(np.float32) / 255.0
    ink = np.array(word.colour, np.float32)
    part[:] = (part * (1 - share) + ink * share + 0.5).astype(np.uint8)


def paint_bar(canvas: Rgb, box: Box, share: float, colour: Colour) -> None:
    """Fill a share (0..1) of a box with a colour, from the left, and the rest with shade."""
    paint_plate(canvas, box)
    filled = round(box.width * min(max(share, 0.0), 1.0))
    _part(canvas, Box(box.x, box.y, filled, box.height))[:] = colour


def _part(canvas: Rgb, box: Box) -> Rgb:
    return canvas[max(box.y, 0) : box.y + box.height, max(box.x, 0) : box.x + box.width]
