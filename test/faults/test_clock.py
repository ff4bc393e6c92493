"""Time that stands still or jumps back: a paused simulation, and a recording played in a loop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from builtin_interfaces.msg import Time
from lr_ros.msg import ErrorCode, LearnerStatus
from lr_ros.srv import LearnClass, Recognize, StopSession
from ros_processes import START_SECONDS, Probe
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import RegionOfInterest

from faults.system import Camera, System

pytestmark = pytest.mark.ros


class SimulatedTime:
    """Publishes /clock and gives the same time to the camera [s].

    Each picture lets time go on by ``step``; after ``loop`` seconds it jumps back to the start.
    """

    def __init__(self, probe: Probe) -> None:
        self._publisher = probe.publisher(Clock, "/clock")
        self.start = self.now = 50.0
        self.step = 0.0
        self.loop = float("inf")
        self.jumps = 0

    def __call__(self) -> float:
        self.now += self.step
        if self.now > self.start + self.loop:
            self.now = self.start
            self.jumps += 1
        stamp = Time(sec=int(self.now), nanosec=int(self.now % 1 * 1e9))
        self._publisher.publish(Clock(clock=stamp))
        return self.now


@pytest.fixture
def simulation(own_probe: Probe, tmp_path: Path) -> Iterator[tuple[System, SimulatedTime]]:
    system, clock = System(own_probe, tmp_path, use_sim_time=True), SimulatedTime(own_probe)
    camera = Camera(own_probe)
    camera.clock = clock
    try:
        with camera:
            system.start("recognizer", "learner")
            yield system, clock
            for node in system.nodes.values():
                node.assert_alive()
                node.stop()
    finally:
        system.end()


def _begin(system: System, name: str, frames: int) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        # What shakes before this camera may look like an object that leaves, but a region stays.
        roi = RegionOfInterest(width=160, height=120)
        request = LearnClass.Request(class_name=name, frames=frames, duration=100.0, roi=roi)
        answer = system.call(LearnClass, "learn_class", request, deadline)
        if answer.success:
            return str(answer.session_id)
        assert answer.error_code == ErrorCode.NO_IMAGES, answer.message
        assert time.monotonic() < deadline, answer.message
        system.recognized_by(0)


def test_a_paused_clock(simulation: tuple[System, SimulatedTime]) -> None:
    """While time stands still, all requests are answered; a session goes on when time does."""
    system, clock = simulation
    session = _begin(system, "mug", frames=8)
    for _ in range(15):
        system.recognized_by(0)
    status = system.statuses.messages[-1]
    assert (status.session_id, status.state) == (session, LearnerStatus.CAPTURING)
    assert status.frames <= 1, "time stands still, so there is one moment to learn from"
    assert system.call(Recognize, "recognize", Recognize.Request(window=0.5)).frames > 0
    said = len(system.diagnostics.messages)
    system.diagnostics.wait(start=said)
    clock.step = 0.1
    learned = system.statuses.wait(
        lambda s: s.session_id == session and s.state == LearnerStatus.IDLE, START_SECONDS
    )
    assert learned.error_code == ErrorCode.NONE, learned.message
    clock.step = 0.0
    assert system.recognized_by(learned.model_version).hypotheses[0].class_name == "mug"
    # More than were seen of this view before the clock stopped: those count, too.
    assert _begin(system, "cup", frames=100) != session
    answer = system.call(StopSession, "stop_session", StopSession.Request(keep=False))
    assert answer.success, answer.message


def test_a_recording_that_loops(simulation: tuple[System, SimulatedTime]) -> None:
    """The clock and all stamps jump back every two seconds; sessions last longer than that."""
    system, clock = simulation
    clock.step, clock.loop = 0.1, 2.0
    session = _begin(system, "mug", frames=30)
    jumps = clock.jumps
    learned = system.statuses.wait(
        lambda s: s.session_id == session and s.state in (LearnerStatus.IDLE, LearnerStatus.FAILED),
        START_SECONDS,
    )
    assert learned.error_code == ErrorCode.NONE, learned.message
    assert learned.frames == 30, learned.message
    assert clock.jumps - jumps >= 2, "it was over before the recording began again"
    jumps = clock.jumps
    while clock.jumps < jumps + 2:
        answer = system.recognized_by(learned.model_version)
        assert answer.hypotheses[0].class_name == "mug"
