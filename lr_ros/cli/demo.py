"""`lr demo`: a robot in simulation learns objects and names them again."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from lr_ros.cli.errors import FAILED, OK, USAGE, CommandError
from lr_ros.cli.options import domain, namespace, whole
from lr_ros.cli.output import notes, percent, say, table

if TYPE_CHECKING:
    from lr_ros.client import Status
    from lr_ros.evaluation.demo_report import DemoReport

DESCRIPTION = """\
Start a simulated camera, the recognizer and the learner; teach objects through the services, then
show them again in new views, before another background and in another light. Ends with 0 only if
each object is named rightly in most of its test frames, and 80 % of all test frames are right.
"""


def add_parser(subparsers: Any) -> None:
    """Add `lr demo` to the command line."""
    parser = subparsers.add_parser(
        "demo",
        help="see it work: a robot in simulation learns objects and names them",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--objects", type=whole, default=5, metavar="N", help="objects to teach (default: 5)"
    )
    parser.add_argument(
        "--frames", type=whole, default=40, metavar="N", help="frames of each (default: 40)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/demo"),
        metavar="DIR",
        help="where picture and scores go (default: out/demo)",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="keep what is learned in this directory (default: forget it at the end)",
    )
    parser.add_argument(
        "--domain-id", type=domain, metavar="N", help="ROS domain to run in (default: one of 1-100)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo, print the table, write picture and scores."""
    from lr_ros.evaluation.contact_sheet import save_png  # noqa: PLC0415 - rclpy and OpenCV
    from lr_ros.evaluation.demo import Options, run_demo  # noqa: PLC0415 - likewise
    from lr_ros.evaluation.errors import EvaluationError, InputError  # noqa: PLC0415 - likewise
    from lr_ros.evaluation.system import own_domain  # noqa: PLC0415 - likewise
    from lr_ros.launching import LaunchError  # noqa: PLC0415 - likewise

    _writable(arguments.out)
    chosen = arguments.domain_id
    with DemoProgress(arguments.objects, arguments.verbose) as progress:
        options = Options(
            count=arguments.objects,
            frames=arguments.frames,
            namespace=namespace(arguments, "lr_demo"),
            domain_id=own_domain() if chosen is None else chosen,
            state=arguments.state,
            on_step=progress.step,
            on_learning=progress.learning,
            on_line=progress.line,
        )
        try:
            report, picture = run_demo(options)
        except InputError as error:
            raise CommandError(str(error), USAGE) from error
        except (EvaluationError, LaunchError) as error:
            raise CommandError(str(error)) from error
        progress.done()
    save_png(picture, arguments.out / "demo.png")
    scores = json.dumps(report.as_dict(), indent=2) + "\n"
    (arguments.out / "demo.json").write_text(scores, encoding="utf-8")
    return conclude(report, arguments.out)


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"folder {folder} cannot be made: {error.strerror}", USAGE) from error


def conclude(report: DemoReport, folder: Path) -> int:
    """Print the table and return the exit code."""
    table(
        ("object", "named rightly", "test frames", "called most", "new model after"),
        (
            (
                result.name,
                Text(percent(result.accuracy), "green" if result.accuracy > 0.5 else "red"),
                result.frames,
                result.most_given,
                f"{report.learned.get(result.name, float('nan')):.1f} s",
            )
            for result in report.results
        ),
    )
    say(f"{len(report.results)} objects, {percent(report.accuracy)} of the test frames right")
    say(f"picture: {folder / 'demo.png'}")
    if report.faults:
        notes().print(Text("error: the demo failed: " + "; ".join(report.faults), "red"))
        return FAILED
    say("the robot learned them all", "bold green")
    return OK


class DemoProgress:
    """A bar over the demo's steps, and one for what is being learned."""

    def __init__(self, count: int, verbose: bool) -> None:
        from lr_ros.cli.progress import bars  # noqa: PLC0415 - a tenth of a second, where shown

        self._verbose = verbose
        self._count = count
        self._progress = bars(notes(), width=28)
        self._steps = self._progress.add_task(
            "starting camera and nodes", total=2 * count, detail=""
        )
        self._current = self._progress.add_task("", total=1.0, detail="", visible=False)
        self._started = 0

    def step(self, step: str, name: str) -> None:
        """Show that an object is taught or tested now."""
        self._started += 1
        doing = "teaching" if step == "teach" else "testing"
        self._progress.update(
            self._steps,
            completed=self._started - 1,
            description=f"{doing} {name}",
            detail=f"step {self._started} of {2 * self._count}",
        )
        self._progress.update(self._current, visible=step == "teach", completed=0.0, detail="")
        if not self._progress.console.is_terminal:
            self._progress.console.print(f"{doing} {name}", markup=False)

    def learning(self, status: Status) -> None:
        """Show how a session goes on."""
        doing = status.state.name.lower()
        detail = f"{status.frames} of {status.frames_target} frames"
        self._progress.update(
            self._current, description=f"  {doing}", completed=status.progress, detail=detail
        )

    def done(self) -> None:
        """Fill the bar."""
        self._progress.update(self._current, visible=False)
        self._progress.update(self._steps, completed=2 * self._count, description="done")

    def line(self, name: str, line: str) -> None:
        """Write a node's line above the bars, where they are wanted."""
        if self._verbose:
            self._progress.console.print(f"[{name}] {line}", markup=False, soft_wrap=True)

    def __enter__(self) -> DemoProgress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
