"""Plays a scenario before running nodes, as an operator would, and scores it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from lr_ros.client import ClientError, LearnClient, Status
from lr_ros.evaluation.errors import EvaluationError
from lr_ros.evaluation.scenario import UNKNOWN, Scenario, Step
from lr_ros.evaluation.scenario_report import ScenarioReport, StepResult
from lr_ros.evaluation.witness import Witness

SILENCE = 30.0
"""A stream that brings no picture, or no answer, for so long has failed [s of system time]."""

LOOK_AWAY = 0.8
"""How long nothing is in view before the robot is told to look at another object [s]."""


class Player:
    """Takes the steps of a scenario.

    Args:
        client: Speaks with the robot.
        witness: Hears what is there and what the robot says.
        check: Called again and again while something is waited for; raises where a node ended.
        on_step: Called before each step with its number, from 1.
        on_learning: Called as a session goes on.
    """

    def __init__(
        self,
        client: LearnClient,
        witness: Witness,
        *,
        check: Callable[[], None] = lambda: None,
        on_step: Callable[[int, Step], None] = lambda _number, _step: None,
        on_learning: Callable[[Status], None] = lambda _: None,
    ) -> None:
        self._client, self._witness = client, witness
        self._check_nodes = check
        self._on_step, self._on_learning = on_step, on_learning

    def play(self, scenario: Scenario) -> ScenarioReport:
        """Take every step; a step that cannot be taken ends the scenario.

        Raises:
            EvaluationError: A node ended, or pictures or answers stopped.
        """
        self._await(lambda: self._witness.now > 0, "the camera's first picture")
        results: list[StepResult] = []
        for number, step in enumerate(scenario.steps, 1):
            self._on_step(number, step)
            began = self._witness.now
            answers: Counter[str] = Counter()
            try:
                fault = getattr(self, f"_{step.verb}")(step, answers)
            except ClientError as error:
                fault = str(error)
            results.append(
                StepResult(number, step, fault or "", answers, self._witness.now - began)
            )
            if fault and step.verb not in ("check", "known"):
                break
        self._witness.attend = None
        return ScenarioReport(scenario, tuple(results))

    def _present(self, step: Step, _: Counter[str]) -> None:
        self._look_at(None)
        name = step.values["object"]
        self._client.simulation.present(name, yaw=step.values["yaw"])
        self._client.simulation.wait_until_shown(name)

    def _place(self, step: Step, _: Counter[str]) -> None:
        v = step.values
        self._client.simulation.place(
            v["object"], (v["x"], v["y"]), yaw=v["yaw"], size=v["size"], turn_rate=v["turn_rate"]
        )

    def _move(self, step: Step, _: Counter[str]) -> None:
        v = step.values
        self._client.simulation.move(
            v["object"], (v["x"], v["y"]), yaw=v["yaw"], seconds=v["seconds"]
        )

    def _remove(self, step: Step, _: Counter[str]) -> None:
        name = step.values["object"]
        self._client.simulation.remove("" if name == "all" else name)

    def _domain(self, step: Step, _: Counter[str]) -> None:
        v = step.values
        self._client.simulation.set_domain(
            v["background"],
            v["light"],
            clutter=v["clutter"],
            occlusion=v["occlusion"],
            hand=v["hand"],
        )

    def _wait(self, step: Step, _: Counter[str]) -> None:
        self._pause(step.values["seconds"])

    def _pause(self, seconds: float) -> None:
        until = self._witness.now + seconds
        self._await(lambda: self._witness.now >= until, f"{seconds:g} s of pictures")

    def _teach(self, step: Step, _: Counter[str]) -> None:
        v = step.values
        self._look_at(v["object"])

        def follow(status: Status) -> None:
            self._check_nodes()
            self._on_learning(status)

        self._client.learn(
            v["name"], frames=v["frames"], duration=v["duration"], on_feedback=follow
        )

    def _forget(self, step: Step, _: Counter[str]) -> None:
        self._client.forget(step.values["name"])

    def _rename(self, step: Step, _: Counter[str]) -> None:
        self._client.rename(step.values["name"], step.values["to"])

    def _undo(self, _step: Step, _: Counter[str]) -> None:
        self._client.undo()

    def _known(self, step: Step, _: Counter[str]) -> str:
        wanted = sorted(step.values["names"])
        found = sorted(entry.name for entry in self._client.list_classes())
        if found == wanted:
            return ""
        return f"known are {', '.join(found) or 'none'}; expected: {', '.join(wanted) or 'none'}"

    def _check(self, step: Step, answers: Counter[str]) -> str:
        v = step.values
        self._look_at(v["object"])
        self._pause(v["settle"])
        since, wanted = self._witness.now, v["frames"]
        self._await(lambda: len(self._witness.answers_after(since)) >= wanted, f"{wanted} answers")
        answers.update(
            answer.name or UNKNOWN for answer in self._witness.answers_after(since)[:wanted]
        )
        share = answers[v["expect"]] / wanted
        if share >= v["at_least"]:
            return ""
        most, count = answers.most_common(1)[0]
        return (
            f"{v['expect']!r} in {share:.0%} of {wanted} frames, at least {v['at_least']:.0%} "
            f"are expected; called {most!r} most ({count})"
        )

    def _look_at(self, name: str | None) -> None:
        """Let the robot look at what stands on the table; None: at what it finds itself."""
        scene = self._witness.scene
        standing = {each.name for each in scene.objects if each.on_table} if scene else set()
        chosen = name if name in standing else None
        if chosen == self._witness.attend:
            return
        if chosen is not None:
            self._witness.attend = ""  # so that the segment of what was seen before ends
            self._pause(LOOK_AWAY)
        self._witness.attend = chosen

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        newest, heard = self._witness.now, time.monotonic()
        while not condition():
            self._check_nodes()
            if self._witness.now != newest:
                newest, heard = self._witness.now, time.monotonic()
            if time.monotonic() - heard > SILENCE:
                raise EvaluationError(f"{what}: no picture came for {SILENCE:g} s; run `lr doctor`")
            self._witness.wait(0.2)
