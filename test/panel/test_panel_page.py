"""The page in a real Chromium, on facts and a robot made up here: no ROS."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lr_ros.panel.board import Board
from lr_ros.panel.facts import Camera
from lr_ros.panel.operator import RefusedError
from lr_ros.panel.pictures import Pictures
from panel.browser import PHONE, Person
from panel.parts import LEARNER, NASTY, RECOGNIZER, State, known, question, recognition, status

LONG = "W" * 64


class StandIn:
    """Does nothing but note what it is asked for; ``during`` is called before it answers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.during: Callable[[str], None] = lambda _wish: None

    def __getattr__(self, wish: str) -> Any:
        def carry_out(*arguments: Any) -> str:
            self.asked.append((wish, *arguments))
            self.during(wish)
            return f"{wish} is done"

        return carry_out


class Desk:
    """The server with its facts; all of them stay fresh."""

    def __init__(self) -> None:
        # It loads NiceGUI and with it a web server, which the tests of what is skipped do not need.
        from lr_ros.panel.server import PanelServer  # noqa: PLC0415

        self.now = 1090.0
        self.board = Board("/lr", lambda: self.now, lambda: 0.0)
        self.robot = StandIn()
        self.server = PanelServer(("127.0.0.1", 0), "", self.board, Pictures(), self.robot)
        self.address = f"http://127.0.0.1:{self.server.port}/"

    def reset(self) -> None:
        """Put everything back to a robot that is well, sees a mug, and knows two classes."""
        self.now = 1090.0
        self.robot.asked.clear()
        self.robot.during = lambda _wish: None
        board = self.board
        for entry in board.questions:
            board.drop_question(entry.segment_id)
        board.put_status(status())
        board.put_recognition(recognition())
        board.put_report("recognizer", RECOGNIZER)
        board.put_report("learner", LEARNER)
        board.put_classes([known("mug"), known("duck")])
        board.put_graph({"recognizer", "learner"}, Camera("/lr/image", 1))


@pytest.fixture(scope="module")
def served(chromium: Any) -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.server.close()


@pytest.fixture
def desk(served: Desk) -> Desk:
    served.reset()
    return served


@pytest.fixture
def person(chromium: Any, desk: Desk) -> Iterator[Person]:
    someone = Person(chromium, desk.address)
    yield someone
    someone.assert_nothing_broke()
    someone.close()


@pytest.fixture
def phone(chromium: Any, desk: Desk) -> Iterator[Person]:
    someone = Person(chromium, desk.address, **PHONE)
    yield someone
    someone.assert_nothing_broke()
    someone.close()


def test_a_typed_answer_is_told_of_though_its_question_is_gone_by_then(
    desk: Desk, person: Person
) -> None:
    gone = threading.Event()

    def learn(_wish: str) -> None:
        desk.board.drop_question(7)  # as soon as the learner has the segment's name
        assert gone.wait(20)

    desk.robot.during = learn
    desk.board.ask(question(7))
    box = person.question()
    box.get_by_placeholder("Another name").fill("cup")
    person.press("Name it", box)
    person.page.locator(".lr-question").wait_for(state="detached")
    gc.collect()  # the server is in this process
    gone.set()
    person.is_told("answer is done")
    assert desk.robot.asked == [("answer", 7, "cup")]


def test_what_is_typed_into_a_question_stays_while_others_come_and_go(
    desk: Desk, person: Person
) -> None:
    desk.board.ask(question(7))
    person.question().get_by_placeholder("Another name").fill("cup")
    desk.board.ask(question(8))
    boxes = person.page.locator(".lr-question")
    boxes.nth(1).wait_for()
    desk.board.put_classes([known("mug"), known("duck"), known("shoe")])
    boxes.nth(1).get_by_role("button", name="shoe").wait_for()
    assert boxes.nth(1).get_by_placeholder("Another name").input_value() == "cup"
    boxes.nth(1).get_by_placeholder("Another name").press("Enter")
    person.is_told("answer is done")
    assert desk.robot.asked == [("answer", 7, "cup")]


def test_an_answer_tapped_twice_is_given_once(desk: Desk, person: Person) -> None:
    tapped = threading.Event()

    def take(wish: str) -> None:
        if wish == "dismiss":
            tapped.set()
        assert tapped.wait(20)

    desk.robot.during = take
    desk.board.ask(question(7, best_guess="duck"))
    person.question().get_by_role("button", name="duck").dblclick()
    person.question().get_by_role("button", name="mug").click()
    person.press("Do not answer")  # goes the same way, behind the others
    person.is_told("answer is done")
    person.is_told("dismiss is done")
    assert desk.robot.asked == [("answer", 7, "duck"), ("dismiss", 7)]


def test_a_dialog_stays_while_the_list_behind_it_changes(desk: Desk, person: Person) -> None:
    person.press("Rename", person.row("duck"))
    person.page.get_by_label("New name").fill("rubber duck")
    desk.now += 600.0
    desk.board.put_classes([known("duck", latents=99), known("shoe")])
    person.row("shoe").wait_for()
    person.row("mug").wait_for(state="detached")
    assert "99 latents" in person.row("duck").inner_text()
    person.press("Rename", person.dialog)
    person.is_told("rename is done")
    assert desk.robot.asked == [("rename", "duck", "rubber duck", False)]


def test_what_another_browser_has_forgotten_can_still_be_answered_for(
    desk: Desk, person: Person
) -> None:
    def refuse(_wish: str) -> None:
        raise RefusedError("'duck' is not known")

    desk.robot.during = refuse
    person.press("Forget", person.row("duck"))
    desk.board.put_classes([known("mug")])
    person.row("duck").wait_for(state="detached")
    person.press("Forget", person.dialog)
    person.is_told("'duck' is not known")


def test_nothing_is_done_where_the_operator_keeps_things_as_they_are(
    desk: Desk, person: Person
) -> None:
    for button in ("Rename", "Forget"):
        person.press(button, person.row("duck"))
        person.press("Keep", person.dialog)
        person.dialog.wait_for(state="detached")
    person.press("Undo")
    person.dialog.wait_for()  # a key pressed before it is there is nobody's
    person.page.keyboard.press("Escape")
    person.dialog.wait_for(state="detached")
    assert desk.robot.asked == []


def test_names_are_text_and_never_markup(desk: Desk, person: Person) -> None:
    def refuse(_wish: str) -> None:
        raise RefusedError(f"{NASTY} is refused")

    board = desk.board
    board.put_classes([known(NASTY), known("duck")])
    board.put_recognition(recognition(scores={NASTY: 0.9, "duck": 0.1}))
    board.put_status(
        status(state=State.TRAINING, class_name=NASTY, progress=0.5, warnings=(NASTY,))
    )
    board.ask(question(7, best_guess=NASTY))
    desk.robot.during = refuse
    person.row(NASTY).wait_for()
    person.sees(NASTY)
    person.reads(f"Learning {NASTY}")
    person.press(NASTY, person.question())
    person.is_told(f"{NASTY} is refused")
    person.page.reload()  # now the name is in the page's first HTML
    person.row(NASTY).wait_for()
    for button in ("Rename", "Forget"):
        person.press(button, person.row(NASTY))
        person.dialog.get_by_text(NASTY).wait_for()
        person.press("Keep", person.dialog)
        person.dialog.wait_for(state="detached")
    assert person.page.locator(".lr-chart").first.get_by_text("<img").count() == 1
    assert person.page.title() == "lr_ros"
    assert person.page.locator("img[src=x], img[onerror]").count() == 0


@pytest.mark.parametrize("width", [320, 360, 412])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(
    desk: Desk, phone: Person, width: int
) -> None:
    names = [LONG, *(f"thing {number}" for number in range(15))]
    board = desk.board
    board.put_classes([known(name, held_out_accuracy=0.9) for name in names])
    board.put_recognition(recognition(scores=dict.fromkeys(names[:5], 0.2)))
    board.put_status(status(classes=tuple(names), message=LONG, paused=True))
    board.put_graph({"recognizer"}, Camera(f"/{LONG}/image", 0, (f"/{LONG}{LONG}/image_raw",)))
    board.ask(question(7, best_guess=LONG, same_as=(1, 2)))
    phone.page.set_viewport_size({"width": width, "height": 740})
    phone.row("thing 14").wait_for()
    phone.is_warned("Learning is paused")
    assert phone.too_wide() == []
    assert phone.too_small() == []
    phone.press("Rename", phone.row(LONG))
    phone.page.get_by_label("New name").wait_for()
    assert phone.too_wide() == []
