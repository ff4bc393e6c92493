"""`lr bag eval`: score what is known on a recording."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lr_ros.cli.bag_options import (
    WorkProgress,
    add_store,
    box,
    check_folder,
    explained,
    settings,
    store_of,
)
from lr_ros.cli.errors import OK
from lr_ros.cli.output import as_json, percent, say, table

DESCRIPTION = """\
Let the recognizer name what a recording shows, and compare with the truth: a file of spans
(YAML, JSON or CSV: start, end, class or none), or one class for the whole range. The store is only
read, also while the robot's learner uses it.
"""


def add_to(subparsers: Any) -> argparse.ArgumentParser:
    """Add the command; return its parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "eval",
        help="score what is known on a recording",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--class", dest="name", metavar="NAME", help="what the range shows")
    what.add_argument("--truth", type=Path, metavar="FILE", help="spans with classes or none")
    add_store(parser, "that of the robot's learner")
    add = parser.add_argument
    add("--model", type=Path, metavar="FILE", help="a saved model instead of the store's newest")
    add("--plot", type=Path, metavar="OUT.png", help="draw the accuracy along the recording")
    add("--json", action="store_true", help="print all figures as JSON")
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Score, and print."""
    check_folder(arguments.plot)
    with explained():
        from lr_ros.bags.evaluate import evaluate_bag, load_known  # noqa: PLC0415 - torch
        from lr_ros.bags.gathering import Span  # noqa: PLC0415 - likewise
        from lr_ros.bags.recording import Recording  # noqa: PLC0415 - likewise
        from lr_ros.bags.truth import load_spans, within  # noqa: PLC0415 - likewise

        parameters = settings(arguments)
        spans = (
            (Span(arguments.begin, arguments.end, arguments.name),)
            if arguments.truth is None
            else within(load_spans(arguments.truth), arguments.begin, arguments.end)
        )
        known = load_known(parameters, store_of(arguments, parameters), arguments.model)
        with Recording(arguments.bag, arguments.topic) as recording, WorkProgress() as progress:
            scores = evaluate_bag(
                recording, parameters, known, spans, progress.show, box(arguments)
            )
    if arguments.plot is not None:
        from lr_ros.bags.plot import plot_scores  # noqa: PLC0415 - matplotlib

        plot_scores(scores, spans, arguments.plot)
    if arguments.json:
        print(as_json(scores, indent=2))
    else:
        show(scores)
        if arguments.plot is not None:
            say(f"drawn in {arguments.plot}")
    return OK


def show(scores: dict[str, Any]) -> None:
    """Print the scores for people."""
    rows = [*scores["per_class"].items()]
    rows += [(f"{name} (never taught)", figures) for name, figures in scores["strangers"].items()]
    table(
        ("class", "images", "right", "unknown", "not in view", "taken for"),
        (
            (
                name,
                figures["images"],
                percent(figures["accuracy"]),
                figures["unknown"],
                figures["of_them_not_in_view"],
                ", ".join(f"{other} {n}" for other, n in figures["wrong_names"].items()) or "-",
            )
            for name, figures in rows
        ),
    )
    lines = (
        ("accuracy", "accuracy"),
        ("mean over the classes", "mean_class_accuracy"),
        ("called unknown", "unknown_share"),
        ("called by a wrong name", "wrong_name_share"),
        ("named when nobody was there", "false_name_share_when_nobody"),
        ("named though never taught", "false_name_share_of_strangers"),
    )
    table(("", ""), ((text, _percent(scores[key])) for text, key in lines))
    say(
        f"{scores['images_judged']} images judged, {scores['images_not_judged']} not, "
        f"{scores['images_damaged']} damaged; model {scores['model']['version'] or 'saved'} "
        f"of {scores['model']['place']}"
    )


def _percent(share: float | None) -> str:
    return percent(float("nan") if share is None else share)
