"""`lr bench`: strategies compared on a data set of object videos."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_ros.benchmark.layouts import LAYOUTS, LEVELS
from lr_ros.benchmark.protocols import NICV2_CLIPS, PROTOCOLS
from lr_ros.benchmark.settings import STRATEGIES, Settings, Variant
from lr_ros.cli.errors import USAGE, CommandError

if TYPE_CHECKING:
    from lr_ros.benchmark.bench import Plan

DEFAULT_CUT = "block10"
DEFAULT_CUTS = {"mobilenet_v1": "conv5_4/dw"}

EXAMPLE = """\
example:
  lr bench --data ~/core50 --protocol nicv2 --strategies default,slda --seeds 3 --out out/core50

The same command again goes on where the last one was stopped, and adds strategies and seeds.
A strategy may be given settings of its own: default:bits=4, default:replay=500:epochs=2,
default:lower_every=3.
"""


def add_parser(subparsers: Any) -> None:
    """Add `lr bench` to the command line."""
    parser = subparsers.add_parser(
        "bench",
        help="compare strategies on a data set of object videos",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_what(parser)
    _add_how(parser)
    parser.set_defaults(run=run)


def _add_what(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="the data set's folder")
    add("--protocol", choices=PROTOCOLS, default="nicv2", help="order of learning")
    add(
        "--strategies",
        type=_variants,
        default=_variants("default"),
        metavar="A,B,...",
        help=f"of {', '.join(STRATEGIES)}",
    )
    add("--seeds", type=_positive, default=1, metavar="N", help="orders of learning to try")
    add("--out", type=Path, required=True, metavar="DIR", help="where results go")
    add("--layout", choices=LAYOUTS, help="of the data set (default: found out)")
    add("--level", choices=LEVELS, default="object", help="what is a class")
    add(
        "--nicv2",
        type=int,
        choices=sorted(NICV2_CLIPS),
        default=391,
        help="variant of nicv2: 1, 2 or 5 clips a batch",
    )
    add("--test-sessions", type=_names, metavar="A,B", help="sessions never learned from")
    add("--every", type=_positive, default=1, metavar="K", help="take every K-th frame")
    add("--test-every", type=_positive, metavar="K", help="the same for test frames (as --every)")
    add("--max-batches", type=_positive, metavar="N", help="stop after N batches")
    add(
        "--on-bad-file",
        choices=("refuse", "skip"),
        default="refuse",
        help="what to do about missing and corrupt images",
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--backbone", default="efficientnet_lite0", help="network (%(default)s)")
    add("--cut", help="last layer of the frozen stage (default: the backbone's own)")
    add("--input-size", type=_positive, default=128, metavar="PX", help="pixels (%(default)s)")
    add("--precision", choices=("fp32", "int8"), default="fp32", help="of the frozen stage")
    add("--weights", type=Path, metavar="FILE", help="weights of the backbone")
    add("--bits", type=_positive, default=8, help="per value of a stored latent (%(default)s)")
    add("--replay", type=_positive, default=1500, metavar="N", help="latents kept (%(default)s)")
    add("--epochs", type=_positive, metavar="N", help="for each batch (default: the strategy's)")
    add("--threads", type=_positive, metavar="N", help="of each run (default: all cores)")
    add("--processes", type=_positive, default=1, metavar="N", help="runs at a time (%(default)s)")
    add("--cache", type=Path, metavar="DIR", help="where latents are kept (default: OUT/cache)")


def run(args: argparse.Namespace) -> int:
    """Run the benchmark; 0 if all runs ended well, 1 if not, 2 if it could not begin."""
    # Only now: torch and ONNX Runtime take seconds to load, which other commands shall not wait.
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415

    from lr_ros.benchmark import subject  # noqa: PLC0415
    from lr_ros.benchmark.bench import run_benchmark  # noqa: PLC0415

    console = Console(stderr=True)
    plan = make_plan(args)
    try:
        failures = run_benchmark(plan, subject.make_encoder, subject.make_subject, console)
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from here")
        return 130
    except (ValueError, OSError) as error:
        raise CommandError(str(error), USAGE) from error
    for name, failure in failures.items():
        where = failure.details if args.verbose else "--verbose shows where"
        console.print(
            f"[red]{escape(name)} failed: {escape(failure.message)}[/red]\n{escape(where)}",
            soft_wrap=True,
        )
    if (plan.out / "results.md").is_file():
        sys.stdout.write((plan.out / "results.md").read_text(encoding="utf-8"))
    return 1 if failures else 0


def make_plan(args: argparse.Namespace) -> Plan:
    """Return what the arguments ask for."""
    from lr_ros.benchmark.bench import Plan  # noqa: PLC0415 loads matplotlib
    from lr_ros.benchmark.machine import usable_cores  # noqa: PLC0415

    return Plan(
        settings=Settings(
            data=str(args.data.expanduser().resolve()),
            layout=args.layout,
            level=args.level,
            protocol=args.protocol,
            nicv2=args.nicv2,
            test_sessions=args.test_sessions,
            every=args.every,
            test_every=args.test_every,
            max_batches=args.max_batches,
            backbone=args.backbone,
            cut=args.cut or DEFAULT_CUTS.get(args.backbone, DEFAULT_CUT),
            input_size=args.input_size,
            precision=args.precision,
            weights=None if args.weights is None else str(args.weights.expanduser().resolve()),
            bits=args.bits,
            replay=args.replay,
            epochs=args.epochs,
            threads=args.threads or usable_cores(),
        ),
        variants=args.strategies,
        seeds=tuple(range(args.seeds)),
        out=args.out,
        cache=args.cache or args.out / "cache",
        skip_bad_files=args.on_bad_file == "skip",
        processes=args.processes,
    )


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return number


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(n.strip() for n in text.split(",") if n.strip()))
    if not names:
        raise argparse.ArgumentTypeError("name at least one")
    return names


def _variants(text: str) -> tuple[Variant, ...]:
    try:
        return tuple(Variant.parse(name) for name in _names(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
