"""The panel in a real Chromium, on a whole robot in simulation.

The tests follow one another as an operator's day does: each goes on where the one before ended.
"""

from __future__ import annotations

import re
import signal
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lr_ros.srv import PresentObject
from ros_processes import START_SECONDS, NodeProcess, Probe

from panel.browser import PHONE, Person
from panel.parts import NASTY

pytest.importorskip("pybullet")
pytestmark = [pytest.mark.ros, pytest.mark.usefixtures("chromium")]

DOMAIN_ID = 24


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Robot:
    """A whole robot as processes: simulated camera, recognizer, learner, and the panel."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.probe = Probe(f"panel_{uuid.uuid4().hex[:8]}", DOMAIN_ID)
        self.nodes: dict[str, NodeProcess] = {}
        self.settings: dict[str, dict[str, Any]] = {
            "simulated_camera": {"scene.first_object": "duck", "image.rate": 10.0},
            # With so few frames everything is a little unknown; what is tested here is the page.
            "recognizer": {"latents.thumbnails": True, "recognition.unknown_threshold": 1.0},
            "learner": {
                "store.directory": str(directory / "store"),
                "training.strategy": "ncm",
                "training.nice": 0,
                "session.frames": 10,
                "session.rate": 10.0,
                "ask.interval": 0.0,
                "ask.seen": 1.0,
                "ask.threshold": 0.0,
            },
            "panel": {"port": free_port()},
        }
        self.address = f"http://127.0.0.1:{self.settings['panel']['port']}/"

    def start(self, *names: str) -> None:
        for name in names:
            self.nodes[name] = NodeProcess(
                name,
                self.probe.namespace,
                DOMAIN_ID,
                self.directory,
                parameters=self.settings[name],
            )

    def stop(self, name: str, number: int = signal.SIGINT) -> float:
        return self.nodes.pop(name).stop(number)

    def show(self, name: str) -> None:
        """Hold an object before the camera; without a name: nobody."""
        request = PresentObject.Request(object_name=name)
        answer = self.probe.call(PresentObject, "present_object", request)
        assert answer.success, answer.message

    def wait_until_served(self) -> None:
        panel = self.nodes["panel"]

        def told() -> bool:
            panel.assert_alive()
            return f"the panel is at {self.address}" in panel.output

        self.probe.wait_for_graph(told, START_SECONDS)

    def close(self) -> None:
        for node in self.nodes.values():
            if node.process.poll() is None:
                node.kill()
        self.probe.close()


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    robot = Robot(tmp_path_factory.mktemp("panel"))
    try:
        robot.start(*robot.settings)
        robot.wait_until_served()
        yield robot
    finally:
        robot.close()


@pytest.fixture(scope="module")
def desk(chromium: Any, robot: Robot) -> Iterator[Person]:
    """Return an operator at a desk, whose page is open from the first to the last test."""
    person = Person(chromium, robot.address)
    yield person
    person.close()


@pytest.fixture(scope="module")
def phone(chromium: Any, robot: Robot, desk: Person) -> Iterator[Person]:
    """Return a second operator, with a phone."""
    person = Person(chromium, robot.address, **PHONE)
    yield person
    person.close()


def nothing_in_view(robot: Robot, desk: Person) -> None:
    robot.show("")
    desk.sees("Nothing in view")


def test_the_picture_is_live(desk: Person) -> None:
    picture = desk.page.locator("img.lr-live[data-picture]")
    first = int(picture.get_attribute("data-picture"))
    desk.page.wait_for_function(
        "first => Number(document.querySelector('img.lr-live').dataset.picture) > first + 3",
        arg=first,
    )
    desk.is_well()


def test_what_the_robot_asks_is_answered_by_typing_a_name(desk: Person) -> None:
    box = desk.question()
    box.get_by_placeholder("Another name").fill("duck")
    desk.press("Name it", box)
    desk.is_told("Learning duck from what was seen")
    desk.row("duck").wait_for()
    desk.sees("duck")
    desk.page.locator(".lr-question").wait_for(state="detached")
    assert "1 session" in desk.row("duck").inner_text()
    assert desk.page.locator(".lr-bar-label").first.inner_text() == "duck"
    assert desk.page.locator(".lr-chart svg").first.get_by_text("duck").count()


def test_a_second_browser_shows_the_same_and_fits_a_phone(desk: Person, phone: Person) -> None:
    phone.row("duck").wait_for()
    phone.sees("duck")
    assert phone.too_wide() == []
    assert phone.too_small() == []


def test_a_session_can_be_given_up(desk: Person, phone: Person) -> None:
    desk.teach("never", frames=9000)
    for operator in (desk, phone):
        operator.reads("Looking at never")
        operator.reads(re.compile(r"\d+ of 9000 frames"))
    phone.press("Cancel")
    desk.page.get_by_placeholder("What is it called?").wait_for()
    assert desk.row("never").count() == 0


def test_what_is_taught_gets_its_name_whatever_the_name_is(
    desk: Person, phone: Person, robot: Robot
) -> None:
    nothing_in_view(robot, desk)
    robot.show("mug")
    desk.sees("duck")  # it knows nothing else
    desk.teach(NASTY)
    desk.is_told(f"Looking at {NASTY}")
    for operator in (desk, phone):
        operator.row(NASTY).wait_for()
        operator.sees(NASTY)
        assert operator.page.title() == "lr_ros"
        assert operator.page.locator("img[src=x], img[onerror]").count() == 0


def test_rename_is_asked_about_and_everybody_sees_it(desk: Person, phone: Person) -> None:
    desk.press("Rename", desk.row(NASTY))
    desk.press("Keep", desk.dialog)
    desk.dialog.wait_for(state="detached")
    desk.row(NASTY).wait_for()
    desk.press("Rename", desk.row(NASTY))
    desk.page.get_by_label("New name").fill("mug")
    desk.press("Rename", desk.dialog)
    for operator in (desk, phone):
        operator.row("mug").wait_for()
        operator.row(NASTY).wait_for(state="detached")


def test_a_refusal_says_why(desk: Person) -> None:
    desk.press("Rename", desk.row("mug"))
    desk.page.get_by_label("New name").fill("duck")
    desk.press("Rename", desk.dialog)
    desk.is_told("duck")
    desk.row("mug").wait_for()


def test_forget_and_undo(desk: Person, phone: Person) -> None:
    phone.press("Forget", phone.row("mug"))
    phone.press("Forget", phone.dialog)
    for operator in (desk, phone):
        operator.row("mug").wait_for(state="detached")
    desk.press("Undo")
    desk.press("Undo", desk.dialog)
    for operator in (desk, phone):
        operator.row("mug").wait_for()


def test_what_the_robot_asks_is_answered_with_one_tap(
    desk: Person, phone: Person, robot: Robot
) -> None:
    nothing_in_view(robot, desk)
    robot.show("duck")
    box = phone.question("What is this?")
    phone.press("duck", box)
    phone.is_told("Learning duck from what was seen")
    for operator in (desk, phone):
        operator.row("duck").get_by_text("2 sessions").wait_for()


def test_a_lost_camera_is_told_of_with_what_to_do(desk: Person, robot: Robot) -> None:
    robot.stop("simulated_camera")
    desk.is_warned("No camera")
    desk.reads("lr launch webcam.launch.py")
    assert "debug_image" not in desk.page.locator(".lr-notices").inner_text(), "is no camera"
    desk.page.locator(".lr-seen.lr-lost").wait_for()
    robot.start("simulated_camera")
    desk.is_well()
    desk.page.locator(".lr-seen.lr-lost").wait_for(state="detached")


def test_a_lost_learner_comes_back_with_all_it_knew(
    desk: Person, phone: Person, robot: Robot
) -> None:
    robot.stop("learner")
    for operator in (desk, phone):
        operator.is_warned("The learner is not running")
        assert operator.page.get_by_role("button", name="Teach", exact=True).is_hidden()
    assert desk.page.get_by_role("button", name="Undo").is_disabled()
    robot.start("learner")
    desk.is_well()
    desk.row("duck").wait_for()
    desk.press("Forget", desk.row("mug"))
    desk.press("Forget", desk.dialog)
    for operator in (desk, phone):
        operator.row("mug").wait_for(state="detached")


def test_it_ends_at_once_while_browsers_look(desk: Person, phone: Person, robot: Robot) -> None:
    assert robot.stop("panel") < 2.0
    desk.page.locator("#popup[aria-hidden=false]").get_by_text("Connection lost").wait_for()


def test_the_page_comes_back_with_the_panel(desk: Person, phone: Person, robot: Robot) -> None:
    robot.start("panel")
    for operator in (desk, phone):
        operator.page.locator("#popup[aria-hidden=true]").wait_for(state="attached")
        operator.row("duck").wait_for()
    desk.page.locator("img.lr-live[data-picture]").wait_for()
    assert robot.stop("panel", signal.SIGTERM) < 2.0
    for operator in (desk, phone):
        operator.assert_nothing_broke()
