"""`lr bag`: learn, score and replay from recordings, without ROS."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lr_ros.cli import bag_eval, bag_learn, bag_replay
from lr_ros.cli.bag_options import add_recording
from lr_ros.cli.errors import USAGE
from lr_ros.cli.options import add_common

DESCRIPTION = """\
Work on rosbag2 recordings (sqlite3 or mcap, compressed or not) with the robot's own recognizer and
learner, without ROS running. Parameters are those of the nodes (--params FILE as for lr launch).
"""


def add_parser(subparsers: Any) -> None:
    """Add `lr bag` to the command line."""
    parser = subparsers.add_parser(
        "bag",
        help="learn, score and replay from recordings, without ROS",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in (bag_learn, bag_eval, bag_replay):
        command = module.add_to(commands)
        command.add_argument("bag", type=Path, metavar="BAG", help="the recording, or a file of it")
        add_recording(command)
        add_common(command, defaults=False)

    def without_command(_: argparse.Namespace) -> int:
        parser.print_help(sys.stderr)
        return USAGE

    parser.set_defaults(run=without_command)
