"""Letters for images: any script that a font on the machine has, at any size, fast enough to film.

OpenCV draws ASCII only. Pillow draws the fonts here: DejaVu Sans, which comes with matplotlib, and
for characters that it lacks, the first of the machine's fonts that has them (on Debian for Chinese,
Japanese and Korean: fonts-noto-cjk).
"""

from __future__ import annotations

import functools
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.uint8]

ELLIPSIS = "\u2026"
MISSING = "\ufffd"
"""Stands for a character that no font of the machine has."""

REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"


@functools.lru_cache(maxsize=200)
def mask_of(text: str, size: int, bold: bool = False) -> Mask:
    """Return ``text`` as coverage, ``uint8 [H, W]``: all its ink, on a line ``size`` pixels high.

    ``size`` is that of the font [pixels]; H is the font's line height, the same for every text of
    one font, so that texts beside each other stand on one line.
    """
    path = _font_for(text, bold)
    text = _drawable(text, path)
    font = _font(path, size)
    left, top, right, bottom = font.getbbox(text or " ")
    ascent, descent = font.getmetrics()
    height = max(ascent + descent, bottom) - min(top, 0)
    canvas = Image.new("L", (max(1, int(right - min(left, 0)) + 1), max(1, int(height))))
    ImageDraw.Draw(canvas).text((-min(left, 0), -min(top, 0)), text, font=font, fill=255)
    mask = np.asarray(canvas, np.uint8)
    mask.flags.writeable = False
    return mask


def width_of(text: str, size: int, bold: bool = False) -> int:
    """Return how many pixels wide ``text`` is."""
    return int(mask_of(text, size, bold).shape[1])


@functools.lru_cache(maxsize=512)
def shortened(text: str, size: int, most: int, bold: bool = False) -> str:
    """Return ``text``, or its beginning and an ellipsis where it is wider than ``most`` pixels."""
    if width_of(text, size, bold) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle].rstrip() + ELLIPSIS, size, bold) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


@functools.cache
def _bundled(bold: bool) -> Path:
    return Path(mpl.get_data_path()) / "fonts" / "ttf" / (BOLD if bold else REGULAR)


@functools.lru_cache(maxsize=64)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@functools.lru_cache(maxsize=256)
def _characters(path: Path) -> frozenset[int]:
    """Return the characters a font has; none where it cannot be read."""
    try:
        return frozenset(FT2Font(str(path)).get_charmap())
    except (OSError, RuntimeError):  # not every file that is called a font is one
        return frozenset()


@functools.cache
def _on_the_machine() -> tuple[Path, ...]:
    """Return the machine's fonts, those that cover most first by what their names promise."""
    paths = sorted(Path(name) for name in font_manager.findSystemFonts())
    return tuple(sorted(paths, key=lambda path: ("Noto" not in path.name, path.name)))


@functools.lru_cache(maxsize=512)
def _font_for(text: str, bold: bool) -> Path:
    """Return the font that has most of a text's characters: ours, unless another has more."""
    wanted = {ord(character) for character in text if not character.isspace()}
    best = _bundled(bold)
    missing = len(wanted - _characters(best))
    if missing == 0:
        return best
    for path in _on_the_machine():
        lacks = len(wanted - _characters(path))
        if lacks < missing:
            best, missing = path, lacks
        if missing == 0:
            break
    return best


def _drawable(text: str, path: Path) -> str:
    known = _characters(path)
    shown = (c if c.isspace() or ord(c) in known else MISSING for c in text)
    return "".join(" " if c.isspace() else c for c in shown)
