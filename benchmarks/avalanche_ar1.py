"""The time of one update in the paper's setting: Avalanche's AR1 and ours, side by side.

The setting is that of Pellegrini et al. (IROS 2020): MobileNetV1 at 128 px cut at conv5_4/dw, 300
new patterns learned with 1500 replayed ones, minibatches of 128, 4 epochs. Weights and pictures
are random, which costs the same time. Avalanche's part runs only where avalanche-lib is installed
(an environment of its own is best: it needs many packages; torchvision is enough without its
compiled part)::

    pip install avalanche-lib
    python benchmarks/avalanche_ar1.py --threads 2
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lr_ros.benchmark import machine
from lr_ros.benchmark.script import run_script, steps
from lr_ros.core.backbone import BackboneSpec, FrozenStage
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig

NEW, REPLAYED, MINIBATCH, EPOCHS, CLASSES = 300, 1500, 128, 4, 10
SIZE = 128


def pictures(count: int, seed: int) -> NDArray[np.uint8]:
    """Return random pictures, uint8 [count, 128, 128, 3]."""
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def declare_torchvision_operators() -> torch.library.Library:
    """Declare what torchvision registers shapes for on import and its compiled part defines.

    That part of PyPI's torchvision does not load beside a CPU build of torch; nothing here calls
    it. The declarations last as long as the object returned.
    """
    library = torch.library.Library("torchvision", "DEF")
    arguments = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for name in ("nms", "qnms"):
        library.define(name + arguments)
    return library


@dataclass(frozen=True)
class Cost:
    """Of one update: seconds by the clock, and seconds of all processors together."""

    wall: float
    cpu: float


def measured(work: Callable[[], object]) -> Cost:
    """Do the work and return what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def ours(spec: BackboneSpec, config: LearnerConfig, repeats: int, threads: int) -> list[Cost]:
    """Return the costs of our updates: encoding the new pictures, and learning them."""
    encoder = FrozenStage(spec, threads)
    learner = LatentReplayLearner(spec, config)
    learner.learn_batch(encoder.encode(pictures(MINIBATCH, 0)), *_names(MINIBATCH, 0))
    full = learner.snapshot().fork()
    stored = np.random.default_rng(0).random((REPLAYED, *spec.latent_shape), np.float32)
    full.memory.add(stored, np.arange(REPLAYED) % CLASSES, "stored")
    learner.revert(full)

    def update(number: int) -> None:
        latents = encoder.encode(pictures(NEW, number))
        learner.learn_batch(latents, *_names(NEW, number))

    return [measured(partial(update, r + 1)) for r in steps(range(repeats), "updates")]


def _names(count: int, batch: int) -> tuple[list[str], list[str]]:
    return [f"class {i % CLASSES}" for i in range(count)], [f"clip {batch}"] * count


def avalanche(repeats: int) -> list[Cost]:
    """Return the costs of Avalanche's updates: encoding and training, as its AR1 does both."""
    operators = declare_torchvision_operators()
    from avalanche.benchmarks import (  # noqa: PLC0415 optional
        benchmark_from_datasets,
        with_classes_timeline,
    )
    from avalanche.models import MobilenetV1  # noqa: PLC0415 optional
    from avalanche.training.plugins import EvaluationPlugin  # noqa: PLC0415 optional
    from avalanche.training.supervised import ar1  # noqa: PLC0415 optional

    class RandomNetwork(MobilenetV1):
        """Random weights: the pretrained ones would be downloaded, and take the same time."""

        def __init__(self, pretrained: bool, latent_layer_num: int) -> None:
            del pretrained
            super().__init__(False, latent_layer_num)

    ar1.MobilenetV1 = RandomNetwork
    # Its first batch differs from all others and is not what is measured: a short one will do.
    sets = [_labelled(MINIBATCH, 0), *(_labelled(NEW, r + 1) for r in range(repeats))]
    stream = with_classes_timeline(benchmark_from_datasets(train=sets)).train_stream
    strategy = ar1.AR1(
        rm_sz=REPLAYED,
        train_mb_size=MINIBATCH,
        train_epochs=1,
        evaluator=EvaluationPlugin(),
    )
    strategy.train(stream[0])
    strategy.train_epochs = EPOCHS
    strategy.rm = (torch.rand(REPLAYED, 512, 8, 8), torch.arange(REPLAYED) % CLASSES)
    costs = [measured(partial(strategy.train, stream[r + 1])) for r in range(repeats)]
    del operators
    return costs


def _labelled(count: int, seed: int) -> Any:
    """Return pictures as Avalanche takes them: float [3, 128, 128], class, and task 0."""
    from avalanche.benchmarks.utils import AvalancheDataset, DataAttribute  # noqa: PLC0415 optional

    images = torch.from_numpy(pictures(count, seed)).permute(0, 3, 1, 2).float() / 255
    labels = torch.arange(count) % CLASSES
    data = torch.utils.data.TensorDataset(images.contiguous(), labels)
    classes = DataAttribute(labels.tolist(), "targets")
    tasks = DataAttribute([0] * count, "targets_task_labels", use_in_getitem=True)
    return AvalancheDataset([data], data_attributes=[classes, tasks])


def main() -> None:
    """Measure and print."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    warnings.filterwarnings("ignore")
    print(f"{machine.usable_cores()} cores of {machine.cpu_model()}, {args.threads} threads")
    print(f"one update of {NEW} new and {REPLAYED} replayed patterns, median of {args.repeats}:\n")
    print("| | seconds | processor seconds | times as fast |\n| --- | --- | --- | --- |")
    reference = None
    if args.skip_avalanche or importlib.util.find_spec("avalanche") is None:
        print("| Avalanche's AR1 | not run | | |", flush=True)
    else:
        reference = avalanche(args.repeats)
        _print_row("Avalanche's AR1", reference, reference)
    paper = BackboneSpec("mobilenet_v1", "conv5_4/dw", SIZE)
    settings = LearnerConfig("ar1free", REPLAYED, bits=32, policy="paper", epochs=EPOCHS)
    costs = ours(paper, settings, args.repeats, args.threads)
    _print_row("ours, the paper's mode (ar1free)", costs, reference)
    costs = ours(BackboneSpec(), LearnerConfig(), args.repeats, args.threads)
    _print_row("ours, as shipped (default)", costs, reference)


def _print_row(name: str, costs: list[Cost], reference: list[Cost] | None) -> None:
    wall, cpu = _medians(costs)
    ratio = ""
    if reference is not None:
        slow_wall, slow_cpu = _medians(reference)
        ratio = f"{slow_wall / wall:.1f} (processor seconds: {slow_cpu / cpu:.1f})"
    print(f"| {name} | {wall:.1f} | {cpu:.1f} | {ratio} |", flush=True)


def _medians(costs: list[Cost]) -> tuple[float, float]:
    return statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--threads", type=int, default=machine.usable_cores())
    parser.add_argument("--repeats", type=int, default=1, help="updates of each (%(default)s)")
    parser.add_argument("--skip-avalanche", action="store_true", help="measure ours alone")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
