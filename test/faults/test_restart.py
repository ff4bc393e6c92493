"""A learner that is stopped or killed knows afterwards all that it said it had learned."""

from __future__ import annotations

from pathlib import Path

import pytest
from ros_processes import Probe, running
from std_srvs.srv import Trigger

from faults.teaching import Teacher, living, start_learner

pytestmark = pytest.mark.ros


def test_a_restarted_learner_knows_and_goes_on_learning(own_probe: Probe, tmp_path: Path) -> None:
    teacher = Teacher(own_probe)
    first = start_learner(own_probe, tmp_path)
    with running(first):
        teacher.wait_until_ready()
        for name in ("mug", "Tasse ☕"):
            status = teacher.teach(name)
            assert status.error_code == 0, status.message
        version = status.model_version
        teacher.models.wait(lambda model: model.version == version)
        first.stop()
    teacher.models.messages.clear()
    second = start_learner(own_probe, tmp_path)
    with running(second):
        own_probe.forget_clients()
        restored = teacher.models.wait(timeout=60)
        assert restored.version == version
        assert restored.class_names == ["mug", "Tasse ☕"]
        assert teacher.classes() == ["mug", "Tasse ☕"]
        status = teacher.teach("spoon")
        assert status.error_code == 0, status.message
        assert teacher.classes() == ["mug", "Tasse ☕", "spoon"]
        assert teacher.models.messages[-1].version > version
        second.stop()


def test_the_first_lesson_can_be_undone(tmp_path: Path) -> None:
    with living(tmp_path) as (node, _):
        node.stop()
    with living(tmp_path) as (node, teacher):
        assert teacher.models.messages[-1].version == 0
        assert teacher.teach("mug").error_code == 0
        undone = teacher.probe.call(Trigger, "undo", Trigger.Request())
        assert undone.success, undone.message
        assert teacher.classes() == []
        again = teacher.probe.call(Trigger, "undo", Trigger.Request())
        assert again.message.startswith("NOTHING_TO_UNDO: ")
        assert teacher.teach("cup").error_code == 0
        assert teacher.classes() == ["cup"]
        node.stop()
