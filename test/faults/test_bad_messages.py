"""Latents and models that cannot be right are refused with their reason, and nothing grows."""

from __future__ import annotations

import copy
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import ErrorCode, LatentFrame, ModelUpdate, Recognition
from rclpy.qos import QoSProfile
from ros_processes import LATCHED, START_SECONDS, Probe, running

from faults.system import Camera
from faults.teaching import SHAPE, Teacher, start_learner
from lr_ros.evaluation.memory import resident_mb

pytestmark = pytest.mark.ros

HUGE = 100_000_000
"""Bytes of a payload that no right message has."""

MOST_GROWTH = 800.0
"""Megabytes that a node may have grown by at most while it was sent huge messages: a few of them
are on their way at once, in the middleware and in Python."""

NEWEST = QoSProfile(depth=1, reliability=LATCHED.reliability, durability=LATCHED.durability)
"""As the learner sends models; more would be kept, 100 MB each."""

ARRIVES = 200.0
"""The most seconds that such a message may take: where there is no shared memory for it, it goes
by UDP in thousands of pieces, and those that are lost are asked for again."""


@dataclass
class Robot:
    probe: Probe
    nodes: dict[str, NodeProcess]
    teacher: Teacher
    good_model: ModelUpdate
    good_latents: LatentFrame
    publishers: dict[type, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.diagnostics = self.probe.listen(DiagnosticArray, "/diagnostics")
        self.recognitions = self.probe.listen(Recognition, "recognition")
        self.publishers = {
            LatentFrame: self.probe.publisher(LatentFrame, "latents"),
            ModelUpdate: self.probe.publisher(ModelUpdate, "model", NEWEST),
        }

    def publish(self, message: LatentFrame | ModelUpdate) -> None:
        self.publishers[type(message)].publish(message)

    def refused(self, kind: type, timeout: float = START_SECONDS) -> Counter[str]:
        """Wait for the next diagnostics; return how many messages were refused, by reason."""
        node, what = ("learner", "latents") if kind is LatentFrame else ("recognizer", "models")
        name, prefix = f"{self.probe.namespace}/{node}", f"{what} refused: "

        def own(array: DiagnosticArray) -> dict[str, str] | None:
            found = next((status for status in array.status if status.name == name), None)
            return None if found is None else {pair.key: pair.value for pair in found.values}

        start = len(self.diagnostics.messages)
        values = own(self.diagnostics.wait(lambda a: own(a) is not None, timeout, start))
        return Counter(
            {k.removeprefix(prefix): int(v) for k, v in values.items() if k.startswith(prefix)}
        )

    def assert_told(self, node: str, reasons: Collection[str]) -> None:
        log = self.nodes[node].output
        for reason in reasons:
            assert f"refused ({reason})" in log, log
        self.nodes[node].assert_alive()


@pytest.fixture(scope="module")
def robot(probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """Return a learner and a recognizer that know one class, and messages that are right."""
    directory = tmp_path_factory.mktemp("messages")
    nodes = {
        "learner": start_learner(probe, directory),
        "recognizer": NodeProcess("recognizer", probe.namespace, probe.domain_id, directory),
    }
    with running(*nodes.values()), Camera(probe):
        teacher = Teacher(probe)
        teacher.wait_until_ready()
        status = teacher.teach("mug")
        assert status.error_code == ErrorCode.NONE, status.message
        model = teacher.models.wait(lambda m: m.version == status.model_version)
        latent = np.random.default_rng(0).random(SHAPE, np.float32)
        robot = Robot(probe, nodes, teacher, model, teacher.frame(latent, segment=10_000))
        version = status.model_version
        robot.recognitions.wait(lambda r: r.model_version == version, START_SECONDS)
        yield robot
        answer = robot.recognitions.wait(start=len(robot.recognitions.messages))
        assert answer.model_version == version, "the model before is still in use"
        assert robot.teacher.teach("cup").error_code == ErrorCode.NONE, "it still learns"
        for node in nodes.values():
            node.assert_alive()
            node.stop()


Change = Callable[[Any], None]


def _set(**fields: Any) -> Change:
    def change(message: Any) -> None:
        for name, value in fields.items():
            setattr(message, name, value)

    return change


def _floats(value: float, bits: int) -> Change:
    kind = {32: "<f4", 16: "<f2"}[bits]
    data = np.full(SHAPE, value, kind).tobytes()
    return _set(bits=bits, scale=1.0, zero_point=0, data=data)


NAN, INFINITE = float("nan"), float("inf")
BAD_LATENTS: dict[str, tuple[Change, str]] = {
    "another encoder": (_set(encoder_id="0" * 32), "encoder"),
    "no encoder": (_set(encoder_id=""), "encoder"),
    "another shape": (_set(shape=[1, 8, 8]), "shape"),
    "no shape": (_set(shape=[]), "shape"),
    "a huge shape": (_set(shape=[2**32 - 1] * 3), "shape"),
    "a thousand dimensions": (_set(shape=[1] * 1000), "shape"),
    "no bits": (_set(bits=0), "bits"),
    "three bits": (_set(bits=3), "bits"),
    "255 bits": (_set(bits=255), "bits"),
    "other bits than it has": (_set(bits=4), "data"),
    "no data": (_set(data=b""), "data"),
    "a byte too few": (_set(data=bytes(np.prod(SHAPE) - 1)), "data"),
    "a byte too many": (_set(data=bytes(np.prod(SHAPE) + 1)), "data"),
    "NaN": (_floats(NAN, 32), "data"),
    "infinite": (_floats(INFINITE, 32), "data"),
    "NaN in 16 bits": (_floats(NAN, 16), "data"),
    "scale NaN": (_set(scale=NAN), "data"),
    "scale infinite": (_set(scale=INFINITE), "data"),
    "scale zero": (_set(scale=0.0), "data"),
    "scale negative": (_set(scale=-1.0), "data"),
    "scale as large as can be": (_set(scale=3e38), "data"),
    "zero point out of range": (_set(zero_point=2**31 - 1), "data"),
    "zero point negative": (_set(zero_point=-1), "data"),
    "sharpness NaN": (_set(sharpness=NAN), "quality"),
    "brightness infinite": (_set(brightness=INFINITE), "quality"),
    "a thumbnail of a megabyte": (_set(thumbnail=bytes(1 << 20)), "thumbnail"),
}


def test_each_kind_of_latents_is_refused_by_its_reason(robot: Robot) -> None:
    """All at once: they come by a reliable topic, so every one is counted."""
    before, expected = robot.refused(LatentFrame), Counter[str]()
    for change, reason in BAD_LATENTS.values():
        message = copy.deepcopy(robot.good_latents)
        change(message)
        robot.publish(message)
        expected[reason] += 1
    found = Counter[str]()
    for _ in range(int(START_SECONDS)):
        found = robot.refused(LatentFrame) - before
        if found.total() >= expected.total():
            break
    assert found == expected
    robot.assert_told("learner", expected)


def _with_weights(weights: bytes) -> Change:
    return _set(weights=weights, checksum=hashlib.sha256(weights).hexdigest())


def _nan_weights(message: ModelUpdate) -> None:
    from safetensors.numpy import load, save  # noqa: PLC0415 - only here

    arrays = load(bytes(message.weights))
    name = next(key for key in arrays if key.endswith("weight"))
    arrays[name] = np.full_like(arrays[name], NAN)
    _with_weights(save(arrays))(message)


def _flipped(message: ModelUpdate) -> None:
    weights = bytearray(message.weights)
    weights[len(weights) // 2] ^= 1
    message.weights = bytes(weights)


def _half(message: ModelUpdate) -> None:
    _with_weights(bytes(message.weights)[: len(message.weights) // 2])(message)


def _older(message: ModelUpdate) -> None:
    message.header.stamp.sec -= 3600


BAD_MODELS: dict[str, tuple[Change, str]] = {
    "another encoder": (_set(encoder_id="0" * 32), "encoder"),
    "a wrong hash": (_set(checksum="0" * 64), "checksum"),
    "no hash": (_set(checksum=""), "checksum"),
    "a hash of megabytes": (_set(checksum="0" * 5_000_000), "checksum"),
    "one bit flipped": (_flipped, "checksum"),
    "half the weights": (_half, "ModelError"),
    "weights NaN": (_nan_weights, "ModelError"),
    "no safetensors": (_with_weights(b"rubbish"), "ModelError"),
    "a header that says it is huge": (_with_weights(b"\xff" * 16), "ModelError"),
    "more names than outputs": (_set(class_names=["mug", "cup"]), "ModelError"),
    "two classes of one name": (_set(class_names=["mug", "mug"]), "names"),
    "names without weights": (_with_weights(b""), "weights"),
    "weights without names": (_set(class_names=[]), "weights"),
    "replayed, an hour old": (_older, "old"),
}


def test_each_kind_of_model_is_refused_by_its_reason(robot: Robot) -> None:
    """One after the other: of models that come at once the newest is looked at only."""
    before, found = robot.refused(ModelUpdate), Counter[str]()
    expected = Counter(reason for _, reason in BAD_MODELS.values())
    for _ in range(10):
        for number, (change, _) in enumerate(BAD_MODELS.values()):
            message = copy.deepcopy(robot.good_model)
            message.version = 1000 + number
            change(message)
            robot.publish(message)
            answer = robot.recognitions.wait(start=len(robot.recognitions.messages))
            assert answer.model_version == robot.good_model.version
        found = robot.refused(ModelUpdate) - before
        if found >= expected:
            break
    assert found >= expected
    assert set(found) == set(expected)
    robot.assert_told("recognizer", expected)


def _send_huge(robot: Robot, kind: type, count: int) -> None:
    latents = kind is LatentFrame
    node, reason = ("learner", "data") if latents else ("recognizer", "too_large")
    message = copy.deepcopy(robot.good_latents if latents else robot.good_model)
    setattr(message, "data" if latents else "weights", bytes(HUGE))
    pid = robot.nodes[node].pid
    before = worst = resident_mb(pid)
    refused, seconds = robot.refused(kind)[reason], 0.0
    for number in range(1, count + 1):
        began = time.monotonic()
        robot.publish(message)
        while robot.refused(kind)[reason] < refused + number:
            worst = max(worst, resident_mb(pid))
            assert time.monotonic() - began < ARRIVES, f"{kind.__name__} {number} was not refused"
        seconds = max(seconds, time.monotonic() - began)
        worst = max(worst, resident_mb(pid))
        robot.teacher.models.messages[:-1] = []  # the test listens, too
    print(
        f"{count} of 100 MB to the {node}: refused, the slowest after {seconds:.0f} s; "
        f"{before:.0f} MB before, at most {worst:.0f}, {resident_mb(pid):.0f} after"
    )
    assert worst - before < MOST_GROWTH
    robot.assert_told(node, [reason])


@pytest.mark.parametrize("kind", [LatentFrame, ModelUpdate])
def test_a_huge_message_is_refused(robot: Robot, kind: type) -> None:
    _send_huge(robot, kind, 1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", [LatentFrame, ModelUpdate])
def test_huge_messages_do_not_fill_the_memory(robot: Robot, kind: type) -> None:
    _send_huge(robot, kind, 24)
