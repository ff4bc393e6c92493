"""`lr segments` and `lr label`: name something the robot has already seen."""

from __future__ import annotations

import argparse
from typing import Any

from lr_ros.cli.errors import OK
from lr_ros.cli.output import as_json, clock, connect, say, table


def add_parser(subparsers: Any) -> None:
    """Add the commands to the command line."""
    listing = subparsers.add_parser("segments", help="list what the robot saw and still remembers")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    listing.set_defaults(run=run_segments)
    label = subparsers.add_parser("label", help="name something already seen and learn from it")
    label.add_argument("segment", type=segment_id, metavar="ID", help="from `lr segments`")
    label.add_argument("name", metavar="NAME", help="what it is to be called")
    label.set_defaults(run=run_label)


def segment_id(text: str) -> int:
    """Return a segment's id, for argparse."""
    value = int(text)
    if not 0 < value < 2**64:
        raise argparse.ArgumentTypeError(f"{text} is no id of a segment; see `lr segments`")
    return value


def run_segments(arguments: argparse.Namespace) -> int:
    """Print the remembered segments."""
    with connect(arguments) as client:
        segments = client.list_segments()
    if arguments.json:
        print(as_json(segments, indent=2))
    elif not segments:
        say("no segment is remembered; nothing has come into view yet")
    else:
        table(
            ("id", "seen at", "seconds", "frames", "best guess", "learned as"),
            (
                (
                    entry.segment_id,
                    clock(entry.start),
                    f"{entry.duration:.1f}",
                    entry.frames,
                    f"{entry.best_guess} ({entry.score:.2f})" if entry.best_guess else "-",
                    entry.label or "-",
                )
                for entry in segments
            ),
        )
    return OK


def run_label(arguments: argparse.Namespace) -> int:
    """Name a segment."""
    with connect(arguments) as client:
        session = client.label_segment(arguments.segment, arguments.name)
    say(f"segment {arguments.segment} is learned as {arguments.name!r} (session {session})")
    return OK
