"""Bars tell the time gone and the time left."""

from __future__ import annotations

import io

from rich.console import Console

from lr_ros.cli.progress import Times, bars, waiting


def test_the_time_left_follows_the_pace() -> None:
    now = [0.0]
    progress = bars(Console(file=io.StringIO()))
    progress.get_time = lambda: now[0]
    task = progress.add_task("teaching", total=10, detail="")
    for step in range(1, 5):
        now[0] = 60.0 * step
        progress.update(task, completed=step)
    shown = Times().render(progress.tasks[0]).plain
    assert shown == "4:00, about 6:00 left"


def test_a_finished_task_tells_what_it_took() -> None:
    now = [0.0]
    progress = bars(Console(file=io.StringIO()))
    progress.get_time = lambda: now[0]
    task = progress.add_task("teaching", total=1, detail="")
    now[0] = 3725.0
    progress.update(task, completed=1)
    now[0] = 9999.0
    assert Times().render(progress.tasks[0]).plain == "1:02:05"


def test_a_task_not_begun_tells_nothing() -> None:
    progress = bars(Console(file=io.StringIO()))
    progress.add_task("training", total=1, start=False, detail="")
    assert Times().render(progress.tasks[0]).plain == ""


def test_waiting_says_when_it_gives_up() -> None:
    screen = io.StringIO()
    with waiting(Console(file=screen, force_terminal=True, width=100), "saving 'x'", 60.0):
        pass
    assert "saving 'x'" in screen.getvalue()
    assert "given up after 1:00" in screen.getvalue()
