"""What a benchmark comes down to: batches of clips to learn, clips to test on, files to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lr_ros.benchmark.dataset import Clip, Dataset, DatasetError, drop
from lr_ros.benchmark.layouts import open_dataset
from lr_ros.benchmark.protocols import make_batches
from lr_ros.benchmark.settings import Settings

Batch = tuple[Clip, ...]


@dataclass(frozen=True)
class Work:
    """The batches of one seed, in order, and the test clips."""

    batches: tuple[Batch, ...]
    test: tuple[Clip, ...]
    source: str

    @property
    def files(self) -> tuple[str, ...]:
        """All files, each once."""
        clips = [*(c for b in self.batches for c in b), *self.test]
        return tuple(dict.fromkeys(f for c in clips for f in c.files))


def load_dataset(settings: Settings) -> Dataset:
    """Open the data set, thinned as set.

    Raises:
        DatasetError: it cannot be used.
    """
    sessions = None if settings.test_sessions is None else list(settings.test_sessions)
    dataset = open_dataset(Path(settings.data), settings.layout, sessions, settings.level)
    return dataset.every(settings.every, settings.test_every)


def make_work(
    dataset: Dataset, settings: Settings, seed: int, bad: frozenset[str] = frozenset()
) -> Work:
    """Return one seed's work, without the files in ``bad``.

    Raises:
        DatasetError: nothing is left to learn or to test on.
    """
    batches, source = make_batches(dataset, settings.protocol, seed, settings.nicv2, settings.every)
    kept = tuple(b for b in (drop(batch, bad) for batch in batches) if b)
    test = drop(dataset.test, bad)
    if not kept or not test:
        raise DatasetError(f"{dataset.root}: after skipping bad files nothing is left")
    return Work(kept[: settings.max_batches], test, source)
