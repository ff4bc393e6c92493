"""`lr status`: what the learner does."""

from __future__ import annotations

import argparse
import dataclasses
import math
from typing import TYPE_CHECKING, Any

from lr_ros.cli.errors import OK
from lr_ros.cli.output import as_json, connect, table

if TYPE_CHECKING:
    from lr_ros.client import Health, Status

NODES = ("recognizer", "learner")


def add_parser(subparsers: Any) -> None:
    """Add `lr status` to the command line."""
    parser = subparsers.add_parser("status", help="say what the learner does and knows")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the learner's status."""
    with connect(arguments) as client:
        status = client.status()
        health = client.health()
    if arguments.json:
        print(as_json({**_fields(status), "health": health}, indent=2))
    else:
        table(("learner", ""), rows(status))
        table(("health", "", ""), health_rows(health))
    return OK


def _fields(status: Status) -> dict[str, Any]:
    return {field.name: getattr(status, field.name) for field in dataclasses.fields(status)}


def health_rows(health: dict[str, Health]) -> list[tuple[str, str, str]]:
    """Return what each node says of how it is, as lines for people."""
    lines = []
    for node in NODES:
        report = health.get(node)
        if report is None:
            lines.append((node, "-", "says nothing: is it running? `lr doctor` looks"))
        else:
            lines += [(node, report.level, finding) for finding in report.findings]
    return lines


def rows(status: Status) -> list[tuple[str, str]]:
    """Return the status as lines for people."""
    state = status.state.name.lower() + (", paused" if status.paused else "")
    lines = [("state", state)]
    if status.class_name:
        lines.append(("session", f"{status.class_name!r} ({status.session_id})"))
        lines.append(("frames", f"{status.frames} of {status.frames_target}"))
    if status.frames_refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in status.refusals.items())
        lines.append(("refused", f"{status.frames_refused} ({reasons})"))
    if status.state.name in {"CAPTURING", "TRAINING"}:
        lines.append(("progress", f"{100 * status.progress:.0f} %"))
    if not math.isnan(status.loss) and status.class_name:
        lines.append(("loss", f"{status.loss:.3f}"))
    lines += [
        ("model", str(status.model_version)),
        ("classes", f"{len(status.classes)}: {', '.join(status.classes)}".rstrip(": ")),
        ("replay memory", f"{status.replay_used} of {status.replay_capacity} latents"),
    ]
    lines += [("note", warning) for warning in status.warnings]
    if status.message:
        lines.append(("says", status.message))
    return lines
