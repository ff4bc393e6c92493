"""Backgrounds made in code: each a texture of its own kind, the same for the same seed.

A painter gets the size in pixels and a generator and returns ``uint8 [H, W, 3]`` RGB. Features are
sized by the height, so that a scene looks alike at every resolution.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]
Painter = Callable[[int, int, np.random.Generator], Picture]


def paint(name: str, height: int, width: int, seed: int) -> Picture:
    """Return the background of this name.

    Raises:
        KeyError: There is no such background; the message lists them.
    """
    if name not in PAINTERS:
        raise KeyError(f"no background {name!r}; there are: {', '.join(PAINTERS)}")
    number = list(PAINTERS).index(name)
    return PAINTERS[name](height, width, np.random.default_rng((seed, number)))


def wooden_table(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Planks with grain along them."""
    plank = height / 4.5
    rows = np.arange(height)
    boards = (rows / plank).astype(int)
    shade = 0.85 + 0.3 * rng.random(boards.max() + 1, dtype=np.float32)
    shift = rng.integers(0, width, boards.max() + 1)
    grain = _noise(height, 2 * width, rng, (height * 0.012, height * 0.5))
    columns = (np.arange(width)[None, :] + shift[boards][:, None]) % (2 * width)
    value = shade[boards][:, None] * (0.8 + 0.4 * grain[rows[:, None], columns])
    value[(rows % plank) < max(1.0, height * 0.008)] *= 0.45
    return _coloured(value, (168, 118, 72))


def lawn(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Grass: upright blades over patches of light and dark."""
    blades = _noise(height, width, rng, (height * 0.03, height * 0.006))
    patches = _noise(height, width, rng, (height * 0.2, height * 0.2))
    value = 0.35 + 0.75 * blades + 0.3 * patches
    return _mixed(value - 0.3, (28, 62, 18), (140, 182, 70))


def tiles(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Blue and white floor tiles with joints."""
    edge = height / 5.0
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    blue = ((y // edge + x // edge) % 2).astype(np.float32)
    value = 0.95 + 0.1 * _noise(height, width, rng, (height * 0.1, height * 0.1))
    picture = _mixed(blue, (214, 216, 210), (58, 96, 150)).astype(np.float32) * value[..., None]
    joint = np.minimum(y % edge, x % edge) < max(1.0, height * 0.012)
    picture[joint] = 120.0
    return _clipped(picture)


def brick_wall(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Red bricks in running bond with mortar."""
    tall, long = height / 9.0, height / 4.0
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    row = (y // tall).astype(int)
    along = x + (row % 2) * long / 2
    shade = 0.7 + 0.5 * rng.random((row.max() + 1, int(along.max() // long) + 1), np.float32)
    rough = _noise(height, width, rng, (height * 0.015, height * 0.015))
    value = shade[row, (along // long).astype(int)] * (0.8 + 0.4 * rough)
    picture = _coloured(value, (158, 74, 54))
    mortar = np.minimum(y % tall, along % long) < max(1.0, height * 0.014)
    picture[mortar] = (178, 172, 160)
    return picture


def tablecloth(height: int, width: int, rng: np.random.Generator) -> Picture:
    """A red and white checked cloth with folds."""
    edge = height / 9.0
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    red = ((y // edge % 2) + (x // edge % 2)) / 2.0
    folds = 0.75 + 0.4 * _noise(height, width, rng, (height * 0.5, height * 0.12))
    picture = _mixed(red, (240, 236, 228), (178, 32, 40)).astype(np.float32)
    return _clipped(picture * folds[..., None])


def bookshelf(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Two boards of books with coloured spines."""
    picture = np.full((height, width, 3), (46, 34, 26), np.uint8)
    shelf = height / 2.2
    for base in np.arange(shelf, height + shelf, shelf):
        x = 0.0
        while x < width:
            thick = height * rng.uniform(0.04, 0.11)
            tall = shelf * rng.uniform(0.62, 0.9)
            colour = _vivid(rng)
            low, high = (int(x), int(base - tall)), (int(x + thick) - 1, int(base))
            cv2.rectangle(picture, low, high, colour, -1)
            band = int(base - tall * rng.uniform(0.6, 0.85))
            pale = tuple(int(c * 0.4 + 150) for c in colour)
            thickness = max(1, int(height * 0.02))
            cv2.line(picture, (low[0], band), (high[0], band), pale, thickness)
            x += thick
        board = max(2, int(height * 0.03))
        cv2.rectangle(picture, (0, int(base)), (width, int(base) + board), (120, 88, 58), -1)
    return picture


def pebbles(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Grey and ochre stones, each darker at its rim."""
    count = int(170 * width / height)
    seeds = np.full((height, width), 255, np.uint8)
    ys, xs = rng.integers(0, height, count), rng.integers(0, width, count)
    seeds[ys, xs] = 0
    distance, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    grey = rng.uniform(0.45, 1.0, count + 1)
    warm = rng.uniform(-0.12, 0.16, count + 1)
    stones = np.stack([grey + warm, grey, grey - warm], axis=1)[labels % (count + 1)]
    rim = 1.15 - distance / (height * 0.07)
    return _clipped(205.0 * stones * np.clip(rim, 0.25, 1.0)[..., None])


def curtain(height: int, width: int, rng: np.random.Generator) -> Picture:
    """A violet curtain: soft vertical folds."""
    folds = _noise(4, width, rng, (4.0, height * 0.05))[:1]
    weave = _noise(height, width, rng, (height * 0.006, height * 0.006))
    value = 0.45 + 0.9 * np.repeat(folds, height, axis=0) * (0.9 + 0.2 * weave)
    return _coloured(value, (112, 78, 138))


PAINTERS: dict[str, Painter] = {
    painter.__name__: painter
    for painter in (
        wooden_table,
        lawn,
        tiles,
        brick_wall,
        tablecloth,
        bookshelf,
        pebbles,
        curtain,
    )
}
"""The backgrounds by name, in the order they are numbered."""


def _noise(height: int, width: int, rng: np.random.Generator, scale: tuple[float, float]) -> Field:
    """Return smooth noise in 0..1 whose blobs are about ``scale`` (rows, columns) pixels large."""
    rows = max(2, round(height / max(scale[0], 1.0)))
    columns = max(2, round(width / max(scale[1], 1.0)))
    coarse = rng.random((rows, columns), dtype=np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(field, 0.0, 1.0).astype(np.float32)


def _coloured(value: NDArray[np.floating], colour: tuple[int, int, int]) -> Picture:
    return _clipped(value[..., None] * np.asarray(colour, np.float32))


def _mixed(
    share: NDArray[np.floating], low: tuple[int, int, int], high: tuple[int, int, int]
) -> Picture:
    weight = np.clip(share, 0.0, 1.0)[..., None]
    return _clipped((1 - weight) * np.asarray(low, float) + weight * np.asarray(high, float))


def _vivid(rng: np.random.Generator) -> tuple[int, int, int]:
    hsv = np.array([[[rng.integers(0, 180), rng.integers(90, 200), rng.integers(60, 190)]]])
    red, green, blue = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
    return int(red), int(green), int(blue)


def _clipped(picture: NDArray[np.floating]) -> Picture:
    return np.clip(picture, 0, 255).astype(np.uint8)
