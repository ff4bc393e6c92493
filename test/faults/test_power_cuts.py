"""Power cuts and full disks while a learner learns: what it acknowledged is never lost."""

from __future__ import annotations

import contextlib
import random
import resource
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import ErrorCode, LearnerStatus, Recognition
from ros_processes import START_SECONDS, Probe, running

from faults.system import Camera
from faults.teaching import DOMAIN_ID, Teacher, living, start_learner

pytestmark = pytest.mark.ros

LONGEST_LIFE = 0.6
"""A learner is killed at most so long after it answered [s]; a session takes about half of it."""


RETRAINED = 20.0
"""How long sessions that a kill has interrupted may take to be trained after the start [s]."""


@dataclass
class Tally:
    """What was acknowledged and what came back."""

    kills: int = 0
    restarts: int = 0
    acknowledged: set[str] = field(default_factory=set)
    version: int = 0
    lost: set[str] = field(default_factory=set)
    set_aside: int = 0

    def __str__(self) -> str:
        return (
            f"kills {self.kills}, restarts {self.restarts}, sessions acknowledged "
            f"{len(self.acknowledged)}, sessions lost {len(self.lost)}, versions set aside "
            f"{self.set_aside}"
        )


COMPLETE = (LearnerStatus.QUEUED, LearnerStatus.TRAINING, LearnerStatus.IDLE)
"""States in which a session has been called complete: from then on it must not be lost."""


def _take_acknowledgements(tally: Tally, teacher: Teacher) -> None:
    for status in teacher.statuses.messages:
        if status.state in COMPLETE and status.error_code == 0 and status.class_name:
            tally.acknowledged.add(status.class_name)
        if status.state == LearnerStatus.IDLE:
            tally.version = max(tally.version, status.model_version)


def _teach_until_killed(
    teacher: Teacher, node: NodeProcess, rng: random.Random, first: int
) -> None:
    """Teach a few classes, then go on while a timer kills the learner, whatever it does then."""
    last = first + rng.randint(0, 3)
    for number in range(first, last):
        assert teacher.teach(f"object {number}", frames=5).error_code == ErrorCode.NONE
    timer = threading.Timer(rng.uniform(0.0, LONGEST_LIFE), node.kill)
    timer.start()
    for number in range(last, last + 1000):
        try:
            teacher.teach(f"object {number}", frames=5, patience=1.0)
        except AssertionError:
            timer.join()
            return


def _cut_power(directory: Path, kills: int, seed: int) -> Tally:
    rng = random.Random(seed)  # noqa: S311 - moments, not secrets
    tally = Tally()
    for _ in range(kills):
        with _restarted(directory, tally) as (node, teacher):
            _teach_until_killed(teacher, node, rng, 1000 * (tally.kills + 1))
            tally.kills += 1
            _take_acknowledgements(tally, teacher)
        print(tally, flush=True)
    with _restarted(directory, tally) as (node, teacher):
        assert teacher.teach("the last object").error_code == ErrorCode.NONE
        node.stop()
    return tally


@contextlib.contextmanager
def _restarted(directory: Path, tally: Tally) -> Iterator[tuple[NodeProcess, Teacher]]:
    """Start the learner anew, and a recognizer; compare what they know with what they must."""
    namespace = f"faults_{uuid.uuid4().hex[:8]}"
    recognizer = NodeProcess("recognizer", namespace, DOMAIN_ID, directory)
    with running(recognizer), living(directory, namespace=namespace) as (node, teacher):
        with contextlib.suppress(AssertionError):
            teacher.models.wait(lambda m: tally.acknowledged <= set(m.class_names), RETRAINED)
        tally.lost |= tally.acknowledged - set(teacher.classes())
        tally.set_aside += len(list((directory / "store" / "damaged").iterdir()))
        version = teacher.models.messages[-1].version
        assert version >= tally.version
        answers = teacher.probe.listen(Recognition, "recognition")
        with Camera(teacher.probe):
            answers.wait(lambda r: r.model_version >= version, START_SECONDS)
        recognizer.assert_alive()
        recognizer.kill()  # what it saw last must not get between what is taught now
        tally.restarts += tally.kills > 0
        yield node, teacher


@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.timeout(7200)
def test_no_session_is_lost(tmp_path: Path, kills: int) -> None:
    tally = _cut_power(tmp_path, kills, seed=kills)
    print(tally)
    assert tally.lost == set()
    assert tally.set_aside == 0
    assert len(tally.acknowledged) >= kills, f"it hardly taught: {tally}"


def test_a_disk_that_takes_nothing_and_then_does(tmp_path: Path) -> None:
    """The kernel refuses files above a size, in the midst of writing, as a full disk does."""
    # It would refuse shared memory of the middleware, too, and end those who share it.
    by_network = {"FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}
    with living(tmp_path, environment=by_network) as (node, teacher):
        diagnostics = teacher.probe.listen(DiagnosticArray, "/diagnostics")
        taught = teacher.teach("mug")
        assert taught.error_code == ErrorCode.NONE, taught.message
        _, most = resource.prlimit(node.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (20_000, most))
        status = teacher.teach("cup")
        assert status.error_code == ErrorCode.IO_ERROR
        assert "File too large" in status.message
        assert str(tmp_path) in status.message
        assert teacher.classes() == ["mug", "cup"], "what was learned is in force"
        learner = f"{teacher.probe.namespace}/learner"
        diagnostics.wait(lambda a: _level(a, learner) == DiagnosticStatus.ERROR)
        resource.prlimit(node.pid, resource.RLIMIT_FSIZE, (most, most))
        recovered = len(diagnostics.messages)
        diagnostics.wait(lambda a: _level(a, learner) == DiagnosticStatus.OK, 30.0, recovered)
        node.kill()
    with living(tmp_path) as (node, teacher):
        assert teacher.classes() == ["mug", "cup"]
        node.stop()


def test_a_second_learner_of_the_same_store_is_refused(own_probe: Probe, tmp_path: Path) -> None:
    with living(tmp_path) as (first, _):
        second = start_learner(own_probe, tmp_path)
        with running(second):
            assert second.process.wait(60) == 1, second.output
        assert f"process {first.pid}" in second.output
        assert "Traceback" not in second.output
        first.stop()


def test_settings_that_do_not_go_together_are_refused(own_probe: Probe, tmp_path: Path) -> None:
    """Nearest class means train no layers, so that none can be trained less often."""
    node = start_learner(own_probe, tmp_path, {"training.lower_every": 2})
    with running(node):
        assert node.process.wait(60) == 1, node.output
    assert "lower_every" in node.output
    assert "Traceback" not in node.output


def _level(array: DiagnosticArray, name: str) -> bytes | None:
    return next((status.level for status in array.status if name in status.name), None)
