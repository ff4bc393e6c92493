"""`lr sim`: the simulated camera's scene."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from lr_ros.cli import sim_play
from lr_ros.cli.errors import OK, USAGE
from lr_ros.cli.options import add_common
from lr_ros.cli.output import as_json, connect, percent, say, table

Command = Callable[[argparse.Namespace], int]


def add_parser(subparsers: Any) -> None:
    """Add `lr sim` to the command line."""
    parser = subparsers.add_parser("sim", help="the simulated camera: its objects and its domain")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        add_common(added, defaults=False)
        added.set_defaults(run=run)
        return added

    listing = command("list", _list, "show what is in the scene, and what can be chosen for it")
    listing.add_argument("--json", action="store_true", help="print it as JSON")
    present = command("present", _present, "hold an object up to the camera")
    present.add_argument("object", nargs="?", default="", metavar="OBJECT", help="none: nobody")
    present.add_argument("--yaw", type=float, metavar="RAD", help="angle to begin turning from")
    place = command("place", _place, "stand an object on the table")
    _add_spot(place)
    place.add_argument("--yaw", type=float, default=0.0, metavar="RAD", help="angle (default: 0)")
    place.add_argument("--size", type=float, default=0.0, metavar="M", help="diameter")
    place.add_argument("--turn-rate", type=float, default=0.0, metavar="RAD/S", help="turning")
    move = command("move", _move, "move an object over the table")
    _add_spot(move)
    move.add_argument("--yaw", type=float, metavar="RAD", help="angle (default: as it is)")
    move.add_argument("--seconds", type=float, default=1.0, metavar="S", help="time (default: 1)")
    remove = command("remove", _remove, "take an object away")
    remove.add_argument("object", nargs="?", default="", metavar="OBJECT", help="none: all")
    domain = command("domain", _domain, "change background, light, clutter, what covers objects")
    domain.add_argument("--background", default="", metavar="NAME", help="from `lr sim list`")
    domain.add_argument("--light", default="", metavar="NAME", help="from `lr sim list`")
    domain.add_argument("--clutter", type=int, metavar="N", help="things that lie around, 0 to 40")
    domain.add_argument("--occlusion", type=float, metavar="SHARE", help="hidden, 0 to 0.9")
    domain.add_argument(
        "--hand", action=argparse.BooleanOptionalAction, help="let a hand hold what is held up"
    )

    add_common(sim_play.add_to(commands), defaults=False)

    def without_command(_: argparse.Namespace) -> int:
        parser.print_help(sys.stderr)
        return USAGE

    parser.set_defaults(run=without_command)


def _add_spot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("object", metavar="OBJECT", help="from `lr sim list`")
    parser.add_argument("x", type=float, metavar="X", help="right of the table's middle [m]")
    parser.add_argument("y", type=float, metavar="Y", help="from it away from the camera [m]")


def _list(arguments: argparse.Namespace) -> int:
    with connect(arguments) as client:
        report, objects = client.simulation.scene(), client.simulation.objects()
    if arguments.json:
        print(as_json({"report": report, "objects": objects.names}))
        return OK
    scene = report.scene
    table(
        ("object", "where", "yaw [rad]", "visible"),
        (
            (
                each.name,
                f"x {each.x:.2f}, y {each.y:.2f} m" if each.on_table else "held up",
                f"{each.yaw:.2f}",
                percent(each.visible),
            )
            for each in scene.objects
        ),
    )
    say(
        f"{scene.background} in {scene.light}; clutter {scene.clutter}, "
        f"occlusion {percent(scene.occlusion)}, {'a' if scene.hand else 'no'} hand; "
        f"{'with' if report.table else 'without'} a table"
    )
    say("objects: " + ", ".join(objects.names))
    say("backgrounds: " + ", ".join(report.backgrounds))
    say("lights: " + ", ".join(report.lights))
    return OK


def _present(arguments: argparse.Namespace) -> int:
    with connect(arguments) as client:
        client.simulation.present(arguments.object, yaw=arguments.yaw)
        client.simulation.wait_until_shown(arguments.object)
    say(f"{arguments.object!r} is in view" if arguments.object else "nothing is held up")
    return OK


def _place(arguments: argparse.Namespace) -> int:
    with connect(arguments) as client:
        sentence = client.simulation.place(
            arguments.object,
            (arguments.x, arguments.y),
            yaw=arguments.yaw,
            size=arguments.size,
            turn_rate=arguments.turn_rate,
        )
    say(sentence)
    return OK


def _move(arguments: argparse.Namespace) -> int:
    with connect(arguments) as client:
        sentence = client.simulation.move(
            arguments.object,
            (arguments.x, arguments.y),
            yaw=arguments.yaw,
            seconds=arguments.seconds,
        )
    say(sentence)
    return OK


def _remove(arguments: argparse.Namespace) -> int:
    with connect(arguments) as client:
        removed = client.simulation.remove(arguments.object)
    say(f"{removed} taken away")
    return OK


def _domain(arguments: argparse.Namespace) -> int:
    with connect(arguments) as client:
        sentence = client.simulation.set_domain(
            arguments.background,
            arguments.light,
            clutter=arguments.clutter,
            occlusion=arguments.occlusion,
            hand=arguments.hand,
        )
    say(sentence)
    return OK
