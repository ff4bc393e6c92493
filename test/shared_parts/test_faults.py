"""Faults: each kind is counted, and warned about now and then only."""

from __future__ import annotations

import threading

import pytest

from lr_ros.ros import faults
from lr_ros.ros.faults import Faults


def test_each_kind_is_warned_about_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(faults.time, "monotonic", lambda: now)
    warned: list[str] = []
    noted = Faults(warned.append)
    for _ in range(100):
        noted.note("short", "too short")
    noted.note("step", "wrong step")  # not silenced by the other kind's flood
    assert warned == ["too short", "wrong step"]
    now += faults.WARN_SECONDS
    noted.note("short", "too short again")
    assert warned[2:] == ["too short again"]
    assert noted.counts == {"short": 101, "step": 1}


def test_counts_may_be_read_while_new_kinds_come_in() -> None:
    noted = Faults(lambda _: None)

    def flood() -> None:
        for number in range(20_000):
            noted.note(str(number), "")

    thread = threading.Thread(target=flood)
    thread.start()
    while thread.is_alive():
        assert sum(noted.counts.values()) <= 20_000
    thread.join()
    assert len(noted.counts) == 20_000
