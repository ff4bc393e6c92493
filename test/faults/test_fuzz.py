"""Any request and any message: every one is answered or refused, and no node dies of it."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lr_ros.msg import ErrorCode
from ros_processes import LATCHED, RELIABLE, START_SECONDS, NodeProcess, Probe, running
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool, Trigger

from faults.teaching import SHAPE, Teacher, start_learner
from lr_ros import msg, srv

pytestmark = pytest.mark.ros

SERVICES = {
    "learn_class": srv.LearnClass,
    "stop_session": srv.StopSession,
    "label_segment": srv.LabelSegment,
    "list_segments": srv.ListSegments,
    "forget_class": srv.ForgetClass,
    "rename_class": srv.RenameClass,
    "list_classes": srv.ListClasses,
    "save_model": srv.SaveModel,
    "load_model": srv.LoadModel,
    "undo": Trigger,
    "reset": Trigger,
    "cancel": Trigger,
    "pause_learning": SetBool,
    "recognize": srv.Recognize,
    "enable": SetBool,
}
TOPICS = {
    "image": (Image, RELIABLE),
    "latents": (msg.LatentFrame, RELIABLE),
    "segments": (msg.Segment, RELIABLE),
    "model": (msg.ModelUpdate, LATCHED),
    "learner_status": (msg.LearnerStatus, LATCHED),
}
CODES = {getattr(ErrorCode, name) for name in dir(ErrorCode) if name.isupper()}
NAMES = ("mug", "cup", "unknown", "kitchen", "../x", "", "rgb8", "mono8", "16UC1")

_PLAIN = {
    "boolean": st.booleans(),
    "float": st.floats(width=32) | st.floats(0.0, 2.0, width=32),
    "double": st.floats() | st.floats(0.0, 2.0),
}
_WIDTHS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}


def _integers(kind: str) -> st.SearchStrategy[int]:
    if kind.startswith("u"):
        bits = _WIDTHS[kind[1:]]
        return st.integers(0, 2**bits - 1) | st.integers(0, min(2**bits - 1, 100))
    bits = _WIDTHS[kind]
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) | st.integers(-2, 100)


def _values(kind: str) -> st.SearchStrategy[Any]:
    """Return a strategy for a field of the type that rosidl calls ``kind``."""
    sequence = re.fullmatch(r"sequence<(.+?)(?:, \d+)?>", kind)
    if sequence:
        if sequence[1] == "uint8":
            return st.binary(max_size=400)
        return st.lists(_values(sequence[1]), max_size=4)
    if kind == "string":
        # A null character ends a string on the wire.
        text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80)
        return st.sampled_from(NAMES) | text
    if kind in _PLAIN:
        return _PLAIN[kind]
    return _integers(kind) if kind.removeprefix("u") in _WIDTHS else _messages(_find(kind))


def _find(kind: str) -> Any:
    package, name = kind.split("/")
    module = __import__(f"{package}.msg", fromlist=[name])
    return getattr(module, name)


def _messages(kind: Any) -> st.SearchStrategy[Any]:
    fields = {n: _values(t) for n, t in kind.get_fields_and_field_types().items()}
    if kind.__name__ == "Time":
        fields["nanosec"] = st.integers(0, 999_999_999)
    return st.builds(kind, **fields)


def _plausible_image(image: Image) -> Image:
    """Return a small image of which anything may still be wrong."""
    image.width, image.height = image.width % 40, image.height % 40
    image.step = image.step % 130
    image.data = bytes(image.data) * 12
    return image


def _shortened(request: Any) -> Any:
    """Return the request, so changed that nobody has to wait a minute for the answer."""
    if isinstance(request, srv.Recognize.Request) and 0 < request.window <= 60:
        request.window = 0.01
    return request


REQUESTS = st.sampled_from(sorted(SERVICES)).flatmap(
    lambda name: st.tuples(st.just(name), _messages(SERVICES[name].Request).map(_shortened))
)
MESSAGES = st.sampled_from(sorted(TOPICS)).flatmap(
    lambda name: st.tuples(st.just(name), _messages(TOPICS[name][0]))
) | st.tuples(st.just("image"), _messages(Image).map(_plausible_image))


def _altered(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return values for one or two fields of a message that is right in all the others."""
    fields = kind.get_fields_and_field_types()
    chosen = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=2, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: _values(fields[name]) for name in names})
    )


ALTERED = st.sampled_from(["latents", "model"]).flatmap(
    lambda name: st.tuples(st.just(name), _altered(TOPICS[name][0]))
)


class Robot:
    """A learner and a recognizer, and publishers for all that they listen to."""

    def __init__(self, probe: Probe, nodes: dict[str, NodeProcess]) -> None:
        self.probe, self.nodes = probe, nodes
        self._publishers = {
            name: probe.publisher(kind, name, qos) for name, (kind, qos) in TOPICS.items()
        }
        self.diagnostics = probe.listen(DiagnosticArray, "/diagnostics")
        self.right: dict[str, Any] = {}

    def call(self, name: str, request: Any) -> Any:
        return self.probe.call(SERVICES[name], name, request)

    def send(self, name: str, message: Any) -> None:
        if isinstance(message, dict):
            fields, message = message, copy.deepcopy(self.right[name])
            for field, value in fields.items():
                setattr(message, field, value)
        self._publishers[name].publish(message)

    def assert_alive(self) -> None:
        for node in self.nodes.values():
            node.assert_alive()


@pytest.fixture(scope="module")
def robot(probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    directory = tmp_path_factory.mktemp("fuzz")
    nodes = {
        "learner": start_learner(probe, directory),
        "recognizer": NodeProcess("recognizer", probe.namespace, probe.domain_id, directory),
    }
    with running(*nodes.values()):
        teacher = Teacher(probe)
        teacher.wait_until_ready()
        robot = Robot(probe, nodes)
        for node in nodes:
            robot.diagnostics.wait(
                lambda a, n=f"{probe.namespace}/{node}": any(n in s.name for s in a.status),
                START_SECONDS,
            )
        assert teacher.teach("mug").error_code == ErrorCode.NONE
        latent = np.random.default_rng(0).random(SHAPE, np.float32)
        robot.right = {
            "latents": teacher.frame(latent, segment=10_000),
            "model": teacher.models.messages[-1],
        }
        yield robot
        robot.assert_alive()
        robot.call("pause_learning", SetBool.Request(data=False))
        robot.call("cancel", Trigger.Request())
        robot.call("reset", Trigger.Request())
        assert teacher.teach("fork").error_code == ErrorCode.NONE, "it still learns"
        for node in nodes.values():
            node.stop()


def _check(answer: Any) -> None:
    assert len(answer.message) < 2000
    assert answer.message.isprintable()
    if not hasattr(answer, "error_code"):
        return
    assert answer.error_code in CODES
    assert answer.success == (answer.error_code == ErrorCode.NONE)
    assert answer.success or answer.message
    for field in answer.get_fields_and_field_types():
        value = getattr(answer, field)
        if isinstance(value, float):
            assert math.isfinite(value), field


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # What a node has seen before is part of the case: it cannot be made smaller by repeating.
        phases=(Phase.explicit, Phase.generate),
        derandomize=True,
    )


CASES = st.lists(REQUESTS | MESSAGES | ALTERED, min_size=1, max_size=10)


def _attack(robot: Robot, case: list[tuple[str, Any]]) -> None:
    for name, value in case:
        if name in SERVICES:
            answer = robot.call(name, value)
            _check(answer)
            if name == "learn_class" and answer.success:
                robot.call("cancel", Trigger.Request())  # else all that follows is answered BUSY
        else:
            robot.send(name, value)
    robot.assert_alive()


@_settings(40)
@given(CASES)
def test_anything(robot: Robot, case: list[tuple[str, Any]]) -> None:
    _attack(robot, case)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@_settings(1500)
@given(CASES)
def test_anything_for_long(robot: Robot, case: list[tuple[str, Any]]) -> None:
    _attack(robot, case)
