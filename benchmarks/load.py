"""How well the recognizer keeps up with a camera while the learner trains on the same cores.

A raw stream is played to real nodes; for a minute the learner rests, then it trains until a minute
of training is over. The share of the images recognized and the latency from an image's stamp to its
result are printed for both::

    python benchmarks/load.py --cores 2
"""

from __future__ import annotations

import argparse
import os

from lr_ros.benchmark import machine
from lr_ros.benchmark.script import run_script
from lr_ros.evaluation.load import LoadReport, Options, Service, run_load


def main() -> int:
    """Measure, print, return the exit code."""
    arguments = _arguments()
    if arguments.cores and hasattr(os, "sched_setaffinity"):
        # The nodes inherit it, and so does this process, which listens to them.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])
    options = Options(
        width=arguments.width,
        height=arguments.height,
        rate=arguments.rate,
        seconds=arguments.seconds,
        frames=arguments.frames,
        on_note=lambda text: print(text, flush=True),
    )
    report = run_load(options)
    _print(report, options)
    return 0


def _print(report: LoadReport, options: Options) -> None:
    where = f"{machine.usable_cores()} cores of {machine.cpu_model()}"
    print(f"{options.width}x{options.height} raw at {options.rate:g} images a second, {where}")
    print(f"{len(report.trainings)} trainings, the longest {max(report.trainings):.1f} s")
    print("| the learner | seconds | images | recognized | p50 [ms] | p95 [ms] | worst [ms] |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, row in (("rests", report.idle), ("trains", report.training)):
        print(_row(name, row))


def _row(name: str, row: Service) -> str:
    latencies = " | ".join(
        f"{value or float('nan'):.1f}" for value in (row.p50, row.p95, row.worst)
    )
    return f"| {name} | {row.seconds:.0f} | {row.published} | {row.share:.1%} | {latencies} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--width", type=int, default=640, help="[pixels] (default: %(default)s)")
    parser.add_argument("--height", type=int, default=480, help="[pixels] (%(default)s)")
    parser.add_argument("--rate", type=float, default=30.0, help="images a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each kind (%(default)s)")
    parser.add_argument("--frames", type=int, default=300, help="of a session (%(default)s)")
    parser.add_argument("--cores", type=int, default=0, help="to use; 0: all (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
