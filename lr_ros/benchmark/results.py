"""The folder of results: settings, finished runs, results.json, results.md and the plots."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lr_ros.benchmark.latents import write_json
from lr_ros.benchmark.record import Record
from lr_ros.benchmark.settings import Settings


class ResultsError(ValueError):
    """The folder of results cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Facts:
    """What results.json says beside the figures themselves."""

    dataset: str
    protocol: str
    batches_from: str
    classes: int
    test_frames: int
    skipped_files: int


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the folder, made where it is not there, so that no second benchmark writes into it.

    Raises:
        ResultsError: another process holds it.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ResultsError(f"another benchmark is writing to {out}: wait for it") from error
        yield


def check_settings(out: Path, settings: Settings) -> None:
    """See that the folder's runs have these settings; note them in a folder that is new.

    Raises:
        ResultsError: they have others.
    """
    path = out / "settings.json"
    if not path.is_file():
        write_json(path, settings.to_json())
        return
    differences = settings.differences(json.loads(path.read_text(encoding="utf-8")))
    if differences:
        raise ResultsError(
            f"{out} holds results of other settings ({'; '.join(differences)}): "
            "choose another folder, or the same settings to go on"
        )


def finished_records(out: Path, digest: str) -> dict[str, list[Record]]:
    """Return the finished runs of the settings called ``digest``, by strategy, seeds in order."""
    found: dict[str, list[Record]] = {}
    for path in sorted((out / "runs").glob("*.json")):
        record = Record.load(path)
        if record.complete and record.settings_digest == digest:
            found.setdefault(record.strategy, []).append(record)
    return {name: sorted(runs, key=lambda r: r.seed) for name, runs in found.items()}


def to_json(
    facts: Facts,
    settings: Settings,
    machine: dict[str, object],
    records: dict[str, list[Record]],
) -> dict[str, Any]:
    """Return the content of results.json; accuracies are fractions."""
    described = settings.to_json() | {
        "batches_from": facts.batches_from,
        "test_frames": facts.test_frames,
        "skipped_files": facts.skipped_files,
    }
    return {
        "dataset": facts.dataset,
        "protocol": facts.protocol,
        "settings": described,
        "machine": machine,
        "strategies": {name: [r.to_results() for r in runs] for name, runs in records.items()},
    }
