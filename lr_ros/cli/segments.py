"""`lr segments`, `lr questions` and `lr label`: name something the robot has already seen."""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_ros.cli.errors import OK, USAGE, CommandError
from lr_ros.cli.options import whole
from lr_ros.cli.output import as_json, clock, connect, notes, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lr_ros.client import Question, SegmentInfo


def add_parser(subparsers: Any) -> None:
    """Add the commands to the command line."""
    listing = subparsers.add_parser("segments", help="list what the robot saw and still remembers")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    listing.add_argument(
        "--thumbnails",
        type=Path,
        metavar="DIR",
        help="save their pictures there, where the robot sends any (parameter latents.thumbnails)",
    )
    listing.set_defaults(run=run_segments)
    questions = subparsers.add_parser(
        "questions",
        help="show what the robot asks about, live",
        description="Show what the robot asks about, live; `lr label` answers. Ctrl-C ends it.",
    )
    questions.add_argument("--json", action="store_true", help="one JSON object a line")
    number = questions.add_mutually_exclusive_group()
    number.add_argument("--once", action="store_const", const=1, dest="count", help="one, then end")
    number.add_argument("--count", type=whole, metavar="N", help="N of them, then end")
    questions.set_defaults(run=run_questions)
    label = subparsers.add_parser("label", help="name something already seen and learn from it")
    label.add_argument("segment", type=segment_id, metavar="ID", help="from `lr segments`")
    label.add_argument("name", metavar="NAME", help="what it is to be called")
    label.set_defaults(run=run_label)


def segment_id(text: str) -> int:
    """Return a segment's id, for argparse."""
    if not (text.isdecimal() and 0 < int(text) < 2**64):
        raise argparse.ArgumentTypeError(f"{text!r} is no id of a segment; see `lr segments`")
    return int(text)


def run_segments(arguments: argparse.Namespace) -> int:
    """Print the remembered segments, and save their pictures if asked to."""
    folder = arguments.thumbnails
    if folder is not None and not folder.is_dir():
        raise CommandError(f"folder {folder} for the pictures does not exist", USAGE)
    with connect(arguments) as client:
        segments = client.list_segments()
    if folder is not None:
        _save_thumbnails(segments, folder)
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


def _save_thumbnails(segments: Sequence[SegmentInfo], folder: Path) -> None:
    pictures = {entry.segment_id: entry.thumbnail for entry in segments if entry.thumbnail}
    for number, picture in pictures.items():
        (folder / f"segment_{number}.jpg").write_bytes(picture)
    advice = "" if pictures else "; switch on the recognizer's parameter latents.thumbnails"
    notes().print(
        f"{len(pictures)} of {len(segments)} segments have a picture{advice}",
        markup=False,
        soft_wrap=True,
    )


def run_questions(arguments: argparse.Namespace) -> int:
    """Print questions as they come."""
    with connect(arguments) as client:
        client.status()  # without a learner nobody would ever ask
        try:
            with client.questions() as stream:
                for question in itertools.islice(stream, arguments.count):
                    print(as_json(question) if arguments.json else _asked(question), flush=True)
        except KeyboardInterrupt:
            return OK  # the usual way to end it
    return OK


def _asked(question: Question) -> str:
    guess = f", perhaps {question.best_guess!r} ({question.score:.2f})"
    again = f", seen before as segment {', '.join(map(str, question.same_as))}"
    return (
        f"What is segment {question.segment_id}? In view for {question.duration:.1f} s"
        f"{guess if question.best_guess else ''}{again if question.same_as else ''}. "
        f"Answer: lr label {question.segment_id} NAME"
    )


def run_label(arguments: argparse.Namespace) -> int:
    """Name a segment."""
    with connect(arguments) as client:
        session = client.label_segment(arguments.segment, arguments.name)
    say(f"segment {arguments.segment} is learned as {arguments.name!r} (session {session})")
    return OK
