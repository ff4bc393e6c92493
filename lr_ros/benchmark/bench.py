"""The whole benchmark: data, latents, runs, results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from lr_ros.benchmark import machine, plots, report, results
from lr_ros.benchmark.child import Failed, SubjectFactory, Task
from lr_ros.benchmark.dataset import Dataset
from lr_ros.benchmark.latents import Encoder, LatentFile, load_or_encode, write_json
from lr_ros.benchmark.run import Job
from lr_ros.benchmark.runner import run_all
from lr_ros.benchmark.settings import Settings, Variant
from lr_ros.benchmark.work import Work, load_dataset, make_work

SHOWN_BAD_FILES = 10


class BadFilesError(ValueError):
    """The data set has missing or corrupt files, and these were not to be skipped."""


@dataclass(frozen=True)
class Plan:
    """What to run and where to put it; how many processes at once does not change the figures."""

    settings: Settings
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    out: Path
    cache: Path
    skip_bad_files: bool = False
    processes: int = 1


def run_benchmark(
    plan: Plan,
    make_encoder: Callable[[Settings], Encoder],
    make_subject: SubjectFactory,
    console: Console,
) -> dict[str, Failed]:
    """Run what is not done yet, and write results.json, results.md and the plots.

    Returns:
        The runs that failed, by name, and how.

    Raises:
        DatasetError: the data set cannot be used.
        BadFilesError: it has bad files and ``skip_bad_files`` is not set.
        results.ResultsError: the folder is in use or holds results of other settings.
    """
    dataset = load_dataset(plan.settings)
    works = {seed: make_work(dataset, plan.settings, seed) for seed in plan.seeds}
    with results.locked(plan.out):
        results.check_settings(plan.out, plan.settings)
        latents = _encode(plan, dataset, works, make_encoder, console)
        _judge_bad_files(plan, latents, console)
        facts = _facts(plan, dataset, works, latents)
        tasks = [t for t in _tasks(plan, latents, make_subject) if t.job.finished() is None]
        write_results(plan, facts)
        return run_all(tasks, plan.processes, console, lambda job: write_results(plan, facts))


def _encode(
    plan: Plan,
    dataset: Dataset,
    works: dict[int, Work],
    make_encoder: Callable[[Settings], Encoder],
    console: Console,
) -> LatentFile:
    """Encode the whole data set, so that seeds added later find it done; or what is needed."""
    whole = dataset.files if plan.settings.max_batches is None else ()
    needed = (f for work in works.values() for f in work.files)
    files = tuple(dict.fromkeys((*whole, *needed)))
    encoder = make_encoder(plan.settings)
    with Progress(*Progress.get_default_columns(), console=console, transient=True) as bars:
        bar = bars.add_task(f"encoding {len(files)} images", total=len(files))
        return load_or_encode(
            dataset.root, files, encoder, plan.cache, lambda done: bars.update(bar, completed=done)
        )


def _judge_bad_files(plan: Plan, latents: LatentFile, console: Console) -> None:
    """Name and count bad files; refuse them where they are not to be skipped."""
    path = plan.out / "bad_files.txt"
    path.unlink(missing_ok=True)
    if not latents.bad:
        return
    lines = [f"{name}: {what}" for name, what in latents.bad.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    shown = "\n".join(f"  {line}" for line in lines[:SHOWN_BAD_FILES])
    text = f"{len(lines)} missing or corrupt files, all named in {path}:\n{shown}"
    if not plan.skip_bad_files:
        raise BadFilesError(f"{text}\nMend them, or skip them with --on-bad-file skip.")
    console.print(f"[yellow]skipping {escape(text)}[/yellow]", soft_wrap=True)


def _facts(
    plan: Plan, dataset: Dataset, works: dict[int, Work], latents: LatentFile
) -> results.Facts:
    work = make_work(dataset, plan.settings, plan.seeds[0], frozenset(latents.bad))
    sources = dict.fromkeys(w.source for w in works.values())
    return results.Facts(
        dataset=dataset.name,
        protocol=plan.settings.protocol,
        batches_from=", ".join(sources),
        classes=len(dataset.classes),
        test_frames=sum(len(c.files) for c in work.test),
        skipped_files=len(latents.bad),
    )


def _tasks(plan: Plan, latents: LatentFile, make_subject: SubjectFactory) -> list[Task]:
    """Seed after seed, so that after an interruption all strategies have about as many."""
    digest, runs = plan.settings.digest, plan.out / "runs"
    index = latents.path.with_suffix(".json")
    return [
        Task(Job(variant, seed, digest, runs), plan.settings, latents.path, index, make_subject)
        for seed in plan.seeds
        for variant in plan.variants
    ]


def write_results(plan: Plan, facts: results.Facts) -> None:
    """Write results.json, results.md and the plots of all finished runs in the folder."""
    records = results.finished_records(plan.out, plan.settings.digest)
    if not records:
        return
    content = results.to_json(facts, plan.settings, machine.describe(), records)
    write_json(plan.out / "results.json", content)
    text = report.to_markdown(content, records)
    (plan.out / "results.md").write_text(text, encoding="utf-8")
    plots.plot_all(records, f"{facts.dataset}, {facts.protocol}", plan.out)
