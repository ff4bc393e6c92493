"""`lr bag learn`: learn what a recording shows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_ros.cli.bag_options import (
    WorkProgress,
    add_store,
    box,
    explained,
    settings,
    store_of,
)
from lr_ros.cli.errors import FAILED, INTERRUPTED, OK
from lr_ros.cli.options import whole
from lr_ros.cli.output import as_json, notes, say, table

if TYPE_CHECKING:
    from lr_ros.bags.learn import LearnReport

DESCRIPTION = """\
Learn from a recording as from the camera: each object's stay in view within the range is a
session, with the learner's own gates, examination, journal and store. The same recording,
parameters and seed on an empty store give the same model, bit for bit, on one machine; its
SHA-256 is printed.
"""


def add_to(subparsers: Any) -> argparse.ArgumentParser:
    """Add the command; return its parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "learn",
        help="learn what a recording shows",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--class", dest="name", metavar="NAME", help="what the range shows")
    what.add_argument(
        "--truth", type=Path, metavar="FILE", help="spans with classes, learned in order of time"
    )
    add_store(parser, "that of the robot's learner")
    add = parser.add_argument
    add("--frames", type=whole, metavar="N", help="most frames of a session (session.frames)")
    add("--seed", type=int, metavar="N", help="of all chance, in an empty store (training.seed)")
    add("--dry-run", action="store_true", help="only say what would be learned; needs no store")
    add("--expect", metavar="SHA256", help="fail unless the model is this one")
    add("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Learn, and say what came of it."""
    with explained():
        from lr_ros.bags.gathering import Span  # noqa: PLC0415 - torch, only when it is needed
        from lr_ros.bags.learn import Plan, learn_bag  # noqa: PLC0415 - likewise
        from lr_ros.bags.recording import Recording  # noqa: PLC0415 - likewise
        from lr_ros.bags.truth import load_spans, within  # noqa: PLC0415 - likewise

        parameters = settings(arguments)
        spans = (
            (Span(arguments.begin, arguments.end, arguments.name),)
            if arguments.truth is None
            else within(load_spans(arguments.truth), arguments.begin, arguments.end)
        )
        plan = Plan(
            spans=spans,
            settings=parameters,
            store=None if arguments.dry_run else store_of(arguments, parameters),
            frames=arguments.frames,
            region=box(arguments),
            seed=arguments.seed,
        )
        with Recording(arguments.bag, arguments.topic) as recording, WorkProgress() as progress:
            try:
                report = learn_bag(recording, plan, progress.show)
            except KeyboardInterrupt:
                notes().print(
                    "\ninterrupted: what was being learned is not; sessions before it are"
                )
                return INTERRUPTED
    if arguments.json:
        print(as_json(report.as_dict(), indent=2))
    else:
        show(report)
    if arguments.expect and arguments.expect != report.weights:
        notes().print(
            f"not the model expected: its SHA-256 is {report.weights or '(none)'}, "
            f"{arguments.expect} was expected",
            style="red",
        )
        return FAILED
    return OK if report.learned else FAILED


def show(report: LearnReport) -> None:
    """Print a report for people."""
    table(
        ("class", "from", "to", "images", "used", "refused", "result"),
        (
            (
                session.class_name,
                f"{session.begin:.1f} s",
                f"{session.end:.1f} s",
                session.images,
                session.used,
                ", ".join(f"{n} {reason}" for reason, n in session.refused.items()) or "-",
                (session.message or f"learned, version {session.model_version}")
                if session.learned
                else f"not learned: {session.message}",
            )
            for session in report.sessions
        ),
    )
    say(
        f"{report.images} images of {report.topic}, {report.nobody} with nobody in view, "
        f"{report.damaged} damaged"
    )
    if report.dry_run:
        say("nothing was learned (--dry-run)")
        return
    say(f"model {report.model_version} in {report.store}, SHA-256 {report.weights or '-'}", "green")
    say(f"recipe {report.recipe['sha256']}: the same recipe gives the same model")
    for departure in report.departures:
        say(f"note: {departure}", "yellow")
