"""``lr launch``: start the nodes of a launch file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lr_ros import launching
from lr_ros.cli.errors import USAGE, CommandError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

DESCRIPTION = """Start the nodes of a launch file: one of lr_ros's own by name, or any by path.
Ctrl-C stops them."""


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "launch", help="start the nodes of a launch file", description=DESCRIPTION
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="name or path; none: list them")
    parser.add_argument("arguments", metavar="ARG:=VALUE", nargs="*", help="launch arguments")
    parser.add_argument(
        "-s", "--show-args", action="store_true", help="show the file's arguments, start nothing"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Launch, and return the exit code."""
    try:
        if args.file is None:
            return _list_files()
        if args.show_args:
            return _show_arguments(args.file)
        return launching.run(args.file, _parsed(args.arguments))
    except launching.LaunchError as error:
        raise CommandError(str(error), USAGE) from error


def _parsed(arguments: list[str]) -> dict[str, str]:
    parsed = {}
    for argument in arguments:
        name, separator, value = argument.partition(":=")
        if not separator or not name:
            raise launching.LaunchError(f"'{argument}' is no launch argument; write NAME:=VALUE")
        parsed[name] = value
    return parsed


def _list_files() -> int:
    for path in launching.available_files():
        print(path.name)
    return 0


def _show_arguments(file: str) -> int:
    for argument in launching.declared_arguments(file):
        value = "must be given" if argument.default is None else f"default: {argument.default!r}"
        print(f"{argument.name} ({value})")
        if argument.description:
            print(f"    {argument.description}")
        if argument.choices:
            print(f"    one of: {', '.join(argument.choices)}")
    return 0
