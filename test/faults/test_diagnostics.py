"""Diagnostics over DDS: what is wrong is said while it is, and not any more when it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import LearnerStatus
from ros_processes import LATCHED, START_SECONDS, Inbox, Probe, running

from faults.system import TRANSPORT, Camera
from faults.teaching import DOMAIN_ID, Teacher, start_learner

pytestmark = pytest.mark.ros

OK, WARN, ERROR = (DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR)


class Reports:
    """What one node says of itself from now on."""

    def __init__(self, probe: Probe, node: str) -> None:
        self._name = f"{probe.namespace}/{node}"
        self._inbox: Inbox[DiagnosticArray] = probe.listen(DiagnosticArray, "/diagnostics")

    def wait(self, level: bytes, words: str = "") -> dict[str, str]:
        """Wait for a report of this level that says so; return its values."""

        def wanted(array: DiagnosticArray) -> bool:
            status = self._of(array)
            return status is not None and status.level == level and words in status.message

        array = self._inbox.wait(wanted, START_SECONDS, len(self._inbox.messages))
        return {value.key: value.value for value in self._of(array).values}

    def _of(self, array: DiagnosticArray) -> DiagnosticStatus | None:
        return next((s for s in array.status if s.name == self._name), None)


@pytest.fixture(scope="module")
def recognizer(probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    node = NodeProcess(
        "recognizer", probe.namespace, DOMAIN_ID, tmp_path_factory.mktemp("recognizer"),
        parameters={"diagnostics.latency_warn": 1e6, "diagnostics.disagree_warn": 0.5,
                    "diagnostics.disagree_error": 3.0, "diagnostics.silence": 3600.0,
                    "diagnostics.input_rate": 0.5, "diagnostics.inference": 1e6,
                    "image.timeout": 5.0},
        environment=TRANSPORT,
    )  # fmt: skip
    with running(node):
        yield Reports(probe, "recognizer")
        node.assert_alive()


def test_a_camera_that_is_lost_and_comes_back(probe: Probe, recognizer: Reports) -> None:
    with Camera(probe):
        values = recognizer.wait(OK, "recognizing")
        assert float(values["input rate [Hz]"]) > 0.5
        assert float(values["inference p95 [ms]"]) > 0.0
    recognizer.wait(WARN, "no image for")
    recognizer.wait(ERROR, "no images arrive")
    with Camera(probe):
        recognizer.wait(OK, "recognizing")


def test_a_recognizer_says_that_the_learner_has_another_model(
    probe: Probe, recognizer: Reports
) -> None:
    learner = probe.publisher(LearnerStatus, "learner_status", LATCHED)
    with Camera(probe):
        assert recognizer.wait(OK)["same model as the learner"] == "not heard of"
        learner.publish(LearnerStatus(model_version=5))
        values = recognizer.wait(WARN, "model 0 here, model 5 in the learner")
        assert values["same model as the learner"] == "no"
        recognizer.wait(ERROR, "model 5 in the learner")
        learner.publish(LearnerStatus(model_version=0))
        assert recognizer.wait(OK)["same model as the learner"] == "yes"


def test_a_learner_says_what_the_recognizer_has_and_what_was_set_aside(
    own_probe: Probe, tmp_path: Path
) -> None:
    node = start_learner(
        own_probe, tmp_path,
        {"diagnostics.disagree_warn": 0.5, "diagnostics.input_age": 3600.0,
         "diagnostics.silence": 3600.0},
    )  # fmt: skip
    reports = Reports(own_probe, "learner")
    recognizer = own_probe.publisher(DiagnosticArray, "/diagnostics")

    def say(version: str) -> None:
        status = DiagnosticStatus(
            name=f"{own_probe.namespace}/recognizer",
            values=[KeyValue(key="model version", value=version)],
        )
        recognizer.publish(DiagnosticArray(status=[status]))

    with running(node):
        teacher = Teacher(own_probe)
        teacher.wait_until_ready()
        assert reports.wait(OK)["same model as the recognizer"] == "not heard of"
        say("7")
        reports.wait(WARN, "model 0 here, model 7 in the recognizer")
        for nonsense in ("", "-1", "seven", "9" * 100, "\u0667"):
            say(nonsense)
        reports.wait(WARN, "model 7")
        say("0")
        assert reports.wait(OK)["same model as the recognizer"] == "yes"
        assert teacher.teach("mug").error_code == 0
        values = reports.wait(WARN, "model 1 here, model 0 in the recognizer")
        assert float(values["last save [s ago]"]) >= 0.0
        assert values["set aside"] == "none"
        node.stop()

    # A file that is damaged while the learner is away is named at its next start.
    newest = max((tmp_path / "store" / "versions").iterdir())
    newest.write_bytes(newest.read_bytes()[:-100])
    node = start_learner(own_probe, tmp_path, {"diagnostics.input_age": 3600.0})
    reports = Reports(own_probe, "learner")
    with running(node):
        values = reports.wait(WARN, "set aside")
        assert newest.name in values["set aside"]
        node.stop()
