"""`lr objects` and `lr present`: what the simulated camera shows."""

from __future__ import annotations

import argparse
from typing import Any

from lr_ros.cli.errors import OK
from lr_ros.cli.output import as_json, connect, say


def add_parser(subparsers: Any) -> None:
    """Add the commands to the command line."""
    listing = subparsers.add_parser("objects", help="list what the simulated camera can show")
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    listing.set_defaults(run=run_objects)
    present = subparsers.add_parser("present", help="let the simulated camera show an object")
    present.add_argument(
        "object", nargs="?", default="", metavar="OBJECT", help="from `lr objects`; none: nobody"
    )
    present.add_argument("--background", type=int, metavar="N", help="number of background, light")
    present.add_argument("--yaw", type=float, metavar="RAD", help="angle to begin turning from")
    present.set_defaults(run=run_present)


def run_objects(arguments: argparse.Namespace) -> int:
    """Print the objects; a star marks the one that is shown."""
    with connect(arguments) as client:
        objects = client.list_objects()
    if arguments.json:
        print(as_json(objects))
    else:
        for name in objects.names:
            say(f"{'*' if name == objects.current else ' '} {name}")
    return OK


def run_present(arguments: argparse.Namespace) -> int:
    """Show an object, and wait until it is in view and the one before it has left."""
    with connect(arguments) as client:
        client.present_object(arguments.object, arguments.background, arguments.yaw)
        client.simulation.wait_until_shown(arguments.object)
    say(f"{arguments.object!r} is in view" if arguments.object else "nothing is held up")
    return OK
