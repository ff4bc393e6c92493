"""A learner that is stopped or killed knows afterwards all that it said it had learned."""

from __future__ import annotations

from pathlib import Path

import pytest
from ros_processes import Probe, running

from faults.teaching import Teacher, start_learner

pytestmark = pytest.mark.ros


def test_a_restarted_learner_knows_and_goes_on_learning(own_probe: Probe, tmp_path: Path) -> None:
    teacher = Teacher(own_probe)
    first = start_learner(own_probe, tmp_path)
    with running(first):
        teacher.wait_until_ready()
        for name in ("mug", "Tasse ☕"):
            assert teacher.teach(name).error_code == 0
        version = teacher.models.messages[-1].version
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
