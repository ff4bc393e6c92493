"""The example policy for SROS 2 grants each node what it uses, nothing less and nothing more.

SROS 2 itself needs ``ros2 security`` and OpenSSL, which a machine without a ROS installation lacks.
What is checked here is the policy's form, as its published schema (version 0.2.0) has it, and its
contents against running nodes.
"""

from __future__ import annotations

import importlib.util
import uuid
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree  # the file is our own

import pytest
from documents.test_readme_interfaces import documented
from ros_processes import NodeProcess, Probe, running

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
}  # fmt: skip
"""What a node uses with some parameters or on some installations only."""

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
    nodes = ("recognizer", "learner", "image_source", "operator")
    for topic, sender in (("model", "learner"), ("latents", "recognizer")):
        assert [n for n in nodes if ("publish", topic) in granted(n)] == [sender]


def test_an_operator_may_ask_all_that_the_nodes_offer() -> None:
    rows = documented("recognizer") | documented("learner")
    offered = {("request", name) for kind, name, _ in rows if kind == "service"}
    offered |= {("call", name) for kind, name, _ in rows if kind == "action"}
    asked = {g for g in granted("operator") if g[0] in {"request", "call"}}
    assert {g for g in asked if not g[1].endswith("/get_state")} == offered


def used(probe: Probe, node: str) -> Grants:
    """Return (rule, name) of all that a running node has in the graph."""
    space = f"/{probe.namespace}"
    here, graph = (node, space), probe.node
    if here not in graph.get_node_names_and_namespaces():
        return set()
    found: Grants = set()
    for rule, lists in (
        ("publish", graph.get_publisher_names_and_types_by_node(*here)),
        ("subscribe", graph.get_subscriber_names_and_types_by_node(*here)),
        ("reply", graph.get_service_names_and_types_by_node(*here)),
        ("request", graph.get_client_names_and_types_by_node(*here)),
    ):
        for full, _ in lists:
            name = full.replace(f"{space}/{node}/", "~/").removeprefix(f"{space}/")
            action = name.partition("/_action/")
            found.add(("execute", action[0]) if action[1] else (rule, name))
    return found


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe(f"policy_{uuid.uuid4().hex[:8]}", DOMAIN_ID)
    yield probe
    probe.close()


@pytest.mark.ros
@pytest.mark.parametrize("node", ["recognizer", "learner", "image_source"])
def test_a_node_is_granted_exactly_what_it_uses(probe: Probe, node: str, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    if node == "image_source":
        cv2 = pytest.importorskip("cv2")
        import numpy as np  # noqa: PLC0415 - for this one only

        cv2.imwrite(str(tmp_path / "pictures" / "a.png"), np.zeros((60, 80, 3), np.uint8))
    parameters = {
        "recognizer": {},
        "learner": {"store.directory": str(tmp_path / "store")},
        "image_source": {"source.path": str(tmp_path / "pictures")},
    }
    process = NodeProcess(node, probe.namespace, DOMAIN_ID, tmp_path, parameters=parameters[node])
    needed = {g for g in granted(node) if g[1] not in NOT_EVERYWHERE}
    if importlib.util.find_spec("vision_msgs") is not None:
        needed |= {g for g in granted(node) if g[1] == "detections"}
    with running(process):
        probe.wait_for_graph(lambda: needed <= used(probe, node))
        assert used(probe, node) <= granted(node), "it would be refused"
        process.stop()
