"""How much memory processes take over time, and whether it grows."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

WARM_UP = 0.25
"""Share of a run in which everything that is needed once is loaded; growth is counted after it."""


@dataclass(frozen=True)
class MemorySample:
    """Resident memory by process [MB], ``at`` seconds after the beginning."""

    at: float
    megabytes: Mapping[str, float]


def resident_mb(pid: int) -> float | None:
    """Return the resident memory of a process [MB]; None where it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth(samples: Sequence[MemorySample], warm_up: float = WARM_UP) -> dict[str, float]:
    """Return by how much each process has grown since the warm-up [MB].

    It is the median of the last fifth of the samples less that of the first fifth after the share
    ``warm_up``; medians, because a training takes and gives back. Fewer than ten samples after the
    warm-up say nothing: then it is empty.
    """
    settled = samples[round(warm_up * len(samples)) :]
    if len(settled) < 10:
        return {}
    fifth = len(settled) // 5
    first, last = settled[:fifth], settled[-fifth:]
    names = set(first[0].megabytes) & set(last[-1].megabytes)
    return {name: _median(last, name) - _median(first, name) for name in sorted(names)}


def _median(samples: Sequence[MemorySample], name: str) -> float:
    return statistics.median(s.megabytes[name] for s in samples if name in s.megabytes)


class MemoryWatch:
    """Samples the memory of processes in a thread of its own, as a context manager.

    ``pids`` returns the processes by name; ``on_sample`` is told of each sample.
    """

    def __init__(
        self,
        pids: Callable[[], Mapping[str, int]],
        interval: float,
        on_sample: Callable[[MemorySample], None] = lambda _: None,
    ) -> None:
        self.samples: list[MemorySample] = []
        self._pids = pids
        self._interval = interval
        self._on_sample = on_sample
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory watch")

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            sizes = {name: resident_mb(pid) for name, pid in self._pids().items()}
            known = {name: size for name, size in sizes.items() if size is not None}
            sample = MemorySample(time.monotonic() - self._began, known)
            self.samples.append(sample)
            self._on_sample(sample)
