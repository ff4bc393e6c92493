"""results.md: the figures as a table that people read."""

from __future__ import annotations

from typing import Any

import numpy as np

from lr_ros.benchmark.metrics import steepest_fall
from lr_ros.benchmark.record import Record

HEAD = (
    "| strategy | seeds | final accuracy | forgetting | steepest fall | update, s "
    "| processor s | replay, MB | peak memory, MB |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)

NOTES = """\
Final accuracy: share of all test frames named rightly after the last batch, mean and standard
deviation over seeds. Forgetting: for each class its best accuracy after an earlier batch minus its
last one, averaged over classes. Steepest fall: the largest drop of accuracy from one batch to the
next once all classes are known, the worst of the seeds. Update: learning one batch from latents,
without encoding its images, median and longest by the clock, and the median of the time of all
processors together, which other work on the machine hardly changes. Replay: what is stored for
replay at most. Peak memory: of the whole process, which also holds the libraries and the frames
being tested."""


def to_markdown(results: dict[str, Any], records: dict[str, list[Record]]) -> str:
    """Return results.md for the content of results.json and the records behind it."""
    settings, machine = results["settings"], results["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in machine["versions"].items())
    lines = [
        f"# {results['dataset']}, {results['protocol']}",
        "",
        f"- {_network(settings)}",
        f"- batches: {settings['batches_from']}; every {_ordinal(settings['every'])} frame; "
        f"{settings['test_frames']} test frames{_test_every(settings)}",
        f"- machine: {machine['cores']} cores of {machine['cpu']}, {machine['memory_gb']} GB; "
        f"{settings['threads']} threads; {versions}",
    ]
    if settings["skipped_files"]:
        lines.append(f"- {settings['skipped_files']} bad files were skipped, see bad_files.txt")
    lines += ["", table(records), "", NOTES, ""]
    return "\n".join(lines)


def table(records: dict[str, list[Record]]) -> str:
    """Return the table, best strategy first."""
    best = sorted(records.items(), key=lambda item: -_final(item[1]).mean())
    return "\n".join([HEAD, *(_row(name, runs) for name, runs in best)])


def _row(name: str, runs: list[Record]) -> str:
    final, lost = _final(runs), np.array([r.forgetting() for r in runs])
    falls = [steepest_fall(r.accuracy, r.all_known_from) for r in runs]
    seconds = np.concatenate([r.batch_seconds for r in runs])
    processors = np.concatenate([r.batch_processor_seconds for r in runs])
    cells = [
        name,
        str(len(runs)),
        _spread(final),
        _spread(lost),
        f"{100 * max(falls):.1f}",
        f"{np.median(seconds):.2f} / {seconds.max():.2f}",
        f"{np.median(processors):.2f}" if len(processors) == len(seconds) else "",
        f"{max(r.replay_bytes for r in runs) / 1e6:.1f}",
        f"{max(r.peak_rss_mb for r in runs):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _final(runs: list[Record]) -> np.ndarray:
    return np.array([r.accuracy[-1] for r in runs])


def _spread(values: np.ndarray) -> str:
    """Mean and sample standard deviation in percent; of one seed there is no deviation."""
    text = f"{100 * values.mean():.1f}"
    return text if len(values) == 1 else f"{text} ± {100 * values.std(ddof=1):.1f}"


def _network(settings: dict[str, Any]) -> str:
    epochs = "the strategy's own" if settings["epochs"] is None else settings["epochs"]
    return (
        f"{settings['backbone']} cut at {settings['cut']}, {settings['precision']}, "
        f"{settings['input_size']} px; replay memory of {settings['replay']} patterns, "
        f"{settings['bits']} bits a value; epochs: {epochs}"
    )


def _test_every(settings: dict[str, Any]) -> str:
    every = settings["test_every"]
    return "" if every in {None, settings["every"]} else f" (every {_ordinal(every)})"


def _ordinal(number: int) -> str:
    special = {1: "single", 2: "second", 3: "third"}
    return special.get(number, f"{number}th")
