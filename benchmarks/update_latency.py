"""The time from a session's last frame to the new model answering, with all classes known.

Frames arrive at 5 a second and are encoded and learned from while they arrive, as the learner node
does it; after the last one the rest of the training is made, and the new model is exported, read
and asked. Beside it a second learner gets the same frames without hurry: all its training after
the session, and as much of it as its strategy wants. Both are asked about the test sessions::

    python benchmarks/update_latency.py --data DIR

The clock is simulated: work takes the time that it takes, waiting for the next frame takes none
(with --clock real it does). On a machine that does other work as well, ``--threads 1 --clock cpu``
counts the time that this process had a core, in place of the time on the wall. DIR is a data set
that `lr bench` reads.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lr_ros.benchmark import machine
from lr_ros.benchmark.dataset import Clip, Dataset
from lr_ros.benchmark.images import read_images
from lr_ros.benchmark.layouts import open_dataset
from lr_ros.benchmark.script import run_script, steps
from lr_ros.core.backbone import BackboneSpec, FrozenStage
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig
from lr_ros.core.model import ServingModel


class Clock:
    """Seconds since it was made, of the kind ``wall``, ``cpu`` or ``real``.

    Waiting is skipped, except with ``real``.
    """

    def __init__(self, kind: str) -> None:
        self._real = kind == "real"
        self._read = time.process_time if kind == "cpu" else time.perf_counter
        self._start = self._read()
        self._skipped = 0.0

    def now(self) -> float:
        """Return the seconds gone by, those skipped included."""
        return self._read() - self._start + self._skipped

    def wait_until(self, moment: float) -> None:
        """Come back at ``moment``, or at once if that is past."""
        missing = moment - self.now()
        if missing > 0 and self._real:
            time.sleep(missing)
        elif missing > 0:
            self._skipped += missing


@dataclass(frozen=True)
class Scene:
    """What is taught and asked: pictures uint8 [H, W, 3] of sessions, latents of tests."""

    known: list[tuple[str, str, list[NDArray[np.uint8]]]]
    sessions: list[tuple[str, list[NDArray[np.uint8]]]]
    test: NDArray[np.float32]
    truth: list[str]


def read_scene(data: Dataset, encoder: FrozenStage, frames: int, count: int) -> Scene:
    """Take each object's first clip as known, and further clips of ``count`` objects as sessions.

    Raises:
        ValueError: no object has enough frames for a session.
    """
    clips: dict[str, list[Clip]] = {}
    for clip in data.train:
        clips.setdefault(clip.obj, []).append(clip)
    known = [
        (data.classes[c[0].label], c[0].clip_id, _read(data, c[0].files)) for c in clips.values()
    ]
    rest = {obj: tuple(f for c in own[1:] for f in c.files) for obj, own in clips.items()}
    fit = [obj for obj, files in rest.items() if len(files) >= frames]
    if not fit:
        raise ValueError(f"no object has a first clip and {frames} frames more; lower --frames")
    chosen = [fit[i * len(fit) // count] for i in range(count)]
    sessions = [
        (data.classes[clips[obj][0].label], _read(data, rest[obj][:frames])) for obj in chosen
    ]
    test = [(data.classes[c.label], _read(data, c.files[::4])) for c in data.test]
    truth = [name for name, images in test for _ in images]
    latents = np.concatenate([encoder.encode(images) for _, images in test])
    return Scene(known, sessions, latents, truth)


def _read(data: Dataset, files: tuple[str, ...]) -> list[NDArray[np.uint8]]:
    images, _, bad = read_images(data.root, files)
    if bad:
        raise ValueError(f"{data.root} has bad files: {', '.join(bad)}")
    return images


@dataclass(frozen=True)
class Update:
    """How one session ended: seconds from last frame to answer, and training steps made."""

    seconds: float
    steps: int


def teach_live(
    learner: LatentReplayLearner,
    encoder: FrozenStage,
    session: tuple[str, list[NDArray[np.uint8]]],
    rate: float,
    clock: Clock,
) -> Update:
    """Teach while frames arrive, and ask the new model about the last of them."""
    name, images = session
    opened = learner.begin(name, f"live {clock.now()}")
    start = clock.now()
    latents = encoder.encode(images[:1])
    for number, image in enumerate(images):
        clock.wait_until(start + number / rate)
        latents = encoder.encode([image])
        opened.add(latents)
        following = start + (number + 1) / rate
        while number + 1 < len(images) and clock.now() < following:
            if not opened.train(following - clock.now()):
                break
    report = opened.finish()
    export = learner.export()
    ServingModel.from_bytes(export.weights, export.class_names, learner.spec).predict(latents)
    return Update(clock.now() - start - (len(images) - 1) / rate, report.iterations)


def accuracy(learner: LatentReplayLearner, scene: Scene) -> float:
    """Return the share of test frames that the learner names rightly."""
    best = learner.predict(scene.test).probabilities.argmax(axis=1)
    classes = learner.classes
    return float(np.mean([classes[i] == name for i, name in zip(best, scene.truth, strict=True)]))


def new_learner(spec: BackboneSpec, scene: Scene, encoder: FrozenStage) -> LatentReplayLearner:
    """Return a learner with default settings that knows every object from one clip."""
    learner = LatentReplayLearner(spec, LearnerConfig())
    latents = np.concatenate([encoder.encode(images) for _, _, images in scene.known])
    names = [name for name, _, images in scene.known for _ in images]
    clips = [clip for _, clip, images in scene.known for _ in images]
    learner.learn_batch(latents, names, clips)
    return learner


def main() -> None:
    """Measure and print."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    spec = BackboneSpec(input_size=args.input_size)
    encoder = FrozenStage(spec)
    sessions = None if args.test_sessions is None else args.test_sessions.split(",")
    scene = read_scene(open_dataset(args.data, None, sessions), encoder, args.frames, args.sessions)
    live = new_learner(spec, scene, encoder)
    unhurried = LatentReplayLearner(spec, LearnerConfig())
    unhurried.restore(live.state())
    print(
        f"{machine.usable_cores()} cores of {machine.cpu_model()}, {args.threads} threads; "
        f"{len(live.classes)} classes known, {args.frames} frames at {args.rate:g}/s; "
        f"{spec.name} cut at {spec.cut}, {spec.input_size} px, default settings; {args.clock} clock"
    )
    print("| session | last frame to answer, s | steps | accuracy | steps unhurried | accuracy |")
    print("| --- | --- | --- | --- | --- | --- |")
    updates, gaps = [], []
    for number, session in enumerate(steps(scene.sessions, "sessions"), 1):
        update = teach_live(live, encoder, session, args.rate, Clock(args.clock))
        report = unhurried.learn(session[0], encoder.encode(session[1]), f"session {number}")
        here, there = accuracy(live, scene), accuracy(unhurried, scene)
        updates.append(update.seconds)
        gaps.append(100 * (here - there))
        print(
            f"| {number} | {update.seconds:.2f} | {update.steps} | {100 * here:.1f} | "
            f"{report.iterations} | {100 * there:.1f} |",
            flush=True,
        )
    print(
        f"median {statistics.median(updates):.2f} s, longest {max(updates):.2f} s; live minus "
        f"unhurried {statistics.mean(gaps):+.1f} points on average, {gaps[-1]:+.1f} at the end"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, required=True, help="data set that lr bench reads")
    parser.add_argument("--test-sessions", help="as for lr bench")
    parser.add_argument("--sessions", type=int, default=5, help="to measure (%(default)s)")
    parser.add_argument("--frames", type=int, default=100, help="of each session (%(default)s)")
    parser.add_argument("--input-size", type=int, default=160, help="as the nodes (%(default)s)")
    parser.add_argument("--rate", type=float, default=5.0, help="frames a second (%(default)s)")
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--clock", choices=("wall", "cpu", "real"), default="wall")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
