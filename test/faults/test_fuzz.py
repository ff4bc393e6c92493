"""Any request and any message: every one is answered or refused, and no node dies of it.

What the nodes take is asked of the graph, so that nothing new is left out. Only the right request
to shut a node down is, since that is obeyed.
"""

from __future__ import annotations

import copy
import math
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forked_processes import ForkedNode as NodeProcess
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lifecycle_msgs.msg import Transition
from lr_ros.msg import ErrorCode, Recognition
from rcl_interfaces.msg import Parameter, ParameterValue
from ros_processes import START_SECONDS, Probe, running
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool, Trigger

from faults.arbitrary import altered, messages, values
from faults.graph import Taken
from faults.teaching import SHAPE, Teacher, start_learner

pytestmark = pytest.mark.ros

NODES = ("learner", "recognizer", "simulated_camera", "image_source", "panel")
SHUT_DOWN = range(Transition.TRANSITION_UNCONFIGURED_SHUTDOWN, Transition.TRANSITION_DESTROY + 1)
CODES = {getattr(ErrorCode, name) for name in dir(ErrorCode) if name.isupper()}


class Robot:
    """Every node of the package, and all that they take."""

    def __init__(self, probe: Probe, nodes: dict[str, NodeProcess], teacher: Teacher) -> None:
        self.probe, self.nodes, self.teacher = probe, nodes, teacher
        self.taken = Taken(probe, nodes)
        self.recognitions = probe.listen(Recognition, "recognition")
        latent = np.random.default_rng(0).random(SHAPE, np.float32)
        # Messages that are right, by the topic that takes them.
        self.right: dict[str, Any] = {
            f"/{probe.namespace}/image": _image(),
            f"/{probe.namespace}/latents": teacher.frame(latent, segment=10_000),
            f"/{probe.namespace}/model": teacher.models.messages[-1],
        }
        self._address = nodes["panel"].output.rpartition("the panel is at ")[2].split()[0]

    def assert_alive(self) -> None:
        for node in self.nodes.values():
            node.assert_alive()

    def wake_up(self) -> None:
        """Undo what would have all that follows answered alike."""
        self.probe.call(SetBool, "enable", SetBool.Request(data=True))
        self.probe.call(SetBool, "pause_learning", SetBool.Request(data=False))
        self.cancel()

    def cancel(self) -> None:
        for _ in range(20):
            if not self.probe.call(Trigger, "cancel", Trigger.Request()).success:
                return

    def look(self) -> None:
        """Look at the panel, as a browser does: then it takes pictures, too."""
        with urllib.request.urlopen(f"{self._address}camera", timeout=20) as answer:  # noqa: S310 - http, of our own node
            assert answer.status in (200, 204)

    def still_works(self) -> None:
        for name, parameters in self.taken.defaults.items():
            self.taken.set(name, parameters)
        self.wake_up()
        self.probe.call(Trigger, "reset", Trigger.Request())
        assert self.teacher.teach("fork").error_code == ErrorCode.NONE, "it still learns"
        image = _image(seconds=123)
        for _ in range(int(START_SECONDS)):
            self.taken.send(f"/{self.probe.namespace}/image", image)
            try:
                self.recognitions.wait(lambda r: r.header.stamp.sec == 123, 1.0)
            except AssertionError:
                self.assert_alive()
            else:
                return
        raise AssertionError("it does not recognize any more")


def _image(seconds: int = 1) -> Image:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    image = Image(height=48, width=64, step=192, encoding="rgb8", data=pixels.tobytes())
    image.header.stamp.sec = seconds
    return image


def _start(probe: Probe, directory: Path) -> dict[str, NodeProcess]:
    cv2 = pytest.importorskip("cv2")
    pictures = directory / "pictures"
    pictures.mkdir()
    for number in range(3):
        cv2.imwrite(str(pictures / f"{number}.png"), np.full((32, 48, 3), 60 * number, np.uint8))
    nodes = {"learner": start_learner(probe, directory)}
    for name, parameters in {
        "recognizer": {},
        # On topics of their own, so that the recognizer sees what the test sends. A camera that
        # makes the clock listens to the recognizer, too.
        "simulated_camera": {
            "image.compressed": True, "image.rate": 2.0,
            "clock.publish": True, "clock.lockstep": True,
        },
        "image_source": {"source.path": str(pictures), "image.compressed": True},
        "panel": {"port": 0},
    }.items():  # fmt: skip
        nodes[name] = NodeProcess(
            name, probe.namespace, probe.domain_id, directory, parameters=parameters or None
        )
    return nodes


@pytest.fixture(scope="module")
def robot(probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    pytest.importorskip("pybullet")
    pytest.importorskip("nicegui")
    nodes = _start(probe, tmp_path_factory.mktemp("fuzz"))
    with running(*nodes.values()):
        teacher = Teacher(probe)
        teacher.wait_until_ready()
        probe.wait_for_graph(lambda: _all_there(probe, nodes))
        assert teacher.teach("mug").error_code == ErrorCode.NONE
        robot = Robot(probe, nodes, teacher)
        yield robot
        robot.assert_alive()
        robot.still_works()
        for node in nodes.values():
            node.stop()


def _all_there(probe: Probe, nodes: dict[str, NodeProcess]) -> bool:
    """Whether each node publishes diagnostics, which it begins with when all else is there.

    All but the recognizer's camera, to which it listens once it is active.
    """
    for node in nodes.values():
        node.assert_alive()
    found = probe.node.get_publishers_info_by_topic("/diagnostics")
    listens = probe.node.count_subscribers(f"/{probe.namespace}/image") > 0
    ready = listens and "the panel is at" in nodes["panel"].output
    return ready and {publisher.node_name for publisher in found} >= set(nodes)


def test_nothing_is_left_out(robot: Robot) -> None:
    """The graph lists what the documents promise, so what is fuzzed is all there is."""
    services = {robot.taken.short(name) for name in robot.taken.services}
    assert services >= {"learn_class", "undo", "recognize", "present_object", "play_clip", "seek"}
    assert services >= {f"learn/_action/{part}" for part in ("send_goal", "cancel_goal")}
    assert services >= {f"{node}/set_parameters" for node in NODES}
    topics = {robot.taken.short(name) for name in robot.taken.topics}
    assert topics >= {"image", "latents", "segments", "model", "learner_status", "region"}
    assert topics >= {"recognition", "label_request", "/diagnostics"}


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # What a node has seen before is part of the case: it cannot be made smaller by repeating.
        phases=(Phase.explicit, Phase.generate),
        derandomize=True,
    )


def _each(examples: int, strategy: st.SearchStrategy[Any], hit: Callable[[Any], None]) -> None:
    @_settings(examples)
    @given(strategy)
    def hit_each(value: Any) -> None:
        hit(value)

    hit_each()


def _ask(robot: Robot, name: str, request: Any) -> None:
    short = robot.taken.short(name)
    if short == "recognize" and 0 < request.window <= 60:
        request.window = 0.01  # nobody waits a minute for each answer
    transition = getattr(request, "transition", None)
    if transition is not None and transition.id in SHUT_DOWN:
        transition.id = 0
    answer = robot.taken.call(name, request)
    _check(answer)
    if transition is not None:
        robot.taken.activate(short.partition("/")[0])
    if short in ("learn_class", "learn/_action/send_goal"):
        robot.cancel()  # else all that follows is answered BUSY


def _check(answer: Any) -> None:
    """An answer of ours says what happened, in words that a terminal may show."""
    if not (hasattr(answer, "success") and hasattr(answer, "message")):
        return
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


def _send(robot: Robot, name: str, message: Any) -> None:
    """Send a message, or the right one of its topic with other values in some fields."""
    if isinstance(message, dict):
        fields, message = message, copy.deepcopy(robot.right[name])
        for field, value in fields.items():
            setattr(message, field, value)
    elif isinstance(message, Image):
        message.width, message.height = message.width % 40, message.height % 40
        message.step %= 130
        message.data = bytes(message.data) * 12
    robot.taken.send(name, message)


def _sent(robot: Robot, name: str) -> st.SearchStrategy[Any]:
    kind = robot.taken.topics[name]
    return messages(kind) | altered(kind) if name in robot.right else messages(kind)


def _every_one(robot: Robot, examples: int) -> None:
    """Hit each service and each topic with so many, one after the other."""
    for name, kind in sorted(robot.taken.services.items()):
        _each(examples, messages(kind.Request), partial(_ask, robot, name))
        robot.assert_alive()
    for name in sorted(robot.taken.topics):
        robot.wake_up()
        robot.look()
        _each(examples, _sent(robot, name), partial(_send, robot, name))
        robot.assert_alive()


@st.composite
def _parameters(draw: st.DrawFn, robot: Robot) -> tuple[str, list[Parameter]]:
    """Any values, often of the right type, for parameters that the node has, or has not."""
    node = draw(st.sampled_from(sorted(robot.taken.defaults)))
    parameters = []
    for known in draw(st.lists(st.sampled_from(robot.taken.defaults[node]), max_size=3)):
        value = draw(messages(ParameterValue))
        value.type = draw(st.just(known.value.type) | st.integers(0, 10))
        name = draw(st.just(known.name) | values("string"))
        parameters.append(Parameter(name=name, value=value))
    return node, parameters


def _mixed(robot: Robot, data: st.DataObject) -> None:
    """Send a few messages, requests and parameters, whichever are drawn."""
    robot.wake_up()
    for _ in range(data.draw(st.integers(1, 10))):
        how = data.draw(st.sampled_from(("service", "service", "topic", "parameters")))
        if how == "parameters":
            robot.taken.set(*data.draw(_parameters(robot)))
        elif how == "service":
            name = data.draw(st.sampled_from(sorted(robot.taken.services)))
            _ask(robot, name, data.draw(messages(robot.taken.services[name].Request)))
        else:
            name = data.draw(st.sampled_from(sorted(robot.taken.topics)))
            _send(robot, name, data.draw(_sent(robot, name)))
    robot.assert_alive()


def _anything(robot: Robot, each: int, mixed: int) -> None:
    before = robot.taken.hits.copy()
    _every_one(robot, each)
    _each(mixed, st.data(), partial(_mixed, robot))
    hits = robot.taken.hits - before
    asked = sum(hits[name] for name in robot.taken.services)
    told = sum(hits[name] for name in robot.taken.topics)
    print(
        f"{asked} requests to {len(robot.taken.services)} services and {told} messages on "
        f"{len(robot.taken.topics)} topics of {len(robot.nodes)} nodes: none has ended"
    )
    assert set(hits) >= set(robot.taken.services) | set(robot.taken.topics)


def test_anything(robot: Robot) -> None:
    _anything(robot, each=2, mixed=20)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_anything_for_long(robot: Robot) -> None:
    _anything(robot, each=60, mixed=1500)
