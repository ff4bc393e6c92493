"""The demo: a robot in simulation is taught objects, and names them in front of another background.

Everything goes through the services, as with a robot: objects are shown by the simulated camera,
learned by the action ``learn``, and what is recognized is read from the topic ``recognition``.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from lr_ros import msg
from lr_ros.client import LearnError, Recognition, Status
from lr_ros.client.connection import Connection
from lr_ros.client.records import seconds
from lr_ros.evaluation.contact_sheet import Cell, Rgb, contact_sheet
from lr_ros.evaluation.demo_report import NO_ANSWER, UNKNOWN, DemoReport, ObjectResult
from lr_ros.evaluation.errors import EvaluationError, InputError
from lr_ros.evaluation.system import System, own_domain, running_system
from lr_ros.launching import load
from lr_ros.ros.images import to_rgb

TAUGHT_BEFORE = 0
"""Number of the background and light that objects are taught in front of."""

TESTED_BEFORE = 1
"""Number of those that they are named in front of later."""

EMPTY_SECONDS = 1.5
"""How long nobody is in view between two objects [s]."""

SETTLE_FRAMES = 10
"""Frames of a newly shown object that are not tested: it slides into view, about a second."""

TEST_FRAMES = 40
"""Frames of each object that are tested: about four seconds, half a turn."""

FRAME_SECONDS = 20.0
"""Longest wait for the camera to show what was asked for [s]."""


@dataclass(frozen=True)
class Options:
    """``count`` objects are taught from ``frames`` frames each.

    ``state`` is the directory of what is learned; None: a temporary one.
    """

    count: int = 5
    frames: int = 40
    namespace: str = "lr_demo"
    domain_id: int = field(default_factory=own_domain)
    state: Path | None = None
    on_step: Callable[[str, str], None] = lambda _step, _name: None
    on_learning: Callable[[Status], None] = lambda _: None
    on_line: Callable[[str, str], None] | None = None


class Eye:
    """What the simulated camera shows, what is recognized, and the newest annotated image."""

    def __init__(self, connection: Connection) -> None:
        self.shown: dict[float, str] = {}  # by the image's stamp [s]
        self.answers: dict[float, Recognition] = {}
        self._picture: Image | None = None
        qos = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
        node = connection.node
        connection.run(
            lambda: (
                node.create_subscription(Header, "frame_marker", self._on_marker, qos),
                node.create_subscription(msg.Recognition, "recognition", self._on_answer, qos),
                node.create_subscription(Image, "debug_image", self._on_picture, 1),
            )
        )

    def _on_marker(self, marker: Header) -> None:
        self.shown[seconds(marker.stamp)] = marker.frame_id.rpartition(":")[0]

    def _on_answer(self, message: msg.Recognition) -> None:
        self.answers[seconds(message.header.stamp)] = Recognition.from_message(message)

    def _on_picture(self, message: Image) -> None:
        self._picture = message

    def picture(self) -> Rgb | None:
        """Return the newest annotated image."""
        return None if self._picture is None else to_rgb(self._picture)

    def stamps_of(self, name: str, since: float) -> list[float]:
        """Return the stamps of the images of an object after ``since`` [s], in order."""
        shown = dict(self.shown)
        return sorted(stamp for stamp, seen in shown.items() if stamp > since and seen == name)

    @property
    def newest(self) -> float:
        """Stamp of the newest image [s]; 0 before the first."""
        return max(dict(self.shown), default=0.0)


@dataclass
class Demo:
    """One run; ``pictures`` are annotated images of the objects, taught and tested."""

    system: System
    eye: Eye
    options: Options
    taught: dict[str, Rgb | None] = field(default_factory=dict)
    tested: dict[str, Rgb | None] = field(default_factory=dict)

    def run(self) -> DemoReport:
        """Teach every object, then test every object."""
        self.system.wait(lambda: self.eye.newest > 0, FRAME_SECONDS, "the camera's first image")
        names = self._objects()
        learned = {name: self._teach(name) for name in names}
        turns = len(names)
        results = tuple(
            self._test(name, yaw=(0.5 + 2 * math.pi * number / turns) % (2 * math.pi))
            for number, name in enumerate(names)
        )
        return DemoReport(results, learned)

    def _objects(self) -> tuple[str, ...]:
        names = self.system.client.list_objects().names
        if len(names) < self.options.count:
            raise InputError(
                f"{self.options.count} objects are asked for, the simulated camera has "
                f"{len(names)}: {', '.join(names)}"
            )
        return names[: self.options.count]

    def _teach(self, name: str) -> float:
        self.options.on_step("teach", name)
        self._show(name, TAUGHT_BEFORE, yaw=0.0)
        pictures: list[Rgb | None] = []

        def follow(status: Status) -> None:
            self.system.check()
            if not pictures and status.frames > self.options.frames // 2:
                pictures.append(self.eye.picture())
            self.options.on_learning(status)

        try:
            result = self.system.client.learn(name, frames=self.options.frames, on_feedback=follow)
        except LearnError as error:
            raise EvaluationError(f"{name!r} was not learned: {error}") from error
        self.taught[name] = pictures[0] if pictures else self.eye.picture()
        return result.seconds

    def _test(self, name: str, yaw: float) -> ObjectResult:
        self.options.on_step("test", name)
        since = self.eye.newest
        self._show(name, TESTED_BEFORE, yaw)
        wanted = SETTLE_FRAMES + TEST_FRAMES
        self._see(name, since, SETTLE_FRAMES + TEST_FRAMES // 2)
        self.tested[name] = self.eye.picture()
        self._see(name, since, wanted)
        stamps = self.eye.stamps_of(name, since)[SETTLE_FRAMES:wanted]
        self._await_answer(stamps[-1])
        return ObjectResult(name, Counter(self._called(stamp) for stamp in stamps))

    def _show(self, name: str, background: int, yaw: float) -> None:
        """Let the last object leave, then show this one."""
        client = self.system.client
        client.present_object("", background)
        empty_since = self.eye.newest
        self.system.wait(
            lambda: self.eye.newest > empty_since + EMPTY_SECONDS, FRAME_SECONDS, "new images"
        )
        client.present_object(name, background, yaw)
        self._see(name, empty_since, SETTLE_FRAMES)

    def _see(self, name: str, since: float, frames: int) -> None:
        self.system.wait(
            lambda: len(self.eye.stamps_of(name, since)) >= frames,
            FRAME_SECONDS,
            f"{frames} images of {name!r}",
        )

    def _await_answer(self, stamp: float) -> None:
        """Wait until the recognizer has answered an image as new as this."""
        self.system.wait(
            lambda: max(dict(self.eye.answers), default=0.0) >= stamp,
            FRAME_SECONDS,
            "an answer of the recognizer",
        )

    def _called(self, stamp: float) -> str:
        answer = self.eye.answers.get(stamp)
        if answer is None:
            return NO_ANSWER
        return answer.name or UNKNOWN

    def sheet(self, report: DemoReport) -> Rgb:
        """Return the picture of what was taught and what was recognized."""
        taught = [Cell(image, f"taught: {name}") for name, image in self.taught.items()]
        tested = [
            Cell(
                self.tested.get(result.name),
                f"{result.name}: {result.accuracy:.0%} named rightly",
                result.accuracy > 0.5,
            )
            for result in report.results
        ]
        return contact_sheet(
            [("Taught", taught), ("Recognized: new views, another background and light", tested)]
        )


def run_demo(options: Options) -> tuple[DemoReport, Rgb]:
    """Run the demo; return its report and its picture.

    Raises:
        InputError: More objects are asked for than there are.
        EvaluationError: The nodes did not come up, ended, or an object was not learned.
    """
    with tempfile.TemporaryDirectory(prefix="lr_demo_") as folder:
        state = options.state or Path(folder)
        processes = load(
            "demo", {"namespace": options.namespace, "state_home": str(state.resolve())}
        )
        with running_system(
            processes, options.namespace, options.domain_id, options.on_line
        ) as system:
            connection = Connection(options.namespace, None, options.domain_id)
            try:
                demo = Demo(system, Eye(connection), options)
                report = demo.run()
                return report, demo.sheet(report)
            finally:
                connection.close()
