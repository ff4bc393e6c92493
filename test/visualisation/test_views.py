"""The Foxglove layout and the RViz configuration show topics and fields that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from lr_ros.bags.mcap import TOPICS

ROOT = Path(__file__).resolve().parents[2]
LAYOUT = json.loads((ROOT / "config" / "foxglove_layout.json").read_text(encoding="utf-8"))
RVIZ = yaml.safe_load((ROOT / "config" / "lr_ros.rviz").read_text(encoding="utf-8"))
PANELS = LAYOUT["configById"]
ROW = re.compile(r"^\| (in|out|service|action) \| `([^`]+)` \| (\S+) \|", re.MULTILINE)


def offered() -> dict[str, tuple[str, str]]:
    """Return kind and type of everything in the README's tables, by full name."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = ROW.findall(text)
    assert len(rows) > 20
    rows.sort(key=lambda row: row[0] == "out")  # what one node takes, another may give
    return {n if n.startswith("/") else f"/lr/{n}": (kind, type_) for kind, n, type_ in rows}


def types() -> Any:
    store = get_typestore(Stores.ROS2_KILTED)
    found = {}
    for path in (ROOT / "msg").glob("*.msg"):
        found.update(get_types_from_msg(path.read_text(), f"lr_ros/msg/{path.stem}"))
    store.register(found)
    return store


def strings(tree: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from strings(value, name)
    elif isinstance(tree, list):
        for value in tree:
            yield from strings(value, key)
    elif isinstance(tree, str):
        yield key, tree


def topics_of(tree: Any) -> list[str]:
    return [text for key, text in strings(tree) if text.startswith("/") and key != "serviceName"]


@pytest.mark.parametrize("path", sorted(set(topics_of(PANELS))))
def test_a_panel_s_topic_is_published_and_its_field_exists(path: str) -> None:
    topic, *fields = path.split(".")
    kind, type_ = offered()[topic]
    assert kind == "out"
    store, name = types(), type_.replace("/", "/msg/")
    for field in fields:
        part, indexed = re.fullmatch(r"(\w+)(\[\d+\])?", field).groups()
        declared = dict(store.get_msgdef(name).fields)
        assert part in declared, f"{name} has no {part}"
        node, detail = declared[part]
        if indexed:
            assert node.name in ("ARRAY", "SEQUENCE")
            node, detail = detail[0]
        name = detail if isinstance(detail, str) else detail[0]
        last = node.name
    if fields:
        assert last == "BASE", "a plotted path ends at a number or a text"


@pytest.mark.parametrize("panel", [p for p in PANELS if p.startswith("CallService!")])
def test_a_service_panel_s_request_fits(panel: str) -> None:
    settings = PANELS[panel]
    kind, type_ = offered()[settings["serviceName"]]
    assert kind == "service"
    request = json.loads(settings["requestPayload"])
    package, name = type_.split("/")
    if package != "lr_ros":
        assert request == {}
        return
    text = (ROOT / "srv" / f"{name}.srv").read_text().partition("---")[0]
    assert request.keys() <= set(re.findall(r"^[\w/]+(?:\[\])? (\w+)", text, re.MULTILINE))


def panels_in(layout: Any) -> Iterator[str]:
    if isinstance(layout, str):
        yield layout
    else:
        yield from panels_in(layout["first"])
        yield from panels_in(layout["second"])


def test_every_panel_has_a_place_and_every_place_a_panel() -> None:
    placed = list(panels_in(LAYOUT["layout"]))
    for panel in [p for p in placed if p.startswith("Tab!")]:
        for tab in PANELS[panel]["tabs"]:
            placed += panels_in(tab["layout"])
    assert sorted(placed) == sorted(PANELS)
    assert set(LAYOUT) == {
        "configById", "globalVariables", "userNodes", "playbackConfig", "layout"
    }  # fmt: skip


def test_the_layout_opens_a_replay_s_recording_too() -> None:
    written = {f"/lr/{name}" for name in TOPICS}
    first = [PANELS[p] for p in panels_in(LAYOUT["layout"]) if not p.startswith("Tab!")]
    shown = {path.partition(".")[0] for panel in first for path in topics_of(panel)}
    assert shown <= written


def test_replays_write_topics_as_the_nodes_do() -> None:
    there = offered()
    for name, type_ in TOPICS.items():
        assert there[f"/lr/{name}"] == ("out", type_.replace("/msg/", "/")), name


def test_rviz_shows_topics_of_images() -> None:
    there = offered() | {"/lr/image": ("out", "sensor_msgs/Image")}  # docs/cameras.md
    displays = RVIZ["Visualization Manager"]["Displays"]
    assert displays
    for display in displays:
        assert display["Class"] == "rviz_default_plugins/Image"
        kind, type_ = there[display["Topic"]["Value"]]
        assert (kind, type_) == ("out", "sensor_msgs/Image")
        assert display["Topic"]["Reliability Policy"] in ("Best Effort", "Reliable")


def test_both_are_installed_with_the_package() -> None:
    cmake = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    assert re.search(r"install\(DIRECTORY [^)]*\bconfig\b[^)]*DESTINATION share/", cmake)
