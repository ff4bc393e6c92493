"""The process in which one strategy runs with one seed, so that its peak memory is its own."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from lr_ros.benchmark.latents import open_latents
from lr_ros.benchmark.run import Exam, Job, Step, Subject, run_job
from lr_ros.benchmark.settings import Settings
from lr_ros.benchmark.work import load_dataset, make_work

SubjectFactory = Callable[[Settings, str, int], Subject]
"""Makes the learner under test of settings, the strategy's name and a seed."""


@dataclass(frozen=True)
class Failed:
    """The run ended early; ``message`` is one line, ``details`` the traceback."""

    message: str
    details: str


@dataclass(frozen=True)
class Task:
    """All that a child process needs to know."""

    job: Job
    settings: Settings
    rows: Path
    index: Path
    make_subject: SubjectFactory


def main(task: Task, parent: Connection) -> None:
    """Run ``task``; sends the parent each `Step`, and `Failed` where it fails."""
    # Ctrl-C reaches the whole process group; the parent alone decides what then becomes of us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run_task(task, parent.send)
    except BrokenPipeError:
        pass  # The parent is gone: so are we; the last checkpoint is there to go on from.
    except Exception as error:  # noqa: BLE001 whatever it is, the parent shall hear of it
        parent.send(Failed(f"{type(error).__name__}: {error}", traceback.format_exc()))


def run_task(task: Task, report: Callable[[Step], None]) -> None:
    """Set the exam and run the job."""
    latents = open_latents(task.rows, task.index)
    dataset = load_dataset(task.settings)
    work = make_work(dataset, task.settings, task.job.seed, frozenset(latents.bad))
    settings = task.job.variant.apply(task.settings)
    run_job(
        task.job,
        Exam(dataset.root, work, dataset.classes, latents),
        lambda: task.make_subject(settings, task.job.variant.strategy, task.job.seed),
        report,
    )
