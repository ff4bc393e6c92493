"""Latents of a whole data set on disk, computed once per image and shared by all strategies."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lr_ros.benchmark.images import read_images

CHUNK = 64
"""Images encoded at a time."""


class Encoder(Protocol):
    """The frozen stage, as far as it is needed here."""

    @property
    def encoder_id(self) -> str:
        """Names network, cut, input size, precision and weights: equal ids, equal latents."""
        ...

    @property
    def latent_shape(self) -> tuple[int, ...]:
        """Shape of one latent."""
        ...

    def encode(self, images: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return the latents of pictures, uint8 [H, W, 3] RGB, as float32 [N, *latent_shape]."""
        ...


@dataclass(frozen=True)
class LatentFile:
    """Latents in a file of rows, read by name; pages are not mapped, so they are nobody's memory.

    ``bad`` holds of each file that has no row what is wrong with it.
    """

    path: Path
    shape: tuple[int, ...]
    row_of: dict[str, int]
    bad: dict[str, str]

    def read(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the latents of ``names`` in that order, float32 [len(names), *shape].

        Raises:
            KeyError: one of them is not in the file.
        """
        rows = np.array([self.row_of[n] for n in names], dtype=np.int64)
        size = int(np.prod(self.shape))
        out = np.empty((len(rows), size), np.float32)
        with self.path.open("rb") as file:
            for start, stop in _runs(rows):
                file.seek(int(rows[start]) * size * 4)
                out[start:stop] = np.fromfile(file, np.float32, (stop - start) * size).reshape(
                    stop - start, size
                )
        return out.reshape(len(rows), *self.shape)


def _runs(rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield stretches of neighbouring rows, each of which takes one read."""
    if not len(rows):
        return
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    edges = [0, *breaks.tolist(), len(rows)]
    yield from itertools.pairwise(edges)


def cache_key(encoder_id: str, root: Path, files: tuple[str, ...]) -> str:
    """Return a name for the latents of these files, as they are now, from this encoder."""
    digest = hashlib.sha256(encoder_id.encode())
    for name in files:
        try:
            status = (root / name).stat()
            mark = f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            mark = "missing"
        digest.update(f"\n{name} {mark}".encode())
    return digest.hexdigest()[:24]


def load_or_encode(
    root: Path,
    files: tuple[str, ...],
    encoder: Encoder,
    folder: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> LatentFile:
    """Return the latents of ``files``, from ``folder`` where they are there, else computed now.

    The index is written last, so that a half-written file is never taken for a whole one.

    Args:
        root: the data set's folder; ``files`` are below it.
        files: what to encode.
        encoder: the frozen stage.
        folder: where latents are kept; made where it is not there.
        progress: called with the number of images done.

    Raises:
        OSError: the folder cannot be written (the disk is full, for example).
    """
    key = cache_key(encoder.encoder_id, root, files)
    rows, index = folder / f"latents-{key}.f32", folder / f"latents-{key}.json"
    if not (rows.is_file() and index.is_file()):
        folder.mkdir(parents=True, exist_ok=True)
        kept, bad = _encode(root, files, encoder, rows, progress)
        meta = {"encoder_id": encoder.encoder_id, "shape": list(encoder.latent_shape)}
        write_json(index, meta | {"files": kept, "bad": bad})
    progress(len(files))
    return open_latents(rows, index)


def open_latents(rows: Path, index: Path) -> LatentFile:
    """Open latents that `load_or_encode` has written.

    Raises:
        ValueError: the file of rows is not as long as its index says.
    """
    content = json.loads(index.read_text(encoding="utf-8"))
    shape = tuple(int(n) for n in content["shape"])
    names = content["files"]
    if rows.stat().st_size != len(names) * int(np.prod(shape)) * 4:
        raise ValueError(f"{rows} does not fit its index; delete both and start again")
    return LatentFile(rows, shape, {n: i for i, n in enumerate(names)}, content["bad"])


def _encode(
    root: Path,
    files: tuple[str, ...],
    encoder: Encoder,
    rows: Path,
    progress: Callable[[int], None],
) -> tuple[list[str], dict[str, str]]:
    kept: list[str] = []
    bad: dict[str, str] = {}
    part = rows.with_suffix(".part")
    with part.open("wb") as out:
        for start in range(0, len(files), CHUNK):
            chunk = files[start : start + CHUNK]
            images, good, wrong = read_images(root, chunk)
            if images:
                encoder.encode(images).astype(np.float32, copy=False).tofile(out)
            kept += good
            bad |= wrong
            progress(start + len(chunk))
    part.replace(rows)
    return kept, bad


def write_json(path: Path, content: object) -> None:
    """Write ``content`` so that a reader finds the old file or the new one, never a part."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
