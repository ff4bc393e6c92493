"""The ledger says what a robot must know; held against a learner and its store."""

from __future__ import annotations

from pathlib import Path

import pytest
from teaching.classroom import WAIT, Classroom

from lr_ros.core.learner import LearnerConfig
from lr_ros.evaluation.ledger import Ledger


def test_what_must_be_known() -> None:
    ledger = Ledger(keep=4)
    assert not ledger.can_undo
    ledger.learn("mug")
    ledger.learn("cup")
    ledger.learn("mug")
    assert ledger.classes == ("mug", "cup")
    ledger.rename("mug", "glass")
    ledger.save("kitchen")
    ledger.forget("cup")
    assert (ledger.classes, ledger.saved) == (("glass",), ("kitchen",))
    ledger.undo()
    ledger.undo()
    assert ledger.classes == ("mug", "cup")
    ledger.reset()
    ledger.load("kitchen")
    assert ledger.classes == ("glass", "cup")


@pytest.mark.parametrize("undos", [1, 5])
def test_a_learner_says_the_same(tmp_path: Path, undos: int) -> None:
    ledger = Ledger(keep=10)
    with Classroom(tmp_path, learner=LearnerConfig(strategy="ncm")) as room:
        for name in ("mug", "cup", "mug", "fork"):
            assert room.teach(name, 10).success
            ledger.learn(name)
        room.engine.change(lambda changes: changes.forget("cup")).result(WAIT)
        ledger.forget("cup")
        for _ in range(undos):
            assert ledger.can_undo
            room.undo()
            ledger.undo()
            assert room.learner.classes == ledger.classes
    assert ledger.can_undo == (undos < 5)
