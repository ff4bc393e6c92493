"""How commands write: results to standard output, progress and notes to standard error."""

from __future__ import annotations

import argparse
import base64
import dataclasses
import json
import math
import sys
import time
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lr_ros.cli.options import namespace
from lr_ros.ros.transport import use_transport_profile

if TYPE_CHECKING:
    from lr_ros.client import LearnClient


def out() -> Console:
    """Return the console for results."""
    return Console(file=sys.stdout, highlight=False)


def notes() -> Console:
    """Return the console for progress and remarks."""
    return Console(file=sys.stderr, highlight=False)


def say(sentence: str, style: str = "") -> None:
    """Write one line of result; what looks like markup or control codes in it is plain text."""
    out().print(Text(sentence, style=style), soft_wrap=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Write a table; every cell is plain text."""
    drawn = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        drawn.add_column(column)
    for row in rows:
        drawn.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    out().print(drawn)


def as_json(value: Any, indent: int | None = None) -> str:
    """Return a record as JSON: NaN and infinity become null, bytes base64."""
    return json.dumps(_plain(value), indent=indent, allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def clock(stamp: float) -> str:
    """Return a stamp as local date and time, a dash for none."""
    if stamp <= 0:
        return "-"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(stamp))


def percent(share: float) -> str:
    """Return a share as per cent, a dash where it is not known."""
    return "-" if math.isnan(share) else f"{100 * share:.0f} %"


def connect(arguments: argparse.Namespace) -> LearnClient:
    """Return a client of the namespace that the command line names."""
    from lr_ros.client import LearnClient  # noqa: PLC0415 - rclpy, only when it is needed

    use_transport_profile()  # nodes find each other much sooner with it
    return LearnClient(namespace(arguments), timeout=arguments.timeout)
