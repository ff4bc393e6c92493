"""One scenario from beginning to end: played before nodes that run, and its scores written."""

from __future__ import annotations

import json
from pathlib import Path

from lr_ros.client import LearnClient
from lr_ros.client.connection import Connection
from lr_ros.evaluation.scenario import Scenario
from lr_ros.evaluation.scenario_player import Player
from lr_ros.evaluation.scenario_report import ScenarioReport
from lr_ros.evaluation.system import START_SECONDS
from lr_ros.evaluation.witness import Witness


def play(  # noqa: D417 - the rest is the player's
    scenario: Scenario,
    client: LearnClient,
    connection: Connection,
    *,
    forget: bool,
    **player: object,
) -> ScenarioReport:
    """Play a scenario before nodes that run.

    Args:
        scenario: What is played.
        client: Speaks with them.
        connection: For the scenario's own topics.
        forget: Forget what is known, before.

    Raises:
        EvaluationError: A node ended, or pictures stopped.
        ClientError: The nodes are not there.
    """
    client.wait_until_ready(START_SECONDS)
    if forget and client.list_classes():
        client.reset()
    return Player(client, Witness(connection), **player).play(scenario)  # type: ignore[arg-type]  # handed on


def write_result(report: ScenarioReport, path: Path) -> None:
    """Write the scores as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report.as_dict(), indent=2) + "\n", encoding="utf-8")


def lines(report: ScenarioReport) -> list[str]:
    """Return the score table as plain lines, and the verdict."""
    written = [f"{'step':>4}  {'expected':<16}{'right':>7}{'needed':>8}  verdict"]
    for result in report.checks:
        v = result.step.values
        verdict = "missed" if result.fault else "passed"
        shares = f"{result.share:>7.0%}{v['at_least']:>8.0%}"
        written.append(f"{result.number:>4}  {v['expect']:<16}{shares}  {verdict}")
    written += [f"failed: {fault}" for fault in report.faults]
    verdict = "NOT PASSED" if report.faults else "PASSED"
    written.append(f"{report.scenario.title}: {verdict}, {report.accuracy:.0%} of the frames right")
    return written
