"""`lr learn`: teach the object in view."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from rich.progress import TaskProgressColumn
from rich.text import Text

from lr_ros.cli.errors import INTERRUPTED, OK
from lr_ros.cli.options import seconds, whole
from lr_ros.cli.output import as_json, connect, notes, say
from lr_ros.cli.progress import bars

if TYPE_CHECKING:
    from lr_ros.client import Status


def add_parser(subparsers: Any) -> None:
    """Add `lr learn` to the command line."""
    parser = subparsers.add_parser(
        "learn",
        help="teach the object in view",
        description="Teach the object in view: turn it before the camera until the bar is full. "
        "Ctrl-C gives the session up; nothing is changed then.",
    )
    parser.add_argument("name", metavar="NAME", help="what the object is to be called")
    parser.add_argument(
        "--frames",
        type=whole,
        metavar="N",
        help="frames to gather (default: the robot's)",
    )
    parser.add_argument(
        "--duration", type=seconds, metavar="S", help="longest capture (default: the robot's)"
    )
    parser.add_argument(
        "--roi", type=region, metavar="X,Y,W,H", help="region to look at [pixels of the image]"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def region(text: str) -> tuple[int, int, int, int]:
    """Return a region written as ``x,y,width,height``, for argparse."""
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no region; write x,y,width,height in pixels, such as 80,40,160,160"
        ) from None
    if x < 0 or y < 0 or width <= 0 or height <= 0:
        raise argparse.ArgumentTypeError(f"{text!r}: x and y from 0, width and height above 0")
    return x, y, width, height


def run(arguments: argparse.Namespace) -> int:
    """Teach and show how it goes on."""
    with connect(arguments) as client, LearnProgress(arguments.name) as progress:
        try:
            result = client.learn(
                arguments.name,
                arguments.frames,
                arguments.duration,
                roi=arguments.roi,
                on_feedback=progress.show,
            )
        except KeyboardInterrupt:
            progress.stop()
            notes().print("\ncancelled: nothing was learned or changed")
            return INTERRUPTED
        progress.finish()
    if arguments.json:
        print(as_json(result))
    else:
        say(
            f"learned {result.class_name!r} from {result.frames} frames; model "
            f"{result.model_version} answered {result.seconds:.1f} s after the last one",
            "green",
        )
        for warning in result.warnings:
            say(f"note: {warning}", "yellow")
    return OK


class LearnProgress:
    """Two bars: frames gathered, and training."""

    def __init__(self, name: str) -> None:
        self._progress = bars(notes(), TaskProgressColumn())
        shown = Text(name).plain
        self._gather = self._progress.add_task(f"looking at {shown}", total=None, detail="")
        self._train = self._progress.add_task("training", total=1.0, start=False, detail="")

    def show(self, status: Status) -> None:
        """Show what the learner said."""
        if status.state.name == "CAPTURING":
            self._progress.update(
                self._gather,
                total=status.frames_target or None,
                completed=status.frames,
                detail=_gathered(status),
            )
        else:
            self._captured()
        if status.state.name == "TRAINING":
            self._progress.start_task(self._train)
            loss = "" if math.isnan(status.loss) else f"loss {status.loss:.3f}"
            self._progress.update(self._train, completed=status.progress, detail=loss)

    def _captured(self) -> None:
        """Fill the first bar: a capture may end before its target, when the object leaves."""
        task = self._progress.tasks[0]
        if not task.finished:
            self._progress.update(self._gather, total=max(task.completed, 1))
            self._progress.update(self._gather, completed=max(task.completed, 1))

    def finish(self) -> None:
        """Fill both bars."""
        self._captured()
        self._progress.start_task(self._train)
        self._progress.update(self._train, completed=1.0)

    def stop(self) -> None:
        """Leave the bars as they are."""
        self._progress.stop()

    def __enter__(self) -> LearnProgress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _gathered(status: Status) -> str:
    text = f"{status.frames} of {status.frames_target} frames"
    if status.frames_refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in status.refusals.items())
        text += f", refused {status.frames_refused}" + (f" ({reasons})" if reasons else "")
    return ". ".join((text, *status.warnings))
