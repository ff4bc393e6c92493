"""`lr`: teach a robot objects, ask it, and look after it, from the terminal.

Every module here that has ``add_parser(subparsers)`` adds a command (or several); its
``run(arguments) -> int`` imports what is heavy only when it is called. What commands need beside
lives in packages below, which are not looked into.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType

import lr_ros.cli
from lr_ros.cli.errors import FAILED, INTERRUPTED, OK, USAGE, CommandError
from lr_ros.cli.options import Parser, add_common

EPILOG = """\
first steps:
  lr launch simulation.launch.py    # in one terminal
  lr present mug; lr learn mug      # in another
  lr watch

exit codes: 0 done, 1 failed, 2 wrong usage or input, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage, 130 interrupted."""
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as error:  # argparse's way to end after --help and after wrong usage
        return error.code if isinstance(error.code, int) else USAGE
    if not hasattr(arguments, "run"):
        parser.print_help(sys.stderr)
        return USAGE
    with _terminated_like_interrupted():
        return _run(arguments)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = Parser(
        prog="lr",
        description="Teach a robot objects by showing them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(parser, defaults=True)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in _commands():
        module.add_parser(subparsers)
    for command in set(subparsers.choices.values()):
        add_common(command, defaults=False)
    return parser


def _commands() -> Iterator[ModuleType]:
    for entry in sorted(pkgutil.iter_modules(lr_ros.cli.__path__), key=lambda entry: entry.name):
        if entry.ispkg or entry.name == "main":
            continue
        module = importlib.import_module(f"lr_ros.cli.{entry.name}")
        if hasattr(module, "add_parser"):
            yield module


def _run(arguments: argparse.Namespace) -> int:
    try:
        return int(arguments.run(arguments) or OK)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`lr watch | head`) has gone; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:  # noqa: BLE001 - operators get a sentence, not a trace
        if arguments.verbose:
            traceback.print_exc()
        hint = "" if arguments.verbose else "; --verbose shows where"
        print(f"error: {_sentence(error, hint)}", file=sys.stderr)
        return error.exit_code if isinstance(error, CommandError) else FAILED


def _sentence(error: Exception, hint: str) -> str:
    """Return what to tell an operator; ``hint`` follows what nobody has foreseen."""
    client = sys.modules.get("lr_ros.client")  # not imported here: it brings rclpy
    expected = (OSError,) if client is None else (OSError, client.ClientError, ValueError)
    if isinstance(error, CommandError):
        return str(error).strip()  # its lines are as its command wants them
    text = " ".join(str(error).split())
    if isinstance(error, expected) and text:
        return text
    return f"unexpected {type(error).__name__}: {text}{hint}"


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM unwind the command as Ctrl-C does, so that it ends what it started."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: a program's own business
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
