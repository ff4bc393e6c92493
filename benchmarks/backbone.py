"""Time of the two stages of every backbone, as the tables of docs/benchmarks.md.

Frozen stage: milliseconds a picture in float32 and in 8-bit integers, and how far the integers'
latents are from the floats'. Trainable stage: seconds an iteration of 128 (forward, backward and a
step of SGD), the arithmetic in it, and the share of the processor's matrix-product rate reached,
measured in between; beside it the same network as plain torch convolutions. Then the stage as it is
served. Pictures are drawn, since the content costs no time::

    python benchmarks/backbone.py --threads 2

On a machine that does other work as well, ``--threads 1 --clock cpu`` counts the time that this
process had a core, in place of the time on the wall.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from lr_ros.benchmark.script import run_script, steps
from lr_ros.core.backbone import (
    BackboneSpec,
    FrozenStage,
    ServingStage,
    TrainableStage,
    pretrained_arrays,
)
from lr_ros.core.backbone.calibration import dead_leaves

FROZEN = (
    BackboneSpec("efficientnet_lite0", "block10"),
    BackboneSpec("efficientnet_lite0", "block10", 160),
    BackboneSpec("efficientnet_lite0", "pool"),
    BackboneSpec("efficientnet_lite0", "pool", 224),
    BackboneSpec("efficientnet_lite1", "block14"),
    BackboneSpec("efficientnet_lite2", "block14"),
    BackboneSpec("mobilenet_v1", "conv5_4/dw"),
    BackboneSpec("mobilenet_v1", "pool6"),
)
TRAINABLE = (
    BackboneSpec("efficientnet_lite0", "block4"),
    BackboneSpec("efficientnet_lite0", "block8"),
    BackboneSpec("efficientnet_lite0", "block10"),
    BackboneSpec("efficientnet_lite0", "block11"),
    BackboneSpec("efficientnet_lite0", "block14"),
    BackboneSpec("mobilenet_v1", "conv5_4/dw"),
    BackboneSpec("mobilenet_v1", "conv5_6/dw"),
    BackboneSpec("mobilenet_v1", "conv6/dw"),
)
_NORMS, _TYPES = ("folded", "batch_renorm"), ("float32", "bfloat16")
WAYS = tuple((norm, kind) for norm in _NORMS for kind in _TYPES)
BATCH, PICTURES = 128, 64
MATRIX_SIDE = 2048


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of ``work`` after one unmeasured run."""
    work()
    return statistics.median(seconds(work) for _ in range(repeats))


class Clock:
    """What the times are read from: the wall's, or the time this process had a core."""

    read: Callable[[], float] = time.perf_counter


def seconds(work: Callable[[], object]) -> float:
    """Return the time of one run."""
    start = Clock.read()
    work()
    return Clock.read() - start


def row(*cells: object) -> None:
    """Print one line of a markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def header(*names: str) -> None:
    """Print the head of a markdown table."""
    print()
    row(*names)
    row(*("---" for _ in names))


def machine() -> str:
    """Return the processor's name and the number of cores this process may use."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), name)
    return f"{len(os.sched_getaffinity(0))} cores of {name}, torch {torch.__version__}"


def frozen_table(repeats: int, threads: int) -> None:
    """Print the times of the frozen stages on one thread and on ``threads``."""
    counts = sorted({1, threads})
    header(
        "frozen stage",
        "input",
        "latent",
        *(f"{kind}, threads: {count} (ms)" for kind in ("float32", "int8") for count in counts),
        "int8 error",
        "cosine",
    )
    for spec in steps(FROZEN, "frozen stages"):
        with tempfile.TemporaryDirectory() as cache:
            print_frozen(spec, repeats, counts, cache)


def print_frozen(spec: BackboneSpec, repeats: int, counts: list[int], cache: str) -> None:
    """Print one row: times a picture, and the relative error of the integer latents."""
    pictures = dead_leaves(PICTURES, spec.input_shape, seed=1)
    times, latents = [], []
    for precision in ("fp32", "int8"):
        for count in counts:
            stage = FrozenStage(replace(spec, precision=precision), count, cache)
            times.append(median_seconds(lambda s=stage: s.encode(pictures[:1]), 20 * repeats))
        latents.append(stage.encode(pictures).reshape(PICTURES, -1))
    exact, integer = latents
    error = np.linalg.norm(integer - exact) / np.linalg.norm(exact)
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(integer, axis=1)
    cosine = float(np.mean((exact * integer).sum(1) / norms))
    shape = "x".join(map(str, spec.latent_shape))
    milliseconds = [f"{1000 * t:.2f}" for t in times]
    row(f"{spec.name} {spec.cut}", spec.input_size, shape, *milliseconds, f"{error:.1%}",
        f"{cosine:.4f}")  # fmt: skip


def tera_operations(spec: BackboneSpec) -> float:
    """Return the multiplications and additions (10^12) of one iteration of ``BATCH``.

    Those of direct convolutions: one forward, two backward, but nothing to the latent's gradient.
    """
    size, total = spec.latent_shape[1:], 0.0
    net = spec.network
    for number, conv in enumerate(conv for unit in net.above(spec.cut) for conv in unit.convs):
        size = net.output_size(conv, size[0]), net.output_size(conv, size[1])
        once = 2.0 * np.prod(conv.weight_shape) * size[0] * size[1]
        total += once * (2 if number == 0 else 3)
    return total * BATCH / 1e12


def matrix_rate(repeats: int, dtype: torch.dtype) -> float:
    """Return the rate (10^12 operations a second) of a large matrix product."""
    a = torch.randn(MATRIX_SIDE, MATRIX_SIDE).to(dtype)
    return 2 * MATRIX_SIDE**3 / median_seconds(lambda: a @ a, 2 * repeats) / 1e12


def trainable_table(repeats: int) -> None:
    """Print the times of an iteration above each cut."""
    header(
        "trainable stage above",
        "norm",
        "compute",
        f"s an iteration of {BATCH}",
        "TFLOP",
        "share of float32 matrix rate",
        "plain torch, folded, channels last (s)",
    )
    for spec in steps(TRAINABLE, "trainable stages"):
        latents = torch.randn(BATCH, *spec.latent_shape)
        plain = iteration_seconds(PlainStage(spec), latents, max(2, repeats // 2))
        for norm, compute in WAYS:
            stage = TrainableStage(spec, norm=norm, compute=compute)
            rate = matrix_rate(1, torch.float32)
            took = iteration_seconds(stage, latents, repeats)
            rate = (rate + matrix_rate(1, torch.float32)) / 2
            work = tera_operations(spec)
            row(f"{spec.name} {spec.cut}", norm, compute, f"{took:.3f}", f"{work:.4f}",
                f"{work / took / rate:.0%}", f"{plain:.3f}")  # fmt: skip


def iteration_seconds(stage: nn.Module, latents: torch.Tensor, repeats: int) -> float:
    """Return the median time of forward, backward and a step."""
    optimizer = torch.optim.SGD(stage.parameters(), lr=1e-6, momentum=0.9)

    def iteration() -> None:
        optimizer.zero_grad()
        stage(latents).square().mean().backward()
        optimizer.step()

    return median_seconds(iteration, repeats)


class PlainStage(nn.Module):
    """The folded network as torch's own convolutions with channels last: what one would write."""

    def __init__(self, spec: BackboneSpec) -> None:
        super().__init__()
        self._spec = spec
        arrays = pretrained_arrays(spec)
        self._weights = nn.ParameterList(
            torch.from_numpy(a).contiguous(memory_format=torch.channels_last)
            if a.ndim == 4
            else torch.from_numpy(a)
            for a in arrays.values()
        )

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Return features [N, feature_size]."""
        net, weights = self._spec.network, iter(self._weights)
        x = latents.contiguous(memory_format=torch.channels_last)
        for unit in net.above(self._spec.cut):
            start = x
            for conv in unit.convs:
                (top, bottom), (left, right) = (net.pads(conv, side) for side in x.shape[2:])
                if top or bottom or left or right:
                    x = functional.pad(x, (left, right, top, bottom))
                groups = conv.inputs if conv.depthwise else 1
                x = functional.conv2d(x, next(weights), next(weights), conv.stride, groups=groups)
                x = functional.relu6(x) if conv.relu6 else x
            x = x + start if unit.residual else x
        return x.mean(dim=(2, 3))


def serving_table(repeats: int, threads: int) -> None:
    """Print the times of the trainable stage as the recognizer runs it."""
    header("served stage above", "built in (ms)", "1 latent (ms)", f"{BATCH} latents (ms)")
    for spec in steps(TRAINABLE, "served stages"):
        arrays = pretrained_arrays(spec)
        build = median_seconds(lambda s=spec, a=arrays: ServingStage(s, a, threads), 3)
        stage = ServingStage(spec, arrays, threads)
        latents = np.random.default_rng(0).standard_normal((BATCH, *spec.latent_shape))
        latents = latents.astype(np.float32)
        one = median_seconds(lambda s=stage, x=latents[:1]: s.features(x), 20 * repeats)
        many = median_seconds(lambda s=stage, x=latents: s.features(x), repeats)
        row(f"{spec.name} {spec.cut}", *(f"{1000 * t:.1f}" for t in (build, one, many)))


def main() -> None:
    """Print the tables asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--threads", type=int, default=2, help="CPU threads (default 2)")
    parser.add_argument("--repeats", type=int, default=5, help="runs whose median counts")
    tables = ("frozen", "trainable", "serving")
    parser.add_argument("--tables", nargs="+", choices=tables, default=tables)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    options = parser.parse_args()
    if options.clock == "cpu":
        if options.threads != 1:
            parser.error("--clock cpu adds up all threads: use it with --threads 1")
        Clock.read = time.process_time
    torch.set_num_threads(options.threads)
    print(f"Machine: {machine()}; {options.threads} threads, {options.clock} clock.", end=" ")
    rates = [matrix_rate(options.repeats, dtype) for dtype in (torch.float32, torch.bfloat16)]
    print("Matrix product: {:.3f} TFLOP/s in float32, {:.3f} in bfloat16.".format(*rates))
    if "frozen" in options.tables:
        frozen_table(options.repeats, options.threads)
    if "trainable" in options.tables:
        trainable_table(options.repeats)
    if "serving" in options.tables:
        serving_table(options.repeats, options.threads)


if __name__ == "__main__":
    run_script(main)
