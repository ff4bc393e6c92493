"""What diagnostics conclude from what was measured: level and words, without ROS."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.nodes.tables import LEARNER, RECOGNIZER
from lr_ros.ros.health import Finding, Level, Limit, OtherNode, OtherSide, Report, conclude
from lr_ros.ros.health_learner import LearnerFacts, LearnerLimits, learner_findings
from lr_ros.ros.health_recognizer import RecognizerFacts, RecognizerLimits, recognizer_findings
from lr_ros.teaching.status import Phase, Status
from lr_ros.teaching.vitals import Vitals

RECOGNIZER_LIMITS = RecognizerLimits.of({row.name: row.default for row in RECOGNIZER})
LEARNER_LIMITS = LearnerLimits.of({row.name: row.default for row in LEARNER})
WELL = RecognizerFacts(
    active=True, enabled=True, input_rate=30.0, input_age=0.03, refused=0.0, replaced=0.1,
    latency=40.0, inference=15.0, model_version=3, learner=OtherSide(3),
)  # fmt: skip
AT_EASE = LearnerFacts(
    active=True, input_age=0.1, refused=0.0, vitals=Vitals(), recognizer=OtherSide(3),
    status=Status(model_version=3, classes=("mug",), replay_used=40, replay_capacity=1500),
)  # fmt: skip


def recognizer(**changes: object) -> Report:
    return conclude(recognizer_findings(replace(WELL, **changes), RECOGNIZER_LIMITS), "fine", {})


def learner(**changes: object) -> Report:
    return conclude(learner_findings(replace(AT_EASE, **changes), LEARNER_LIMITS), "fine", {})


def test_nothing_is_found_where_all_is_well() -> None:
    assert recognizer() == learner() == Report(Level.OK, "fine", {})


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"active": False}, Level.WARN, "not active"),
        ({"enabled": False}, Level.WARN, "disabled by service"),
        ({"input_age": 1.5}, Level.WARN, "no image for 1.5 s"),
        ({"input_age": 2.5}, Level.ERROR, "no images arrive"),
        ({"input_rate": 1.0}, Level.WARN, "only 1.0 images a second"),
        ({"refused": 0.2}, Level.WARN, "20 % of the images cannot be used"),
        ({"refused": 1.0}, Level.ERROR, "100 % of the images cannot be used"),
        ({"replaced": 0.99}, Level.WARN, "come too fast"),
        ({"latency": 600.0}, Level.WARN, "600 ms after the image"),
        ({"latency": 6000.0}, Level.ERROR, "camera's clock"),
        ({"inference": 900.0}, Level.WARN, "900 ms of work"),
        ({"learner": OtherSide(4, differs=1.0, same=False)}, Level.OK, "fine"),
        ({"learner": OtherSide(4, differs=6.0, same=False)}, Level.WARN, "model 4 in the learner"),
        ({"learner": OtherSide(4, differs=61.0, same=False)}, Level.ERROR, "encoder"),
        ({"learner": OtherSide(3, silent=9.0)}, Level.WARN, "learner has said nothing for 9 s"),
        ({"learner": OtherSide()}, Level.OK, "fine"),
    ],
)
def test_recognizer(changes: dict[str, object], level: Level, words: str) -> None:
    report = recognizer(**changes)
    assert report.level is level
    assert words in report.summary


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"active": False}, Level.WARN, "not active"),
        ({"input_age": 9.0}, Level.WARN, "no latents for 9 s"),
        ({"refused": 0.5}, Level.WARN, "50 % of the latents"),
        ({"vitals": Vitals(unsaved_for=0.0)}, Level.ERROR, "not on disk"),
        ({"vitals": Vitals(set_aside=("v1", "v2"))}, Level.WARN, "set aside: v1, v2"),
        ({"vitals": Vitals(waiting=3)}, Level.OK, "fine"),
        ({"vitals": Vitals(waiting=4)}, Level.WARN, "4 sessions wait"),
        ({"vitals": Vitals(waiting=8)}, Level.ERROR, "8 sessions wait"),
        ({"vitals": Vitals(training_seconds=500.0)}, Level.WARN, "training took 500 s"),
        ({"recognizer": OtherSide(2, differs=6.0, same=False)}, Level.WARN, "in the recognizer"),
        ({"status": replace(AT_EASE.status, phase=Phase.FAILED, message="no")}, Level.WARN, "no"),
        (
            {"status": replace(AT_EASE.status, replay_capacity=9)},
            Level.WARN,
            "9 latents a class only",
        ),
    ],
)
def test_learner(changes: dict[str, object], level: Level, words: str) -> None:
    report = learner(**changes)
    assert report.level is level
    assert words in report.summary


def test_the_disk_may_refuse_for_as_long_as_is_allowed() -> None:
    limits = replace(LEARNER_LIMITS, unsaved=30.0)
    facts = replace(AT_EASE, vitals=Vitals(unsaved_for=10.0))
    (finding,) = learner_findings(facts, limits)
    assert finding == Finding(Level.WARN, "what was learned is not on disk")


def test_the_worst_is_said_first_and_the_others_are_not_lost() -> None:
    report = recognizer(input_age=9.0, learner=OtherSide(3, silent=9.0))
    assert (report.level, report.summary) == (Level.ERROR, "no images arrive")
    assert report.values == {"also 1": "the learner has said nothing for 9 s"}


@given(st.lists(st.builds(Finding, st.sampled_from(Level), st.text()), min_size=1))
def test_every_finding_is_in_the_report(findings: list[Finding]) -> None:
    report = conclude(findings, "fine", {"rate": 1.0})
    assert report.level == max(finding.level for finding in findings)
    told = [report.summary, *(v for k, v in report.values.items() if k.startswith("also"))]
    assert sorted(told) == sorted(finding.text for finding in findings)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_limit_is_never_milder_above_a_greater_value(value: float, warn: float, more: float):
    limit = Limit(warn, warn + more)

    def level(at: float) -> Level:
        return max((f.level for f in limit.judge(at, "")), default=Level.OK)

    assert level(value) <= level(value + 1.0)
    assert (level(value) is Level.OK) == (value <= warn)


def test_how_long_the_models_differ_is_counted_from_when_they_began_to() -> None:
    other = OtherNode()
    assert other.beside(1, now=5.0).agrees == "not heard of"
    other.hear(1, now=6.0)
    assert other.beside(1, now=7.0) == OtherSide(1, silent=1.0)
    assert other.beside(2, now=8.0).agrees == "no"
    other.hear(1, now=9.0)
    assert other.beside(2, now=11.0) == OtherSide(1, silent=2.0, differs=3.0, same=False)
    other.hear(2, now=12.0)
    assert other.beside(2, now=12.0).agrees == "yes"
    assert other.beside(3, now=20.0).differs == 0.0, "a new disagreement begins anew"
