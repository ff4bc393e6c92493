"""Options that every command takes, and the types of their values."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from lr_ros.cli.errors import USAGE, CommandError

Number = TypeVar("Number", int, float)

_NAMESPACE = re.compile(r"/|/?[A-Za-z_]\w*(/[A-Za-z_]\w*)*/?", re.ASCII)


class Parser(argparse.ArgumentParser):
    """A parser whose errors say where to read on."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and what is wrong with it, and exit with 2."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"error: {message}; `{self.prog} --help` lists what there is\n")


def seconds(text: str) -> float:
    """Return a positive number of seconds, for argparse."""
    value = _number(text, float, "seconds")
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: seconds must be above 0")
    return value


def whole(text: str) -> int:
    """Return a whole number above 0, for argparse."""
    value = _number(text, int, "a whole number")
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be 1 or more")
    return value


def domain(text: str) -> int:
    """Return a ROS domain, for argparse."""
    value = _number(text, int, "a domain from 0 to 101")
    if not 0 <= value <= 101:
        raise argparse.ArgumentTypeError(f"{text}: a domain from 0 to 101 is needed")
    return value


def _number(text: str, kind: Callable[[str], Number], needed: str) -> Number:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: {needed} is needed") from None


def namespace(arguments: argparse.Namespace, otherwise: str | None = None) -> str:
    """Return the namespace asked for, else ``otherwise``, else $LR_NAMESPACE, else ``lr``.

    Raises:
        CommandError: It is not a namespace of ROS.
    """
    chosen: str = arguments.namespace or otherwise or os.environ.get("LR_NAMESPACE") or "lr"
    if not _NAMESPACE.fullmatch(chosen):
        raise CommandError(
            f"namespace {chosen!r}: use letters, digits, '_' and '/', each part beginning with a "
            "letter, such as --namespace robot1",
            USAGE,
        )
    return chosen


def add_common(parser: argparse.ArgumentParser, defaults: bool) -> None:
    """Add the options that may stand before the command's name or after it.

    ``defaults``: give them their defaults; a command's own would overwrite what stood before it.
    """

    def default(value: Any) -> Any:
        return value if defaults else argparse.SUPPRESS

    options: dict[str, dict[str, Any]] = {
        "--namespace": {
            "default": default(None),
            "metavar": "NS",
            "help": "namespace of the robot's nodes (default: $LR_NAMESPACE, else lr)",
        },
        "--timeout": {
            "type": seconds,
            "default": default(5.0),
            "metavar": "S",
            "help": "longest time to wait for a node to be there (default: 5)",
        },
        "--verbose": {
            "action": "store_true",
            "default": default(False),
            "help": "show the whole trace of an error",
        },
    }
    for option, settings in options.items():
        parser.add_argument(option, **settings)
