"""A disk that is full or read-only under a running learner: it says so, serves on, and recovers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lr_ros.msg import ErrorCode
from lr_ros.srv import ForgetClass, SaveModel
from std_srvs.srv import Trigger

from faults.disks import filled, read_only, small_disk
from faults.teaching import Teacher, living

pytestmark = pytest.mark.ros

Failure = Callable[[Path], AbstractContextManager[None]]
FULL = (filled, "No space left on device")
READ_ONLY = (lambda disk: read_only(disk / "store"), "Read-only file system")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=24) as disk:
        yield disk


class Health:
    """What the learner's diagnostics say."""

    def __init__(self, teacher: Teacher) -> None:
        self._name = f"{teacher.probe.namespace}/learner"
        self._inbox = teacher.probe.listen(DiagnosticArray, "/diagnostics")

    def wait(self, level: bytes, timeout: float = 30.0) -> str:
        """Wait until the learner's level is this, from now on; return its sentence."""
        start = len(self._inbox.messages)
        array = self._inbox.wait(lambda a: self._level(a) == level, timeout, start)
        return next(status.message for status in array.status if self._name in status.name)

    def _level(self, array: DiagnosticArray) -> bytes | None:
        return next((s.level for s in array.status if self._name in s.name), None)


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        pytest.param(*FULL, id="full", marks=pytest.mark.slow),
        pytest.param(*READ_ONLY, id="read-only"),
    ],
)
def test_a_disk_that_fails_during_updates(disk: Path, fail: Failure, words: str) -> None:
    with living(disk) as (node, teacher):
        health = Health(teacher)
        assert teacher.teach("mug").error_code == ErrorCode.NONE
        with fail(disk):
            for name in ("cup", "fork"):
                status = teacher.teach(name)
                assert status.error_code == ErrorCode.IO_ERROR
                assert words in status.message
                assert str(disk) in status.message
            assert teacher.classes() == ["mug", "cup", "fork"], "it serves what it has learned"
            teacher.models.wait(lambda m: m.class_names == ["mug", "cup", "fork"])
            call = teacher.probe.call
            forgot = call(ForgetClass, "forget_class", ForgetClass.Request(class_name="fork"))
            assert forgot.error_code == ErrorCode.IO_ERROR
            saved = call(SaveModel, "save_model", SaveModel.Request(name="kitchen"))
            assert saved.error_code == ErrorCode.IO_ERROR
            assert words in saved.message
            undone = call(Trigger, "undo", Trigger.Request())
            assert not undone.success
            assert undone.message.startswith("IO_ERROR: ")
            assert teacher.classes() == ["mug", "cup"]
            assert "not on disk" in health.wait(DiagnosticStatus.ERROR)
        health.wait(DiagnosticStatus.OK)
        assert teacher.teach("spoon").error_code == ErrorCode.NONE
        node.kill()
    with living(disk) as (node, teacher):
        assert teacher.classes() == ["mug", "cup", "spoon"]
        node.stop()


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        pytest.param(*FULL, id="full"),
        pytest.param(*READ_ONLY, id="read-only", marks=pytest.mark.slow),
    ],
)
def test_a_learner_that_starts_on_a_failing_disk(disk: Path, fail: Failure, words: str) -> None:
    """After a power cut the robot knows what it knew, even before somebody has made room."""
    with living(disk) as (node, teacher):
        assert teacher.teach("mug").error_code == ErrorCode.NONE
        node.kill()
    with (
        fail(disk),
        living(disk.parent / "logs", {"store.directory": str(disk / "store")}) as (
            node,
            teacher,
        ),
    ):
        assert teacher.classes() == ["mug"]
        status = teacher.teach("cup")
        assert status.error_code == ErrorCode.IO_ERROR
        assert words in status.message
        assert teacher.classes() == ["mug", "cup"]
        node.kill()
    with living(disk) as (node, teacher):
        assert teacher.classes() == ["mug"], "the cup was said not to be on disk"
        node.stop()
