"""Reading frames from disk, with nothing broken let through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError


class BadFileError(Exception):
    """A frame is missing or broken; the message says what is wrong with it."""


def read_image(path: Path) -> NDArray[np.uint8]:
    """Return one frame as RGB, uint8 [H, W, 3].

    A truncated file is refused: a decoder that fills the missing part with grey would teach grey.

    Raises:
        BadFileError: the file is missing, empty, not an image, truncated or absurdly large.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except FileNotFoundError as error:
        raise BadFileError("missing") from error
    except UnidentifiedImageError as error:
        raise BadFileError("not an image") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        # Pillow's decoders raise SyntaxError for a broken PNG.
        raise BadFileError(f"corrupt: {error}") from error


def read_images(
    root: Path, files: tuple[str, ...]
) -> tuple[list[NDArray[np.uint8]], list[str], dict[str, str]]:
    """Read several frames, leaving out the bad ones.

    Returns:
        The good frames, uint8 [H, W, 3] each, with their names; and of each bad file what is
        wrong with it.
    """
    good: list[NDArray[np.uint8]] = []
    names: list[str] = []
    bad: dict[str, str] = {}
    for name in files:
        try:
            good.append(read_image(root / name))
            names.append(name)
        except BadFileError as error:
            bad[name] = str(error)
    return good, names, bad
