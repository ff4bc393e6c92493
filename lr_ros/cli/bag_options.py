"""What the commands of `lr bag` have in common: options, progress, errors."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from lr_ros.cli.errors import USAGE, CommandError
from lr_ros.cli.learn import region as asked_region
from lr_ros.cli.options import namespace
from lr_ros.cli.output import notes

if TYPE_CHECKING:
    from lr_ros.bags.settings import Settings
    from lr_ros.stream.segmenter import Box


def add_recording(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which images are looked at, and how."""
    add = parser.add_argument
    add("--topic", metavar="T", help="topic of the images (default: the only one)")
    add("--from", dest="begin", type=offset, default=0.0, metavar="S",
        help="begin so many seconds after the topic's first image")  # fmt: skip
    add("--to", dest="end", type=offset, default=float("inf"), metavar="S",
        help="end so many seconds after the topic's first image")  # fmt: skip
    add("--region", type=region, metavar="R",
        help="look at the `whole` image or at x,y,w,h [pixels], not at the object")  # fmt: skip
    add("--params", type=Path, metavar="FILE", help="parameters of the nodes that differ")


def add_store(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the option that names the store."""
    parser.add_argument(
        "--store", type=Path, metavar="DIR", help=f"what is known lies there (default: {default})"
    )


def offset(text: str) -> float:
    """Return seconds from 0, for argparse."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: seconds from 0 are needed")
    return value


def region(text: str) -> tuple[int, int, int, int]:
    """Return a region, all zero for the whole image, for argparse."""
    return (0, 0, 0, 0) if text == "whole" else asked_region(text)


def box(arguments: argparse.Namespace) -> Box | None:
    """Return the region asked for; an empty one is the whole image."""
    from lr_ros.stream.segmenter import Box  # noqa: PLC0415 - OpenCV, only when it is needed

    return None if arguments.region is None else Box(*arguments.region)


def settings(arguments: argparse.Namespace) -> Settings:
    """Return the nodes' parameters; what a file sets in vain is told."""
    from lr_ros.bags.settings import load_settings  # noqa: PLC0415 - torch, only when needed

    loaded = load_settings(arguments.params)
    for name in loaded.unused:
        notes().print(f"note: neither node has a parameter {name}", style="yellow", markup=False)
    return loaded


def store_of(arguments: argparse.Namespace, parameters: Settings) -> Path:
    """Return the store named, else that of the parameters, else that of the robot's learner."""
    from lr_ros.core.store.place import default_directory  # noqa: PLC0415 - safetensors

    if arguments.store is not None:
        return Path(arguments.store)
    named = parameters.learner["store.directory"]
    return Path(named) if named else default_directory(namespace(arguments), os.environ)


def check_folder(path: Path | None) -> None:
    """Refuse a file to be written whose folder is not there, before the work is done."""
    if path is not None and not path.parent.is_dir():
        raise CommandError(f"folder {path.parent} of {path} does not exist", USAGE)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what is wrong with a recording or a request into a sentence and exit code 2."""
    from lr_ros.bags.errors import BagError  # noqa: PLC0415 - only where it can be raised
    from lr_ros.sources.base import SourceError  # noqa: PLC0415 - likewise

    try:
        yield
    except (BagError, SourceError) as error:
        raise CommandError(str(error), USAGE) from error


class WorkProgress:
    """One bar with the time left; a new one begins when the work gets another name."""

    def __init__(self) -> None:
        from rich.progress import TaskProgressColumn  # noqa: PLC0415 - slow, only where shown

        from lr_ros.cli.progress import bars  # noqa: PLC0415 - likewise

        self._progress = bars(notes(), TaskProgressColumn())
        self._task: Any = None
        self._name = ""

    def show(self, name: str, share: float) -> None:
        """Show that a share (0..1) of the work of this name is done."""
        if name != self._name:
            if self._task is not None:
                self._progress.update(self._task, completed=1.0)
            self._name, self._task = name, self._progress.add_task(name, total=1.0, detail="")
        self._progress.update(self._task, completed=min(share, 1.0))

    def __enter__(self) -> WorkProgress:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._task is not None:
            self._progress.update(self._task, completed=1.0)
        self._progress.stop()
