"""Running all strategies and seeds, each in a process of its own, with progress bars."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lr_ros.benchmark import child
from lr_ros.benchmark.child import Failed, Task
from lr_ros.benchmark.run import Job, Step

_STOP_SECONDS = 5.0
_PACE_SECONDS = 3600.0  # of the past from which the time left is guessed: a run may take minutes


@dataclass
class _Running:
    task: Task
    process: BaseProcess
    bar: int
    failure: Failed | None = None


def run_all(
    tasks: list[Task], at_once: int, console: Console, finished: Callable[[Job], None]
) -> dict[str, Failed]:
    """Run ``tasks``, ``at_once`` of them at a time.

    Calls ``finished`` after each that is done. One that fails, or whose process dies, does not
    stop the others. When interrupted, the processes are stopped; their checkpoints stay.

    Returns:
        Of each task that failed, by "strategy, seed", how.
    """
    queue = list(tasks)
    running: dict[Connection, _Running] = {}
    failures: dict[str, Failed] = {}
    with _bars(console) as bars, _stopped(running):
        overall = bars.add_task("all runs", total=len(tasks), note="")
        while queue or running:
            while queue and len(running) < at_once:
                _start(queue.pop(0), running, bars)
            for connection in wait(list(running)):
                if not isinstance(connection, Connection) or _listen(connection, running, bars):
                    continue
                run = running.pop(connection)
                _end(run, console, failures, finished)
                bars.remove_task(run.bar)
                bars.advance(overall)
    return failures


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        speed_estimate_period=_PACE_SECONDS,
    )


def name_of(job: Job) -> str:
    """Return the run's name for people."""
    return f"{job.variant.name}, seed {job.seed}"


def _start(task: Task, running: dict[Connection, _Running], bars: Progress) -> None:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=child.main, args=(task, there), daemon=True)
    with _threads(task.settings.threads):
        process.start()
    there.close()
    bar = bars.add_task(name_of(task.job), total=None, note="")
    running[here] = _Running(task, process, bar)


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let processes that start meanwhile have ``count`` threads in BLAS and OpenMP.

    Such libraries read it when they are loaded, which in a child is before any code of ours.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(count)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _listen(connection: Connection, running: dict[Connection, _Running], bars: Progress) -> bool:
    """Take a message; False if there will be no more."""
    run = running[connection]
    try:
        message = connection.recv()
    except EOFError:
        return False
    if isinstance(message, Step):
        note = f"accuracy {100 * message.accuracy:.1f}"
        bars.update(run.bar, completed=message.done, total=message.total, note=note)
    elif isinstance(message, Failed):
        run.failure = message
    return True


def _end(
    run: _Running,
    console: Console,
    failures: dict[str, Failed],
    finished: Callable[[Job], None],
) -> None:
    run.process.join()
    name = name_of(run.task.job)
    failure = run.failure
    if failure is None and run.process.exitcode != 0:
        failure = Failed(_how_it_died(run.process.exitcode), "")
    if failure is None:
        console.print(f"{name}: done")
        finished(run.task.job)
    else:
        console.print(f"[red]{name}: {escape(failure.message)}[/red]", soft_wrap=True)
        failures[name] = failure


def _how_it_died(exitcode: int | None) -> str:
    if exitcode == -9:
        return "its process was killed (out of memory, perhaps)"
    return f"its process ended with exit code {exitcode}"


@contextlib.contextmanager
def _stopped(running: dict[Connection, _Running]) -> Iterator[None]:
    """See that no child outlives us, whatever happens."""
    try:
        yield
    finally:
        for run in running.values():
            run.process.terminate()
        for run in running.values():
            run.process.join(_STOP_SECONDS)
            if run.process.is_alive():
                run.process.kill()
