"""How well a camera is kept up with while the learner trains, and while it does not."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rclpy.qos import QoSProfile, ReliabilityPolicy

from lr_ros import msg
from lr_ros.client import LearnError, LearnerState, Status
from lr_ros.client.connection import Connection
from lr_ros.evaluation.errors import EvaluationError
from lr_ros.evaluation.load_stream import paint_stream
from lr_ros.evaluation.recording import Recorder
from lr_ros.evaluation.scoring import Result, percentile
from lr_ros.evaluation.system import System, node, own_domain, running_system

TAUGHT = "thing"
STREAM_SECONDS = 10.0
"""Length of the stream, which is played in a loop [s]."""

CAPTURE_RATE = 30.0
"""Frames learned a second: sessions are to be gathered fast, so that there is more training."""

SESSION_SECONDS = 600.0
SETTLE_SECONDS = 3.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Options:
    """Pictures of ``width`` x ``height`` at ``rate`` a second, for ``seconds`` of each kind.

    Sessions have ``frames`` frames, all of whose training comes after them.
    """

    width: int = 640
    height: int = 480
    rate: float = 30.0
    seconds: float = 60.0
    frames: int = 300
    namespace: str = "lr_load"
    domain_id: int = field(default_factory=own_domain)
    on_note: Callable[[str], None] = lambda _: None


@dataclass(frozen=True)
class Interval:
    """From when to when [s of stamps]."""

    begin: float
    end: float


@dataclass(frozen=True)
class Service:
    """How a camera was kept up with in some time; latencies from stamp to result [ms].

    ``published`` images were sent, ``recognized`` of them answered.
    """

    seconds: float
    published: int
    recognized: int
    p50: float | None
    p95: float | None
    worst: float | None

    @property
    def share(self) -> float:
        """Share of the images answered, 0..1."""
        return self.recognized / self.published if self.published else 0.0


@dataclass(frozen=True)
class LoadReport:
    """``idle`` and ``training``; ``trainings`` are the lengths of the trainings [s]."""

    idle: Service
    training: Service
    trainings: tuple[float, ...]


def service(
    published: Mapping[float, int], results: Sequence[Result], intervals: Sequence[Interval]
) -> Service:
    """Return how the images stamped within the intervals were answered."""

    def within(stamp: float) -> bool:
        return any(interval.begin <= stamp < interval.end for interval in intervals)

    sent = {stamp for stamp in published if within(stamp)}
    latencies = [result.latency_ms for result in results if result.stamp in sent]
    return Service(
        sum(interval.end - interval.begin for interval in intervals),
        len(sent),
        len(latencies),
        percentile(latencies, 0.5),
        percentile(latencies, 0.95),
        percentile(latencies, 1.0),
    )


class Trainings:
    """When the learner trained, by its own account."""

    def __init__(self) -> None:
        self.intervals: list[Interval] = []
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        """How long all trainings took so far [s]."""
        return sum(interval.end - interval.begin for interval in self.intervals)

    def listen(self, connection: Connection) -> Trainings:
        """Take in all that the learner says from now on."""
        qos = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
        node = connection.node

        def told(message: msg.LearnerStatus) -> None:
            self.note(Status.from_message(message))

        connection.run(
            lambda: node.create_subscription(msg.LearnerStatus, "learner_status", told, qos)
        )
        return self

    def note(self, status: Status) -> None:
        """Take in a status."""
        trains = status.state is LearnerState.TRAINING
        if trains and self._since is None:
            self._since = status.stamp
        elif not trains and self._since is not None:
            self.intervals.append(Interval(self._since, status.stamp))
            self._since = None


def run_load(options: Options) -> LoadReport:
    """Play a stream to nodes of their own and measure.

    Raises:
        EvaluationError: The nodes did not come up, ended, or did not learn.
    """
    with tempfile.TemporaryDirectory(prefix="lr_load_") as folder:
        video = Path(folder) / "stream.avi"
        paint_stream(video, options.width, options.height, options.rate, STREAM_SECONDS)
        source = {
            "source.path": str(video),
            "source.kind": "video",
            "source.loop": True,
            "image.rate": options.rate,
        }
        learner = {
            "store.directory": str(Path(folder) / "store"),
            "training.while_looking": False,
            "session.rate": CAPTURE_RATE,
            "session.end_with_segment": False,
            "ask.enabled": False,
        }
        processes = [
            node("image_source", options.namespace, source),
            node("recognizer", options.namespace, {}),
            node("learner", options.namespace, learner),
        ]
        with running_system(processes, options.namespace, options.domain_id) as system:
            connection = Connection(options.namespace, None, options.domain_id)
            try:
                recorder, trainings = Recorder(connection), Trainings().listen(connection)
                return _measure(system, recorder, trainings, options)
            finally:
                connection.close()


def _measure(
    system: System, recorder: Recorder, trainings: Trainings, options: Options
) -> LoadReport:
    system.wait(lambda: bool(recorder.results), 30.0, "the first recognition")
    _teach(system, 30)  # so that there is a model to answer with
    time.sleep(SETTLE_SECONDS)
    options.on_note(f"measuring without training for {options.seconds:.0f} s")
    begin = time.time()
    while time.time() < begin + options.seconds:
        system.check()
        time.sleep(LOOK_SECONDS)
    idle = Interval(begin, time.time())
    before = len(trainings.intervals)
    told, number = trainings.seconds, 0
    while trainings.seconds - told < options.seconds:
        number += 1
        _teach(system, options.frames)
        newest = trainings.intervals[-1]
        options.on_note(
            f"training {number} took {newest.end - newest.begin:.1f} s; measured now "
            f"{trainings.seconds - told:.0f} of {options.seconds:.0f} s of training"
        )
    time.sleep(1.0)  # what was published last is on its way
    intervals = trainings.intervals[before:]
    published, results = dict(recorder.published), list(recorder.results)
    return LoadReport(
        service(published, results, [idle]),
        service(published, results, intervals),
        tuple(interval.end - interval.begin for interval in intervals),
    )


def _teach(system: System, frames: int) -> None:
    try:
        system.client.learn(TAUGHT, frames=frames, duration=SESSION_SECONDS)
    except LearnError as error:
        raise EvaluationError(f"{TAUGHT!r} was not learned: {error}") from error
