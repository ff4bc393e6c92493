"""`lr doctor`: why does it not work? Camera, QoS, nodes, versions, models."""

from __future__ import annotations

import argparse
from typing import Any

from rich.text import Text

from lr_ros.cli.checkup.checks import Check, Level, examine
from lr_ros.cli.errors import FAILED, OK
from lr_ros.cli.options import namespace, seconds
from lr_ros.cli.output import as_json, notes, out

STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}


def add_parser(subparsers: Any) -> None:
    """Add `lr doctor` to the command line."""
    parser = subparsers.add_parser(
        "doctor",
        help="find out why it does not work: camera, QoS, nodes, versions",
        description="Check camera, QoS, nodes, versions and models; "
        "ends with 1 where something is wrong.",
    )
    parser.add_argument(
        "--listen", type=seconds, default=2.0, metavar="S", help="how long to listen (default: 2)"
    )
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the checks; 1 where one failed."""
    from lr_ros.cli.checkup.facts import gather  # noqa: PLC0415 - rclpy, only when it is needed
    from lr_ros.client.connection import Connection  # noqa: PLC0415 - likewise

    connection = Connection(namespace(arguments), None, None)
    try:
        with notes().status("looking and listening"):
            facts = gather(connection, arguments.timeout, arguments.listen)
    finally:
        connection.close()
    checks = examine(facts)
    if arguments.json:
        print(as_json(checks, indent=2))
    else:
        for check in checks:
            _print(check)
    return FAILED if any(check.level is Level.FAIL for check in checks) else OK


def _print(check: Check) -> None:
    line = Text()
    line.append(f"{check.level.value:5}", style=STYLES[check.level])
    line.append(f"{check.title:15}", style="bold")
    line.append(check.found)
    out().print(line, soft_wrap=True)
    if check.remedy:
        out().print(Text(f"     -> {check.remedy}", style="cyan"), soft_wrap=True)
