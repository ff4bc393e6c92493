"""One picture of several: what the robot saw while it was taught, and what it called it later."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Colour = tuple[int, int, int]

_CELL = (320, 240)  # width, height [pixels]
_CAPTION = 26
_TITLE = 40
_GAP = 6
_PAPER = (250, 250, 248)
_INK = (30, 30, 30)
_RIGHT = (30, 130, 60)
_WRONG = (190, 50, 40)


class Cell(NamedTuple):
    """A picture, ``uint8 [H, W, 3]`` RGB (None: missing), and what is written below it.

    ``right`` colours the caption; None: neither right nor wrong.
    """

    image: Rgb | None
    caption: str
    right: bool | None = None


def contact_sheet(rows: Sequence[tuple[str, Sequence[Cell]]]) -> Rgb:
    """Return the picture of rows of cells, each row with a title above it."""
    width = max(len(cells) for _, cells in rows) * (_CELL[0] + _GAP) + _GAP
    height = len(rows) * (_TITLE + _CELL[1] + _CAPTION) + _GAP
    sheet = np.full((height, width, 3), _PAPER, np.uint8)
    for row, (title, cells) in enumerate(rows):
        top = row * (_TITLE + _CELL[1] + _CAPTION)
        _write(sheet, title, (_GAP, top + 27), 0.7, _INK)
        for column, cell in enumerate(cells):
            _place(sheet, cell, _GAP + column * (_CELL[0] + _GAP), top + _TITLE)
    return sheet


def _place(sheet: Rgb, cell: Cell, left: int, top: int) -> None:
    if cell.image is not None:
        fitted = cv2.resize(cell.image, _CELL, interpolation=cv2.INTER_AREA)
        sheet[top : top + _CELL[1], left : left + _CELL[0]] = fitted
    colour = {None: _INK, True: _RIGHT, False: _WRONG}[cell.right]
    _write(sheet, cell.caption, (left + 2, top + _CELL[1] + 19), 0.55, colour)


def _write(
    sheet: Rgb, text: str, at: tuple[int, int], size: float, colour: tuple[int, ...]
) -> None:
    # OpenCV's fonts have no letters beyond ASCII.
    plain = text.encode("ascii", "replace").decode("ascii")
    cv2.putText(sheet, plain, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


def save_png(image: Rgb, path: Path) -> None:
    """Write a picture.

    Raises:
        OSError: It cannot be written.
    """
    whole, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not whole:
        raise OSError(f"{path} cannot be encoded as PNG")
    path.write_bytes(data.tobytes())
