"""`lr bag replay`: what the recognizer says of a recording, written down."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from lr_ros.cli.options import namespace
from lr_ros.cli.output import as_json, notes, say, table

if TYPE_CHECKING:
    from lr_ros.bags.evaluate import Known
    from lr_ros.bags.recording import Recording
    from lr_ros.bags.replay import Output, Replayed, Teacher
    from lr_ros.bags.settings import Settings

DESCRIPTION = """\
Let the recognizer name every image of a recording and write what it says: JSON lines, an MCAP
recording with annotated images, or both. With --teach, what the robot was taught while the
recording was made (its topic learner_status) is taught again at the same moments,
from an empty memory.
"""


def add_to(subparsers: Any) -> argparse.ArgumentParser:
    """Add the command; return its parser."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "replay",
        help="recognize a recording again, and teach again what was taught in it",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_store(parser, "that of the robot's learner; with --teach one that is thrown away")
    add = parser.add_argument
    add("--model", type=Path, metavar="FILE", help="a saved model instead of the store's newest")
    add("--teach", action="store_true", help="teach again what was taught in the recording")
    add("--seed", type=int, metavar="N", help="with --teach: of all chance (training.seed)")
    add("--out", type=Path, metavar="OUT.jsonl", help="write a JSON line an image (-: print them)")
    add("--mcap", type=Path, metavar="DIR", help="write an MCAP recording into a new folder")
    add("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Replay, and say what came of it."""
    printed = arguments.out == Path("-")
    check_folder(None if printed else arguments.out)
    with explained(), ExitStack() as stack:
        from lr_ros.bags.recording import Recording  # noqa: PLC0415 - torch, only when needed
        from lr_ros.bags.replay import replay_bag  # noqa: PLC0415 - likewise

        parameters = settings(arguments)
        recording = stack.enter_context(Recording(arguments.bag, arguments.topic))
        progress = stack.enter_context(WorkProgress())
        known = _known(arguments, parameters, recording, stack, progress)
        outputs = _outputs(arguments, stack)
        report = replay_bag(
            recording,
            parameters,
            known,
            (arguments.begin, arguments.end),
            outputs,
            lambda done, total: progress.show("recognizing", done / max(total, 1)),
            box(arguments),
        )
    if arguments.json and not printed:
        print(as_json(report.as_dict(), indent=2))
    elif not printed:
        show(report)
    return OK


def _known(
    arguments: argparse.Namespace,
    parameters: Settings,
    recording: Recording,
    stack: ExitStack,
    progress: WorkProgress,
) -> Known | Teacher:
    from lr_ros.bags.errors import BagError  # noqa: PLC0415 - torch, only when it is needed
    from lr_ros.bags.evaluate import load_known  # noqa: PLC0415 - likewise
    from lr_ros.bags.lessons import left_out, taught_in  # noqa: PLC0415 - likewise
    from lr_ros.bags.replay import Teacher  # noqa: PLC0415 - likewise
    from lr_ros.bags.school import School  # noqa: PLC0415 - likewise

    taught = taught_in(recording.spoken())
    if not arguments.teach:
        if taught:
            names = ", ".join(dict.fromkeys(session.class_name for session in taught))
            notes().print(f"note: {names} were taught in it; --teach does so again", markup=False)
        return load_known(parameters, store_of(arguments, parameters), arguments.model)
    if not taught:
        raise BagError(
            f"nothing was taught in {recording.path}, or the topic learner_status was not "
            "recorded; lr bag learn learns from ranges that you name"
        )
    for reason in left_out(taught):
        notes().print(f"note: {reason}", style="yellow", markup=False)
    folder = arguments.store
    if folder is None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lr_bag_"))) / "store"
    # The training shows in the bar only by its length: the bar is the recording's.
    school = stack.enter_context(School(parameters, folder, arguments.seed))
    return Teacher(school, parameters, recording.topic, taught)


def _outputs(arguments: argparse.Namespace, stack: ExitStack) -> list[Output]:
    from lr_ros.bags.jsonl import JsonLines  # noqa: PLC0415 - torch, only when it is needed
    from lr_ros.bags.mcap import McapRecording  # noqa: PLC0415 - likewise

    outputs: list[Output] = []
    if arguments.out == Path("-"):
        outputs.append(JsonLines(sys.stdout))
    elif arguments.out is not None:
        outputs.append(JsonLines(stack.enter_context(arguments.out.open("w", encoding="utf-8"))))
    if arguments.mcap is not None:
        outputs.append(stack.enter_context(McapRecording(arguments.mcap, namespace(arguments))))
    return outputs


def show(report: Replayed) -> None:
    """Print a report for people."""
    if report.lessons:
        table(
            ("taught again", "at", "frames", "result"),
            (
                (
                    lesson["class"],
                    f"{lesson['begin']:.1f} s",
                    lesson["frames"],
                    f"version {lesson['model_version']}"
                    if lesson["learned"]
                    else lesson["message"],
                )
                for lesson in report.lessons
            ),
        )
    rows = [*report.names.items(), ("unknown", report.unknown)]
    table(("name given", "images"), rows)
    say(
        f"{report.images} images of {report.topic}, {report.damaged} damaged, {report.segments} "
        f"objects in view; model {report.model_version} at the end"
    )
    if report.weights:
        say(f"model SHA-256 {report.weights}", "green")
        say(f"recipe {report.recipe['sha256']}: the same recipe gives the same model")
    for note in report.notes:
        say(f"note: {note}", "yellow")
