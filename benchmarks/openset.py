"""How well unknown objects are told from known ones: `python benchmarks/openset.py FOLDER`.

FOLDER has CORe50's layout (s<session>/o<object>/*). Of its objects 25 are taught, from the sessions
that are not for test, and the test sessions of all objects are scored. With `--choose` the test
sessions are not touched: each pair of training sessions is left out in turn, and 7 of the 25
objects play the unknown ones. That is how the shipped score was chosen.

Features are those that the shipped learner gives to its unknown score; each score is calibrated on
left-out clips as it is there.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lr_ros.benchmark.script import run_script, steps
from lr_ros.core.backbone import BackboneSpec, FrozenStage
from lr_ros.core.model_features import familiar_features
from lr_ros.core.openset import KINDS, SHIPPED, UnknownScore

KNOWN = 25
HELD_OUT_KNOWN = 18
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """Features of all frames, with the object and the session of each."""

    features: Floats
    objects: NDArray[np.int64]
    sessions: NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Which objects are taught and which are asked about, from which sessions."""

    known: NDArray[np.int64]
    asked: NDArray[np.int64]
    taught_in: list[int]
    asked_in: list[int]


def read(root: Path, every: int, threads: int) -> Data:
    """Encode every n-th frame below ``root``."""
    spec = BackboneSpec()
    frozen = FrozenStage(spec, threads)
    features, objects, sessions = [], [], []
    folders = sorted(root.glob("s*/o*"))
    if not folders:
        raise ValueError(f"{root} holds no folders s<session>/o<object>; name a data set of them")
    for folder in steps(folders, "encoding"):
        files = sorted(p for p in folder.iterdir() if p.suffix in {".jpg", ".png"})[::every]
        pictures = [cv2.imread(str(file))[..., ::-1] for file in files]
        features.append(familiar_features(spec, frozen.encode(pictures), threads))
        objects += [int(folder.name[1:])] * len(files)
        sessions += [int(folder.parent.name[1:])] * len(files)
    return Data(np.concatenate(features), np.array(objects), np.array(sessions))


def test_splits(data: Data, held: list[int], seeds: int) -> list[Split]:
    """Return one split a seed: other objects are known in each."""
    everything, taught = np.unique(data.objects), training_sessions(data, held)
    chosen = [np.random.default_rng(s).permutation(everything)[:KNOWN] for s in range(seeds)]
    return [Split(known, everything, taught, held) for known in chosen]


def choosing_splits(data: Data, held: list[int], seeds: int) -> list[Split]:
    """Return splits within the training sessions of the known objects."""
    splits = []
    for split in test_splits(data, held, seeds):
        for pair in itertools.combinations(split.taught_in, 2):
            rest = [session for session in split.taught_in if session not in pair]
            splits.append(Split(split.known[:HELD_OUT_KNOWN], split.known, rest, [*pair]))
    return splits


def training_sessions(data: Data, held: list[int]) -> list[int]:
    """Return the sessions that are not for test."""
    return [int(s) for s in np.unique(data.sessions) if s not in held]


def auroc(known: Floats, unknown: Floats) -> float:
    """Return the probability that an unknown frame scores above a known one (ties: half)."""
    ordered = np.sort(known)
    below = np.searchsorted(ordered, unknown, "left") + np.searchsorted(ordered, unknown, "right")
    return float(below.mean() / (2 * len(known)))


def measure(data: Data, split: Split, kind: str) -> tuple[float, float, float, float]:
    """Return AUROC, FPR at 95% TPR, and shares of known and unknown accepted at 0.5."""
    taught = np.isin(data.objects, split.known) & np.isin(data.sessions, split.taught_in)
    asked = np.isin(data.objects, split.asked) & np.isin(data.sessions, split.asked_in)
    score = UnknownScore(kind)  # type: ignore[arg-type]  # one of KINDS, from argparse or the list
    clips = data.objects * 1000 + data.sessions
    score.fit(data.features[taught], data.objects[taught], clips[taught])
    raw, final = score.raw(data.features[asked]), score.score(data.features[asked])
    is_known = np.isin(data.objects[asked], split.known)
    known, unknown = raw[is_known], raw[~is_known]
    return (
        auroc(known, unknown),
        float((unknown <= np.quantile(known, 0.95)).mean()),
        float((final[is_known] < 0.5).mean()),
        float((final[~is_known] < 0.5).mean()),
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--test-sessions", default="3,7")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--choose", action="store_true", help="leave the test sessions alone")
    options = parser.parse_args()
    data = read(options.folder, options.every, options.threads)
    held = [int(session) for session in options.test_sessions.split(",")]
    splits = (choosing_splits if options.choose else test_splits)(data, held, options.seeds)
    print("| score | AUROC | FPR at 95% TPR | known accepted | unknown accepted |")
    print("| --- | --- | --- | --- | --- |")
    for kind in KINDS:
        means = np.mean([measure(data, split, kind) for split in splits], axis=0)
        name = f"{kind} (shipped)" if kind == SHIPPED else kind
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in means) + " |", flush=True)


if __name__ == "__main__":
    run_script(main)
