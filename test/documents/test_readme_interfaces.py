"""The README's tables of topics, services and actions are those that the running nodes offer."""

from __future__ import annotations

import importlib.util
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from ros_processes import NodeProcess, Probe, running

pytestmark = pytest.mark.ros

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
DOMAIN_ID = 61
ROW = re.compile(r"^\| (in|out|service|action) \| `([^`]+)` \| (\S+) \|", re.MULTILINE)
EVERY_NODES_OWN = {
    "/rosout", "/parameter_events", "get_parameters", "set_parameters", "list_parameters",
    "describe_parameters", "get_parameter_types", "set_parameters_atomically",
    "get_type_description", "change_state", "get_state", "get_available_states",
    "get_available_transitions", "get_transition_graph", "transition_event",
}  # fmt: skip

Rows = set[tuple[str, str, str]]


def documented(node: str) -> Rows:
    """Return (kind, name, type) of every row of a node's table."""
    table = re.search(
        rf"<!-- begin interfaces {node} -->(.*?)<!-- end interfaces {node} -->", README, re.DOTALL
    )
    assert table, f"the README has no table of {node}"
    rows = {(kind, name, type_) for kind, name, type_ in ROW.findall(table[1])}
    if importlib.util.find_spec("vision_msgs") is None:
        rows = {row for row in rows if not row[2].startswith("vision_msgs/")}
    return rows


def offered(probe: Probe, node: str) -> Rows:
    """Return what the node of that name has in the graph, by names relative to its namespace."""
    space = f"/{probe.namespace}"
    here, graph = (node, space), probe.node
    found: Rows = set()
    if here not in graph.get_node_names_and_namespaces():
        return found
    lists = [
        ("in", graph.get_subscriber_names_and_types_by_node(*here)),
        ("out", graph.get_publisher_names_and_types_by_node(*here)),
        ("service", graph.get_service_names_and_types_by_node(*here)),
    ]
    for kind, names in lists:
        for name, types in names:
            relative = name.removeprefix(f"{space}/").removeprefix(f"{node}/")
            if relative in EVERY_NODES_OWN:
                continue
            if "/_action/" in relative:
                if kind == "service" and relative.endswith("/send_goal"):
                    action = types[0].removesuffix("_SendGoal").replace("/action/", "/")
                    found.add(("action", relative.split("/")[0], action))
                continue
            found.add((kind, relative, re.sub("/(msg|srv)/", "/", types[0])))
    return found


@pytest.fixture(scope="module")
def probe() -> Iterator[Probe]:
    """Return a probe in a namespace of its own."""
    probe = Probe(f"documents_{uuid.uuid4().hex[:8]}", DOMAIN_ID)
    yield probe
    probe.close()


@pytest.mark.parametrize("node", ["recognizer", "learner"])
def test_the_table_is_what_the_node_offers(probe: Probe, node: str, tmp_path: Path) -> None:
    parameters = {"store.directory": str(tmp_path / "store")} if node == "learner" else {}
    process = NodeProcess(node, probe.namespace, DOMAIN_ID, tmp_path, parameters=parameters)
    with running(process):
        probe.wait_for_graph(lambda: len(offered(probe, node)) >= len(documented(node)))
        assert offered(probe, node) == documented(node)
        process.stop()
