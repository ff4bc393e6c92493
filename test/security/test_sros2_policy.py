"""The example policy for SROS 2 grants each process what it uses, nothing less and nothing more.

SROS 2 itself needs ``ros2 security`` and OpenSSL, which a machine without a ROS installation lacks.
What is checked here is the policy's form, as its published schema (version 0.2.0) has it, and its
contents against running nodes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock
from xml.etree import ElementTree  # the file is our own

import numpy as np
import pytest
from documents.test_readme_interfaces import documented
from ros_processes import NodeProcess, Probe, running

from lr_ros.client import LearnClient
from lr_ros.client.simulation import Simulation
from lr_ros.evaluation.scenario import VERBS
from lr_ros.evaluation.scenario_player import Player
from lr_ros.nodes.panel import PanelNode
from lr_ros.nodes.panel_operator import ClientOperator

POLICY = Path(__file__).resolve().parents[2] / "config" / "sros2" / "policy.xml"
DOMAIN_ID = 63
RULES = {
    "topics": {"publish", "subscribe"},
    "services": {"request", "reply"},
    "actions": {"call", "execute"},
}
NOT_EVERYWHERE = {
    "/clock", "/parameter_events",  # with simulation time; as rclpy's version has it
    "image/compressed", "image", "detections", "~/get_type_description",
    "debug_image",  # in the panel: while somebody looks
}  # fmt: skip
"""What a node uses with some parameters or on some installations only."""

NODES = ("recognizer", "learner", "image_source", "simulated_camera", "panel")

Grants = set[tuple[str, str]]


def _profile(node: str) -> ElementTree.Element:
    found = ElementTree.parse(POLICY).getroot().find(f".//profile[@node='{node}']")  # noqa: S314
    assert found is not None
    return found


def granted(node: str) -> Grants:
    """Return (rule, name) of all that a node may do; names as they stand in the policy."""
    return {
        (rule, str(entry.text))
        for block in _profile(node)
        for rule in block.attrib
        for entry in block
    }


def test_it_has_the_form_of_a_policy() -> None:
    root = ElementTree.parse(POLICY).getroot()  # noqa: S314 - our own file
    assert (root.tag, root.attrib) == ("policy", {"version": "0.2.0"})
    (enclaves,) = root
    assert enclaves.tag == "enclaves"
    for enclave in enclaves:
        assert (enclave.tag, set(enclave.attrib)) == ("enclave", {"path"})
        (profiles,) = enclave
        assert profiles.tag == "profiles"
        for profile in profiles:
            assert (profile.tag, set(profile.attrib)) == ("profile", {"ns", "node"})
            assert enclave.attrib["path"] == f"{profile.attrib['ns']}/{profile.attrib['node']}"
            for block in profile:
                assert set(block.attrib) <= RULES[block.tag]
                assert set(block.attrib.values()) == {"ALLOW"}
                names = [entry.text for entry in block]
                assert {entry.tag for entry in block} == {block.tag.removesuffix("s")}
                assert len(set(names)) == len(names)
                assert "*" not in "".join(map(str, names)), "each is named, none by a pattern"


def test_only_the_learner_may_send_models_and_only_the_recognizer_latents() -> None:
    nodes = (*NODES, "scenario_player", "operator")
    for topic, sender in (("model", "learner"), ("latents", "recognizer")):
        assert [n for n in nodes if ("publish", topic) in granted(n)] == [sender]


def _offered_by(node: str) -> Grants:
    """Return what others may ask of a node that has no table in the README, as it is granted."""
    return {("request", name) for rule, name in granted(node) if rule == "reply" and name[0] != "~"}


def _asks(node: str) -> Grants:
    return {g for g in granted(node) if g[0] in {"request", "call"}}


def test_an_operator_may_ask_all_that_the_nodes_offer() -> None:
    rows = documented("recognizer") | documented("learner")
    offered = {("request", name) for kind, name, _ in rows if kind == "service"}
    offered |= {("call", name) for kind, name, _ in rows if kind == "action"}
    offered |= _offered_by("simulated_camera") | _offered_by("image_source")
    assert {g for g in _asks("operator") if not g[1].endswith("/get_state")} == offered


class Asking(LearnClient):
    """A client that notes what it is told to ask, and is answered that all is well."""

    def __init__(self) -> None:
        self.asked: Grants = set()

    def learn(self, *_: Any, **__: Any) -> Any:
        self.asked.add(("call", "learn"))

    def _request(self, kind: Any, name: str, request: Any) -> Any:
        assert isinstance(request, kind.Request)
        self.asked.add(("request", name))
        return kind.Response(success=True)


def test_the_panel_may_ask_what_its_page_asks() -> None:
    client = Asking()
    operator = ClientOperator(client, MagicMock())
    operator.teach("mug", 5)
    operator.rename("mug", "cup", False)
    operator.forget("mug")
    operator.pause(True)
    operator.answer(1, "mug")
    for plain in (operator.finish, operator.cancel, operator.undo):
        plain()
    PanelNode._ask(SimpleNamespace(_client=client, board=MagicMock()), MagicMock())
    assert _asks("panel") - {("call", "learn")} == client.asked


def test_a_scenario_may_ask_what_its_steps_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Asking()
    monkeypatch.setattr(Simulation, "wait_until_shown", lambda *_: None, raising=False)
    player = Player(client, MagicMock())
    values = dict.fromkeys(("x", "y", "yaw", "size", "turn_rate", "seconds", "duration"), 0.0)
    values |= dict.fromkeys(("object", "name", "to", "background", "light"), "duck")
    values |= {"frames": 5, "clutter": None, "occlusion": None, "hand": None, "names": []}
    for verb in VERBS.keys() - {"wait", "check"}:
        getattr(player, f"_{verb}")(SimpleNamespace(values=values), Counter())
    client.list_classes()  # as each scenario does before its first step, and
    client.reset()
    looked_up = {("request", "list_objects"), ("request", "get_scene")}
    assert _asks("scenario_player") == client.asked | looked_up


def used(probe: Probe, space: str) -> Grants:
    """Return (rule, name) of all that the nodes in a namespace have in the graph.

    A process's own node and those of its clients: the test's own is left out.
    """
    graph, found = probe.node, set()
    for name, where in graph.get_node_names_and_namespaces():
        if where == space and name != "probe":
            with contextlib.suppress(RuntimeError):  # it went in between
                found |= _used(probe, name, space)
    return found


def _used(probe: Probe, node: str, space: str) -> Grants:
    graph = probe.node
    found: Grants = set()
    for rule, lists in (
        ("publish", graph.get_publisher_names_and_types_by_node(node, space)),
        ("subscribe", graph.get_subscriber_names_and_types_by_node(node, space)),
        ("reply", graph.get_service_names_and_types_by_node(node, space)),
        ("request", graph.get_client_names_and_types_by_node(node, space)),
    ):
        for full, _ in lists:
            name = full.replace(f"{space}/{node}/", "~/").removeprefix(f"{space}/")
            action = name.partition("/_action/")
            role = "execute" if rule in ("publish", "reply") else "call"
            found.add((role, action[0]) if action[1] else (rule, name))
    return found


@pytest.fixture(scope="module")
def probe() -> Iterator[Probe]:
    probe = Probe(f"policy_{uuid.uuid4().hex[:8]}", DOMAIN_ID)
    yield probe
    probe.close()


@pytest.fixture(scope="module")
def spaces(probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start each node in a namespace of its own; return the namespaces by node."""
    pytest.importorskip("pybullet")
    cv2 = pytest.importorskip("cv2")
    directory = tmp_path_factory.mktemp("policy")
    (directory / "pictures").mkdir()
    cv2.imwrite(str(directory / "pictures" / "a.png"), np.zeros((60, 80, 3), np.uint8))
    parameters: dict[str, dict[str, Any]] = {
        "recognizer": {},
        "learner": {"store.directory": str(directory / "store")},
        "image_source": {"source.path": str(directory / "pictures")},
        "simulated_camera": {"clock.publish": True, "clock.lockstep": True},
        "panel": {"port": 0},
    }
    names = {node: f"{probe.namespace}_{node}" for node in NODES}
    processes = [
        NodeProcess(node, names[node], DOMAIN_ID, directory, parameters=parameters[node])
        for node in NODES
    ]
    with running(*processes):
        yield {node: f"/{name}" for node, name in names.items()}
        for process in processes:
            process.assert_alive()


@pytest.mark.ros
@pytest.mark.parametrize("node", NODES)
def test_a_node_is_granted_exactly_what_it_uses(
    probe: Probe, spaces: dict[str, str], node: str
) -> None:
    # What is asked shows in the graph only once it was asked.
    needed = {g for g in granted(node) if g[1] not in NOT_EVERYWHERE and g[0] != "request"}
    if importlib.util.find_spec("vision_msgs") is not None:
        needed |= {g for g in granted(node) if g[1] == "detections"}
    probe.wait_for_graph(lambda: needed <= used(probe, spaces[node]))
    assert used(probe, spaces[node]) <= granted(node), "it would be refused"


@pytest.mark.ros
def test_a_program_is_granted_what_its_client_uses(probe: Probe) -> None:
    space = f"/{probe.namespace}"
    with (
        LearnClient(probe.namespace, domain_id=DOMAIN_ID) as client,
        contextlib.closing(client.watch()),
        contextlib.closing(client.questions()),
    ):
        probe.wait_for_graph(lambda: ("subscribe", "label_request") in used(probe, space))
        assert used(probe, space) <= granted("operator")
        assert ("call", "learn") in used(probe, space)
        assert not {g for g in used(probe, space) if g[0] == "reply"}, "it offers nothing"
