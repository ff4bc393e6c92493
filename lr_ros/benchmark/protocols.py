"""In which order a learner gets to see the clips: new instances, new classes, or both mixed.

CORe50's three protocols (Lomonaco and Maltoni, CoRL 2017; NICv2: Lomonaco, Maltoni and
Pellegrini, CVPR Workshops 2020). Its own lists are used where they are beside the images;
anything else is put into batches by the rule that made those lists.
"""

from __future__ import annotations

import numpy as np

from lr_ros.benchmark.dataset import Clip, Dataset, DatasetError, natural
from lr_ros.benchmark.filelists import Batches, find_runs, read_batches

PROTOCOLS = ("nicv2", "nc", "ni")
NICV2_CLIPS = {391: 1, 196: 2, 79: 5}
"""Clips a batch after the first, by the number of batches which that makes of CORe50."""


def make_batches(
    dataset: Dataset, protocol: str, seed: int, variant: int = 391, step: int = 1
) -> tuple[Batches, str]:
    """Return the batches in order, each a tuple of clips, and where they come from.

    ``dataset`` is already thinned to every ``step``-th frame; ``step`` is for the frames that
    CORe50's lists name. The order depends on ``seed`` alone (with CORe50's lists on the run
    number ``seed`` modulo the runs there are).

    Raises:
        DatasetError: an unknown protocol or variant, or lists that do not fit the data set.
    """
    if protocol not in PROTOCOLS:
        raise DatasetError(f"protocol {protocol!r} is unknown; one of {', '.join(PROTOCOLS)}")
    if variant not in NICV2_CLIPS:
        raise DatasetError(f"NICv2 variant {variant} is unknown; 391, 196 or 79")
    key = f"nicv2-{variant}" if protocol == "nicv2" else protocol
    runs = find_runs(dataset, key)
    if runs:
        run = runs[seed % len(runs)]
        return read_batches(dataset, run, step), f"CORe50's lists {run.parent.name}/{run.name}"
    rng = np.random.default_rng(seed)
    clips = dataset.train
    if protocol == "ni":
        return _new_instances(clips, rng), "built by CORe50's NI rule"
    if protocol == "nc":
        return _new_classes(clips, rng), "built by CORe50's NC rule"
    return _mixed(clips, NICV2_CLIPS[variant], rng), f"built by CORe50's NICv2-{variant} rule"


def _new_instances(clips: tuple[Clip, ...], rng: np.random.Generator) -> Batches:
    """Every batch one session with all its objects."""
    sessions = sorted({c.session for c in clips}, key=natural)
    order = [sessions[i] for i in rng.permutation(len(sessions))]
    return [tuple(c for c in clips if c.session == s) for s in order]


def _new_classes(clips: tuple[Clip, ...], rng: np.random.Generator) -> Batches:
    """All sessions of some objects at once: first a fifth of the objects, then a tenth each."""
    order = _shuffled_objects(clips, rng)
    first, later = _share(order, 5), _share(order, 10)
    groups = [order[:first]]
    groups += [order[i : i + later] for i in range(first, len(order), later)]
    return [tuple(c for c in clips if c.obj in group) for group in groups]


def _mixed(clips: tuple[Clip, ...], size: int, rng: np.random.Generator) -> Batches:
    """First one session of a fifth of the objects, then ``size`` clips at a time, at random."""
    first_objects = _shuffled_objects(clips, rng)
    first: list[Clip] = []
    for obj in first_objects[: _share(first_objects, 5)]:
        own = [c for c in clips if c.obj == obj]
        first.append(own[int(rng.integers(len(own)))])
    taken = {c.clip_id for c in first}
    rest = [c for c in clips if c.clip_id not in taken]
    order = [rest[i] for i in rng.permutation(len(rest))]
    return [tuple(first)] + [tuple(order[i : i + size]) for i in range(0, len(order), size)]


def _shuffled_objects(clips: tuple[Clip, ...], rng: np.random.Generator) -> list[str]:
    objects = sorted({c.obj for c in clips}, key=natural)
    return [objects[i] for i in rng.permutation(len(objects))]


def _share(objects: list[str], parts: int) -> int:
    """At least two, so that a first batch holds something to tell apart (where there are two)."""
    least = 2 if parts == 5 else 1
    return min(len(objects), max(least, round(len(objects) / parts)))
