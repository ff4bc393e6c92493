"""`lr watch`: what the robot recognizes, live."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lr_ros.cli.errors import OK
from lr_ros.cli.options import whole
from lr_ros.cli.output import as_json, connect, out

if TYPE_CHECKING:
    from lr_ros.client import MessageStream, Recognition


def add_parser(subparsers: Any) -> None:
    """Add `lr watch` to the command line."""
    parser = subparsers.add_parser(
        "watch",
        help="show what the robot recognizes, live",
        description="Show what the robot recognizes, live; Ctrl-C ends it.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    number = parser.add_mutually_exclusive_group()
    number.add_argument("--once", action="store_const", const=1, dest="count", help="one, then end")
    number.add_argument("--count", type=whole, metavar="N", help="N of them, then end")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show recognitions until the count is reached or Ctrl-C."""
    with connect(arguments) as client:
        try:
            with client.watch(timeout=arguments.timeout) as stream:
                _show(stream, arguments)
        except KeyboardInterrupt:
            return OK  # the usual way to end it
    return OK


def _show(stream: MessageStream[Recognition], arguments: argparse.Namespace) -> None:
    if sys.stdout.isatty() and arguments.count is None and not arguments.json:
        _live(stream)
        return
    for recognition in itertools.islice(stream, arguments.count):
        text = as_json(record(recognition)) if arguments.json else line(recognition)
        print(text, flush=True)


def record(recognition: Recognition) -> dict[str, Any]:
    """Return a recognition as one JSON object, with the name and its score spelled out."""
    return {
        "stamp": recognition.stamp,
        "frame_id": recognition.frame_id,
        "name": recognition.name,
        "score": recognition.score,
        "unknown": recognition.unknown,
        "unknown_score": recognition.unknown_score,
        "hypotheses": recognition.hypotheses,
        "segment_id": recognition.segment_id,
        "region": recognition.region,
        "model_version": recognition.model_version,
        "latency_ms": recognition.latency_ms,
    }


def answer(recognition: Recognition) -> str:
    """Return what is recognized, in a word or two."""
    if recognition.name is not None:
        return Text(recognition.name).plain
    if recognition.model_version == 0:
        return "nothing learned yet"
    return "unknown" if recognition.segment_id else "nobody in view"


def line(recognition: Recognition) -> str:
    """Return a recognition as one line of plain text."""
    when = time.strftime("%H:%M:%S", time.localtime(recognition.stamp))
    return (
        f"{when}.{int(recognition.stamp % 1 * 10)}  {answer(recognition):24} "
        f"score {recognition.score:.2f}  unknown {recognition.unknown_score:.2f}  "
        f"segment {recognition.segment_id}  model {recognition.model_version}  "
        f"{recognition.latency_ms:.0f} ms"
    )


def _live(stream: MessageStream[Recognition]) -> None:
    arrivals: deque[float] = deque(maxlen=30)
    with Live(console=out(), refresh_per_second=10) as live:
        for recognition in stream:
            arrivals.append(time.monotonic())
            live.update(view(recognition, _rate(arrivals)))


def _rate(arrivals: deque[float]) -> float:
    span = arrivals[-1] - arrivals[0]
    return (len(arrivals) - 1) / span if span > 0 else 0.0


def view(recognition: Recognition, rate: float) -> Group:
    """Return a recognition as a picture of text: the answer, and bars for the best classes."""
    style = "bold green" if recognition.name is not None else "bold yellow"
    bars = Table.grid(padding=(0, 1))
    for hypothesis in recognition.hypotheses:
        bars.add_row(
            Text(hypothesis.class_name),
            ProgressBar(total=1.0, completed=hypothesis.score, width=40),
            Text(f"{hypothesis.score:.2f}"),
        )
    bars.add_row(
        Text("unknown?", style="dim"),
        ProgressBar(total=1.0, completed=recognition.unknown_score, width=40),
        Text(f"{recognition.unknown_score:.2f}", style="dim"),
    )
    foot = (
        f"segment {recognition.segment_id}   model {recognition.model_version}   "
        f"{rate:.1f} a second   {recognition.latency_ms:.0f} ms"
    )
    return Group(Text(answer(recognition), style=style), bars, Text(foot, style="dim"))
