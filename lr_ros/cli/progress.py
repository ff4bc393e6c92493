"""Bars that say what is done, how long it has taken, and about how long it will still take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

REMEMBERED = 600.0
"""Seconds of the past from which the speed is guessed: single steps may take a minute."""


class Times(ProgressColumn):
    """The time gone, and the time left where the pace so far tells it."""

    max_refresh = 0.5  # a figure that changes faster cannot be read

    def render(self, task: Task) -> Text:
        """Return the times of a task."""
        if task.start_time is None:
            return Text("")
        gone = _clock(task.finished_time if task.finished else task.elapsed)
        left = None if task.finished else task.time_remaining
        return Text(gone if left is None else f"{gone}, about {_clock(left)} left", style="dim")


def _clock(seconds: float | None) -> str:
    minutes, rest = divmod(round(seconds or 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def bars(console: Console, *columns: ProgressColumn, width: int = 0) -> Progress:
    """Return bars with their descriptions, the columns given, and the times.

    A task has a field ``detail``; ``width`` is the least width of the descriptions.
    """
    description = "{task.description:" + (str(width) if width else "") + "}"
    return Progress(
        TextColumn(description, markup=False),
        BarColumn(),
        *columns,
        TextColumn("{task.fields[detail]}", markup=False),
        Times(),
        console=console,
        speed_estimate_period=REMEMBERED,
    )


@contextmanager
def waiting(console: Console, doing: str, longest: float) -> Iterator[None]:
    """Show that something goes on whose progress nobody tells, and when it is given up."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        Times(),
        TextColumn(f"(given up after {_clock(longest)})", style="dim", markup=False),
        console=console,
        transient=True,
    )
    with progress:
        progress.add_task(doing, total=None)
        yield
