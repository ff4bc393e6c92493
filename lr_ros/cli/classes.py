"""Commands about what the robot knows: list, forget, rename, undo, reset, save, load, pause."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from lr_ros.cli.errors import OK, USAGE, CommandError
from lr_ros.cli.output import as_json, clock, connect, notes, percent, say, table


def add_parser(subparsers: Any) -> None:
    """Add the commands to the command line."""

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = subparsers.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + "."
        )
        parser.set_defaults(run=run)
        return parser

    listing = command("list", run_list, "list the classes the robot knows")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    forget = command("forget", run_forget, "forget a class")
    forget.add_argument("name", metavar="NAME")
    rename = command("rename", run_rename, "give a class another name")
    rename.add_argument("old", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    rename.add_argument("--merge", action="store_true", help="join a class that has the new name")
    command("undo", run_undo, "take back the last change of what the robot knows")
    reset = command("reset", run_reset, "forget everything")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    save = command("save", run_save, "save all that is known under a name")
    save.add_argument("name", metavar="NAME")
    save.add_argument("--overwrite", action="store_true", help="replace a saved model of this name")
    load = command("load", run_load, "replace all that is known by a saved model")
    load.add_argument("name", metavar="NAME")
    command("pause", run_pause, "pause learning; recognition goes on")
    command("resume", run_resume, "go on learning after a pause")
    command("cancel", run_cancel, "give up the running session or training")


def run_list(arguments: argparse.Namespace) -> int:
    """Print the known classes."""
    with connect(arguments) as client:
        classes = client.list_classes()
    if arguments.json:
        print(as_json(classes, indent=2))
    elif not classes:
        say("nothing has been learned yet; show an object and run `lr learn NAME`")
    else:
        table(
            ("class", "sessions", "frames", "in memory", "held-out accuracy", "last learned"),
            (
                (
                    entry.name,
                    entry.sessions,
                    entry.frames,
                    entry.latents,
                    percent(entry.held_out_accuracy),
                    clock(entry.last_learned),
                )
                for entry in classes
            ),
        )
    return OK


def run_forget(arguments: argparse.Namespace) -> int:
    """Forget a class."""
    with connect(arguments) as client:
        version = client.forget(arguments.name)
    say(f"forgot {arguments.name!r}; model {version}. `lr undo` brings it back")
    return OK


def run_rename(arguments: argparse.Namespace) -> int:
    """Rename a class."""
    with connect(arguments) as client:
        version = client.rename(arguments.old, arguments.new, arguments.merge)
    say(f"{arguments.old!r} is now {arguments.new!r}; model {version}")
    return OK


def run_undo(arguments: argparse.Namespace) -> int:
    """Take back the last change."""
    with connect(arguments) as client:
        say(client.undo() or "undone")
    return OK


def run_reset(arguments: argparse.Namespace) -> int:
    """Forget everything, after a question."""
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise CommandError("reset forgets everything; say --yes to do it unasked", USAGE)
        if input("Forget everything the robot has learned? [y/N] ").strip().lower() != "y":
            say("nothing was changed")
            return OK
    with connect(arguments) as client:
        say(client.reset() or "all is forgotten")
    return OK


def run_save(arguments: argparse.Namespace) -> int:
    """Save the model."""
    from lr_ros.cli.progress import waiting  # noqa: PLC0415 - a tenth of a second, where shown

    with connect(arguments) as client:
        with waiting(notes(), f"saving {arguments.name!r}", client.answer_timeout):
            path = client.save(arguments.name, arguments.overwrite)
        say(f"saved to {path}")
    return OK


def run_load(arguments: argparse.Namespace) -> int:
    """Load a saved model."""
    from lr_ros.cli.progress import waiting  # noqa: PLC0415 - a tenth of a second, where shown

    with (
        connect(arguments) as client,
        waiting(notes(), f"loading {arguments.name!r}", client.answer_timeout),
    ):
        names = client.load(arguments.name)
    say(f"loaded {arguments.name!r}: {', '.join(names) or 'no classes'}")
    return OK


def run_pause(arguments: argparse.Namespace) -> int:
    """Pause learning."""
    with connect(arguments) as client:
        say(client.pause(True) or "learning is paused; `lr resume` goes on")
    return OK


def run_resume(arguments: argparse.Namespace) -> int:
    """Go on learning."""
    with connect(arguments) as client:
        say(client.pause(False) or "learning goes on")
    return OK


def run_cancel(arguments: argparse.Namespace) -> int:
    """Give up the running session."""
    with connect(arguments) as client:
        say(client.cancel() or "cancelled; nothing was changed")
    return OK
