"""CORe50's own batch lists: which frames come in which batch, in which of its ten runs."""

from __future__ import annotations

import re
from pathlib import Path

from lr_ros.benchmark.dataset import Clip, Dataset, DatasetError, natural

FOLDERS = {
    "ni": "NI_inc",
    "nc": "NC_inc",
    "nicv2-391": "NIC_v2_391",
    "nicv2-196": "NIC_v2_196",
    "nicv2-79": "NIC_v2_79",
}
_LINE = re.compile(r"(s\d+)/(o\d+)/([^/\s]+) (\d+)")

Batches = list[tuple[Clip, ...]]


def find_runs(dataset: Dataset, key: str) -> list[Path]:
    """Return the run folders of the lists called ``key`` (see `FOLDERS`), run 0 first; [] if none.

    They lie beside the images, as unpacked from ``batches_filelists.zip`` and
    ``batches_filelists_NICv2.zip``.
    """
    if dataset.lists is None:
        return []
    name = FOLDERS[key]
    places = (dataset.lists / name, *sorted(dataset.lists.glob(f"batches_filelists*/{name}")))
    runs = (r for p in places for r in p.glob("[rR]un[0-9]*") if r.is_dir())
    return sorted(runs, key=lambda r: natural(r.name))


def read_batches(dataset: Dataset, run: Path, step: int = 1) -> Batches:
    """Return the batches of one run folder, of each clip every ``step``-th frame.

    Within a batch frames are put back into clips, in time order: the lists hold them shuffled.

    Raises:
        DatasetError: no lists, one missing, a malformed line, a session for testing only, or
            an object that the data set does not have.
    """
    paths = sorted(run.glob("train_batch_*_filelist.txt"), key=lambda p: natural(p.name))
    numbers = [int(p.name.split("_")[2]) for p in paths]
    if not paths or numbers != list(range(len(paths))):
        raise DatasetError(f"{run} must hold train_batch_00_filelist.txt and on, none left out")
    labels = {c.obj: c.label for c in (*dataset.train, *dataset.test)}
    testing = {c.session for c in dataset.test}
    return [_read_batch(path, labels, testing, step) for path in paths]


def _read_batch(
    path: Path, labels: dict[str, int], testing: set[str], step: int
) -> tuple[Clip, ...]:
    found: dict[tuple[str, str], list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise DatasetError(f"{path}:{number}: not 's<n>/o<n>/<frame> <label>': {line!r:.80}")
        session, obj, frame, _ = match.groups()
        if session in testing:
            raise DatasetError(
                f"{path}:{number}: {session} is to be learned here, but is for testing only"
            )
        if obj not in labels:
            raise DatasetError(f"{path}:{number}: the data set has no object {obj}")
        found.setdefault((session, obj), []).append(f"{session}/{obj}/{frame}")
    return tuple(
        Clip(s, o, labels[o], tuple(sorted(files, key=natural)[::step]))
        for (s, o), files in found.items()
    )
