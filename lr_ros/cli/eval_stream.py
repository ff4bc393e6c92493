"""`lr eval-stream`: the whole system taught and scored on a recorded stream."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_ros.cli.errors import OK, USAGE, CommandError
from lr_ros.cli.options import domain, namespace
from lr_ros.cli.output import notes, percent, say, table

if TYPE_CHECKING:
    from lr_ros.evaluation.stream import StreamReport, Tick

DESCRIPTION = """\
Play a video at its own rate to nodes of their own (real processes, in a ROS domain and with a
memory of their own). Each object is taught at its first appearance, under its true name, until it
leaves; at its later appearances recognition is scored. The truth is JSON:
{"fps": 10, "frames": [{"frame": 0, "object": null}, {"frame": 1, "object": "mug"}, ...]}
"""


def add_parser(subparsers: Any) -> None:
    """Add `lr eval-stream` to the command line."""
    parser = subparsers.add_parser(
        "eval-stream",
        help="teach and score the whole system on a recorded stream",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument(
        "--truth", type=Path, required=True, metavar="FILE", help="which object is in which frame"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the scores to this file")
    parser.add_argument(
        "--region",
        choices=("track", "whole"),
        default="track",
        help="encode the object's region (default), or the whole image",
    )
    parser.add_argument(
        "--ask",
        action="store_true",
        help="teach nothing, but answer the robot's own questions once the object has left",
    )
    parser.add_argument(
        "--domain-id", type=domain, metavar="N", help="ROS domain to run in (default: one of 1-100)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Play, score, print, and write the JSON."""
    from lr_ros.evaluation.errors import EvaluationError, InputError  # noqa: PLC0415 - rclpy, torch
    from lr_ros.evaluation.stream import Options, evaluate_stream  # noqa: PLC0415 - likewise
    from lr_ros.evaluation.system import own_domain  # noqa: PLC0415 - likewise

    out = arguments.json
    if out is not None and not out.parent.is_dir():
        raise CommandError(f"folder {out.parent} of the JSON file does not exist", USAGE)
    chosen = arguments.domain_id
    with PlayProgress(arguments.verbose) as progress:
        options = Options(
            region=arguments.region,
            ask=arguments.ask,
            namespace=namespace(arguments, "lr_eval"),
            domain_id=own_domain() if chosen is None else chosen,
            on_tick=progress.tick,
            on_note=progress.note,
            on_line=progress.line,
        )
        try:
            report = evaluate_stream(arguments.video, arguments.truth, options)
        except InputError as error:
            raise CommandError(str(error), USAGE) from error
        except EvaluationError as error:
            raise CommandError(str(error)) from error
    if out is not None:
        out.write_text(json.dumps(report.scores, indent=2) + "\n", encoding="utf-8")
    show(report)
    if out is not None:
        say(f"written to {out}")
    return OK


class PlayProgress:
    """A bar over the stream's frames, with what is taught and answered now."""

    def __init__(self, verbose: bool) -> None:
        from rich.progress import MofNCompleteColumn  # noqa: PLC0415 - slow, only where shown

        from lr_ros.cli.progress import bars  # noqa: PLC0415 - likewise

        self._verbose = verbose
        self._progress = bars(notes(), MofNCompleteColumn())
        self._task = self._progress.add_task("starting the nodes", total=None, detail="")

    def tick(self, tick: Tick) -> None:
        """Show where the play is."""
        taught = f"teaching {tick.teaching}" if tick.teaching else ""
        self._progress.update(
            self._task,
            description="playing",
            total=tick.total,
            completed=tick.index + 1,
            detail=taught or f"sees {tick.answer or '-'}",
        )

    def note(self, sentence: str) -> None:
        """Write a remark above the bar."""
        self._progress.console.print(sentence, markup=False)

    def line(self, name: str, line: str) -> None:
        """Write a node's line above the bar, where they are wanted."""
        if self._verbose:
            self._progress.console.print(f"[{name}] {line}", markup=False, soft_wrap=True)

    def __enter__(self) -> PlayProgress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def show(report: StreamReport) -> None:
    """Print the scores for people."""
    scores = report.scores
    table(
        ("object", "accuracy when seen again", "taught from", "remark"),
        (
            (
                session.class_name,
                _share(scores["per_class"].get(session.class_name)),
                f"frames {lesson.appearance.first} to {lesson.appearance.last}",
                session.note,
            )
            for lesson, session in zip(report.lessons, report.sessions, strict=True)
        ),
    )
    latency, update = scores["recognition_latency_ms"], scores["update_seconds"]
    memory = ", ".join(f"{name} {value:.0f} MB" for name, value in scores["rss_mb"].items())
    table(
        ("", ""),
        (
            ("accuracy", _share(scores["accuracy"])),
            ("named when nobody was there", _share(scores["false_names_when_empty"])),
            (
                "frames",
                f"{scores['frames_published']} published, {scores['frames_processed']} processed, "
                f"{scores['dropped']} dropped",
            ),
            ("latency", f"p50 {_figure(latency['p50'])} ms, p95 {_figure(latency['p95'])} ms"),
            (
                "new model after",
                f"median {_figure(update['median'])} s, at most {_figure(update['max'])} s",
            ),
            ("memory, at its peak", memory),
            *_asking(scores),
        ),
    )


def _asking(scores: dict[str, Any]) -> list[tuple[str, str]]:
    if "questions" not in scores:
        return []
    return [
        ("objects asked about", _share(scores["asked_share"])),
        (
            "questions",
            f"{scores['questions']}, of them {scores['asked_for_nothing']} about nothing and "
            f"{scores['asked_again']} about an object asked about before",
        ),
    ]


def _share(value: float | None) -> str:
    return percent(float("nan") if value is None else value)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
