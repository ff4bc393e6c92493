"""A robot in simulation taught, corrected and asked at random, with its memory watched.

Ends with 0 only if no process has grown beyond the bound, no answer was wrong, and at most one in a
hundred was late::

    python benchmarks/soak.py --minutes 10

The memory of each process is printed every half minute, and as JSON with --json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lr_ros.benchmark import machine
from lr_ros.benchmark.script import run_script
from lr_ros.evaluation.memory import WARM_UP, MemorySample
from lr_ros.evaluation.soak import Options, SoakCounts, SoakReport, run_soak

MOST_GROWTH = 64.0
"""Default bound [MB]: what the replay memory, the remembered segments and their copies may add."""

PRINTED = 30.0
"""Seconds between two printed lines."""


def main() -> int:
    """Run the soak, print what came of it, return the exit code."""
    arguments = _arguments()
    printer = _Printer(arguments.minutes * 60)
    options = Options(
        seconds=arguments.minutes * 60,
        seed=arguments.seed,
        on_sample=printer.sample,
        on_note=lambda text: print(f"  {text}", flush=True),
    )
    report = run_soak(options)
    faults = _faults(report, arguments.most_growth)
    _print(report, arguments.most_growth)
    if arguments.json is not None:
        content = {"machine": machine.describe(), "faults": faults, **_as_dict(report)}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for fault in faults:
        print(f"failed: {fault}", file=sys.stderr)
    return int(bool(faults))


class _Printer:
    def __init__(self, seconds: float) -> None:
        self._next, self._seconds = 0.0, seconds

    def sample(self, sample: MemorySample, counts: SoakCounts) -> None:
        if sample.at < self._next:
            return
        self._next = sample.at + PRINTED
        sizes = "  ".join(f"{name} {size:.0f} MB" for name, size in sample.megabytes.items())
        done = sum(counts.actions.values())
        print(f"{sample.at:6.0f} of {self._seconds:.0f} s  {sizes}  {done} actions", flush=True)


def _faults(report: SoakReport, most_growth: float) -> list[str]:
    faults = [f"wrong: {text}" for text in report.counts.wrong]
    faults += [
        f"{name} grew by {grown:.0f} MB, more than {most_growth:g}"
        for name, grown in report.growth.items()
        if grown > most_growth
    ]
    if not report.growth:
        faults.append("the run was too short to tell growth")
    answers = sum(report.counts.actions.values())
    if len(report.counts.late) > 0.01 * answers:
        faults.append(f"{len(report.counts.late)} of {answers} commands were answered late")
    if report.late_recognitions > 0.01 * report.recognitions:
        faults.append(f"{report.late_recognitions} of {report.recognitions} recognitions were late")
    return faults


def _print(report: SoakReport, most_growth: float) -> None:
    counts = report.counts
    done = ", ".join(f"{kind} {n}" for kind, n in sorted(counts.actions.items()))
    refused = ", ".join(f"{what} {n}" for what, n in counts.refused.items()) or "none"
    print(f"{report.seconds:.0f} s on {machine.describe()}")
    print(f"actions: {done}; refused: {refused}")
    print(
        f"answers wrong {len(counts.wrong)}, late {len(counts.late)}, "
        f"slowest command {counts.slowest:.2f} s"
    )
    print(
        f"recognitions {report.recognitions}, late {report.late_recognitions}; "
        f"of taught objects named rightly {report.named_rightly} of {report.named}"
    )
    grown = ", ".join(f"{name} {mb:+.1f} MB" for name, mb in report.growth.items())
    print(f"growth after the first {WARM_UP:.0%}: {grown} (bound {most_growth:g} MB)")


def _as_dict(report: SoakReport) -> dict[str, object]:
    return {
        "seconds": round(report.seconds, 1),
        "actions": dict(report.counts.actions),
        "refused": dict(report.counts.refused),
        "wrong": report.counts.wrong,
        "late": report.counts.late,
        "slowest_seconds": round(report.counts.slowest, 3),
        "recognitions": report.recognitions,
        "late_recognitions": report.late_recognitions,
        "named": report.named,
        "named_rightly": report.named_rightly,
        "growth_mb": {name: round(mb, 1) for name, mb in report.growth.items()},
        "memory_mb": [
            {"at": round(s.at, 1), **{name: round(mb, 1) for name, mb in s.megabytes.items()}}
            for s in report.samples
        ],
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of what is done (%(default)s)")
    parser.add_argument(
        "--most-growth",
        type=float,
        default=MOST_GROWTH,
        metavar="MB",
        help="a process may grow by so much after the warm-up (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and samples there")
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
