"""The figures of one strategy with one seed, while they are gathered and when they are whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from lr_ros.benchmark.latents import write_json
from lr_ros.benchmark.metrics import forgetting
from lr_ros.core.state import State


class Took(NamedTuple):
    """What learning a batch took, by the clock and of all processors together."""

    seconds: float
    processor_seconds: float


@dataclass
class Record:
    """What was measured after each batch.

    ``class_accuracy`` holds of each batch the accuracy of each class (None for a class without
    test frames), ``first_shown`` of each class the batch that first showed it (-1: none yet).
    ``batch_seconds`` are by the clock, ``batch_processor_seconds`` those of all processors together
    (empty in records from before they were measured).
    """

    settings_digest: str
    strategy: str
    seed: int
    first_shown: list[int]
    accuracy: list[float] = field(default_factory=list)
    class_accuracy: list[list[float | None]] = field(default_factory=list)
    batch_seconds: list[float] = field(default_factory=list)
    batch_processor_seconds: list[float] = field(default_factory=list)
    replay_bytes: int = 0
    peak_rss_mb: float = 0.0
    complete: bool = False

    @property
    def batches(self) -> int:
        """Batches learned and measured so far."""
        return len(self.accuracy)

    @property
    def all_known_from(self) -> int:
        """The batch after which every class that is shown at all has been shown."""
        return max(self.first_shown, default=0)

    def forgetting(self) -> float:
        """See `lr_ros.benchmark.metrics.forgetting`."""
        history = np.array(self.class_accuracy, dtype=np.float64)
        return forgetting(history, np.array(self.first_shown, dtype=np.int64))

    def add(
        self, shown: set[int], accuracy: float, by_class: NDArray[np.float64], took: Took
    ) -> None:
        """Add what was measured after a batch that showed the classes in ``shown``."""
        for label in shown:
            if self.first_shown[label] < 0:
                self.first_shown[label] = self.batches
        self.accuracy.append(accuracy)
        self.class_accuracy.append([None if np.isnan(a) else float(a) for a in by_class])
        self.batch_seconds.append(took.seconds)
        self.batch_processor_seconds.append(took.processor_seconds)

    def to_results(self) -> dict[str, Any]:
        """Return the entry for results.json."""
        return {
            "seed": self.seed,
            "accuracy": self.accuracy,
            "final_accuracy": self.accuracy[-1],
            "forgetting": self.forgetting(),
            "batch_seconds": self.batch_seconds,
            "batch_processor_seconds": self.batch_processor_seconds,
            "replay_bytes": self.replay_bytes,
            "peak_rss_mb": self.peak_rss_mb,
        }

    def save(self, path: Path) -> None:
        """Write the record to ``path``, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read a record.

        Raises:
            ValueError: the file is not one.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except TypeError as error:
            raise ValueError(f"{path} is not a record of this version: {error}") from error


def save_checkpoint(path: Path, state: State, record: Record) -> None:
    """Write a learner's state with its record in one file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = {"meta": json.dumps(state.meta), "record": json.dumps(asdict(record))}
    part = path.with_name(path.name + ".part")
    arrays = {name: np.ascontiguousarray(a) for name, a in state.arrays.items()}
    save_file(arrays, part, metadata=texts)
    part.replace(path)


def load_checkpoint(path: Path) -> tuple[State, Record] | None:
    """Read a checkpoint; None where there is none or it cannot be read."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            texts = file.metadata()
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 no mapping
        return State(arrays, json.loads(texts["meta"])), Record(**json.loads(texts["record"]))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return None
