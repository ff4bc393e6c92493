"""`lr sim play`: a scripted teaching session, played and scored."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from lr_ros.cli.errors import FAILED, OK, USAGE, CommandError
from lr_ros.cli.options import domain, namespace, seconds
from lr_ros.cli.output import connect, notes, percent, say, table

if TYPE_CHECKING:
    from lr_ros.evaluation.scenario import Scenario, Step
    from lr_ros.evaluation.scenario_report import ScenarioReport

DESCRIPTION = """\
Play a scenario file (see docs/simulation.md) before a simulation of its own, or with --running
before the one that runs in the namespace, and score it. Ends with 0 only if every step could be
taken and every threshold is met.
"""


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Add the command; return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "play",
        help="play and score a scripted teaching session",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="a path, or the name of a scenario of lr_ros")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the scores to this file")
    parser.add_argument(
        "--speed",
        type=seconds,
        default=1.0,
        metavar="X",
        help="simulated seconds a second, where the processor keeps up (default: 1)",
    )
    parser.add_argument(
        "--running", action="store_true", help="play before the simulation that runs already"
    )
    parser.add_argument("--domain-id", type=domain, metavar="N", help="ROS domain of its own")
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Play, print the score table, and return the exit code."""
    from lr_ros.client import ClientError  # noqa: PLC0415 - rclpy, only when it is needed
    from lr_ros.evaluation.errors import EvaluationError, InputError  # noqa: PLC0415 - likewise
    from lr_ros.evaluation.scenario import (  # noqa: PLC0415 - likewise
        find_scenario,
        load_scenario,
        shipped,
    )
    from lr_ros.evaluation.scenario_run import write_result  # noqa: PLC0415 - likewise
    from lr_ros.launching import LaunchError  # noqa: PLC0415 - likewise

    if arguments.json is not None and arguments.json.is_dir():
        raise CommandError(f"--json {arguments.json} is a folder; name a file", USAGE)
    play = _play_running if arguments.running else _play_own
    try:
        scenario = load_scenario(find_scenario(arguments.file, shipped()))
        with StepProgress(len(scenario.steps), arguments.verbose) as progress:
            report = play(scenario, arguments, progress)
    except InputError as error:
        raise CommandError(str(error), USAGE) from error
    except (EvaluationError, LaunchError, ClientError) as error:
        raise CommandError(str(error)) from error
    if arguments.json is not None:
        write_result(report, arguments.json)
    return conclude(report)


def _play_running(
    scenario: Scenario, arguments: argparse.Namespace, progress: StepProgress
) -> ScenarioReport:
    from lr_ros.client.connection import Connection  # noqa: PLC0415 - rclpy
    from lr_ros.evaluation.scenario_run import play  # noqa: PLC0415 - likewise

    with connect(arguments) as client:
        client.wait_until_ready(arguments.timeout)
        connection = Connection(namespace(arguments), None, None)
        try:
            return play(scenario, client, connection, forget=False, on_step=progress.step)
        finally:
            connection.close()


def _play_own(
    scenario: Scenario, arguments: argparse.Namespace, progress: StepProgress
) -> ScenarioReport:
    from lr_ros.client.connection import Connection  # noqa: PLC0415 - rclpy
    from lr_ros.evaluation.scenario_run import play  # noqa: PLC0415 - likewise
    from lr_ros.evaluation.system import own_domain, running_system  # noqa: PLC0415 - likewise
    from lr_ros.launching import load  # noqa: PLC0415 - likewise

    chosen = own_domain() if arguments.domain_id is None else arguments.domain_id
    space = namespace(arguments, "lr_scenario")
    with tempfile.TemporaryDirectory(prefix="lr_scenario_") as folder:
        settings = {
            "namespace": space,
            "play": "false",
            "state_home": folder,
            "speed": str(arguments.speed),
        }
        with running_system(load("scenario", settings), space, chosen, progress.line) as system:
            connection = Connection(space, None, chosen)
            try:
                return play(
                    scenario,
                    system.client,
                    connection,
                    forget=False,
                    on_step=progress.step,
                    check=system.check,
                )
            finally:
                connection.close()


class StepProgress:
    """A bar over a scenario's steps; each is named above it when it begins."""

    def __init__(self, steps: int, verbose: bool) -> None:
        from rich.progress import MofNCompleteColumn  # noqa: PLC0415 - slow, only where shown

        from lr_ros.cli.progress import bars  # noqa: PLC0415 - likewise

        self._verbose = verbose
        self._progress = bars(notes(), MofNCompleteColumn())
        self._task = self._progress.add_task("waiting for the nodes", total=steps, detail="")

    def step(self, number: int, step: Step) -> None:
        """Show that a step begins."""
        self._progress.console.print(Text(f"step {number}: {step}"), soft_wrap=True)
        self._progress.update(self._task, description="playing", completed=number - 1)

    def line(self, name: str, line: str) -> None:
        """Write a node's line above the bar, where they are wanted."""
        if self._verbose:
            self._progress.console.print(f"[{name}] {line}", markup=False, soft_wrap=True)

    def __enter__(self) -> StepProgress:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._progress.update(self._task, completed=self._progress.tasks[0].total)
        self._progress.stop()


def conclude(report: ScenarioReport) -> int:
    """Print the score table and the verdict; return the exit code."""
    table(
        ("step", "expected", "of", "right", "needed", "frames", "called most"),
        (
            (
                result.number,
                result.step.values["expect"],
                result.step.values["object"] or "what is in view",
                Text(percent(result.share), "red" if result.fault else "green"),
                percent(result.step.values["at_least"]),
                result.frames,
                result.answers.most_common(1)[0][0] if result.answers else "-",
            )
            for result in report.checks
        ),
        title=report.scenario.title,
    )
    required = report.scenario.least_accuracy
    say(f"{percent(report.accuracy)} of all frames right, {percent(required)} are required")
    if report.faults:
        for fault in report.faults:
            notes().print(Text(f"error: {fault}", "red"), soft_wrap=True)
        return FAILED
    say("passed", "bold green")
    return OK
