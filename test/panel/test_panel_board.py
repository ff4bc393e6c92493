"""The board that pages read, and the pictures they take."""

from __future__ import annotations

import asyncio
import threading

from lr_ros.panel.board import QUESTIONS, Board
from lr_ros.panel.facts import NodeReport
from lr_ros.panel.pictures import Pictures
from panel.parts import question, recognition, status


class Clocks:
    def __init__(self) -> None:
        self.steady = 100.0

    def board(self) -> Board:
        return Board("/lr", lambda: 5.0, lambda: self.steady)


def test_everything_ages_by_steady_time() -> None:
    clocks = Clocks()
    board = clocks.board()
    assert not board.facts().learner_speaks
    assert not board.facts().answers_come
    board.put_status(status())
    board.put_recognition(recognition())
    board.put_report("learner", NodeReport(0, "idle"))
    now = board.facts()
    assert now.learner_speaks
    assert now.answers_come
    assert now.report("learner") is not None
    clocks.steady += 10.0
    later = board.facts()
    assert not later.learner_speaks
    assert not later.answers_come
    assert later.report("learner") is None


def test_the_newest_questions_are_kept_and_each_segment_asks_once() -> None:
    board = Clocks().board()
    for number in range(QUESTIONS + 5):
        board.ask(question(number))
    board.ask(question(10, duration=9.0))
    numbers = [entry.segment_id for entry in board.questions]
    assert len(numbers) == QUESTIONS
    assert numbers[0] == 5
    assert numbers[-1] == 10
    assert len(set(numbers)) == QUESTIONS


def test_questions_that_nobody_can_answer_go() -> None:
    board = Clocks().board()
    for number in (1, 2, 3):
        board.ask(question(number, start=float(number)))
    board.keep_questions({1: 1.0, 2: 77.0})  # 2 is another segment by now, 3 is forgotten
    assert [entry.segment_id for entry in board.questions] == [1]
    board.drop_question(1)
    board.drop_question(1)
    assert board.questions == ()


def test_a_browser_gets_the_newest_picture_and_waits_for_the_next() -> None:
    async def browse() -> None:
        pictures = Pictures()
        assert await pictures.after(0, 0.01) is None
        pictures.put(b"one")
        pictures.put(b"two")
        assert await pictures.after(0, 5.0) == (2, b"two")
        waiting = [asyncio.create_task(pictures.after(2, 5.0)) for _ in range(3)]
        await asyncio.sleep(0)
        thread = threading.Thread(target=pictures.put, args=(b"three",))
        thread.start()
        assert await asyncio.gather(*waiting) == [(3, b"three")] * 3
        thread.join()

    asyncio.run(browse())


def test_a_number_of_an_earlier_panel_gets_the_newest_picture() -> None:
    pictures = Pictures()
    pictures.put(b"one")
    assert asyncio.run(pictures.after(4711, 5.0)) == (1, b"one")


def test_closing_answers_everybody_at_once() -> None:
    async def browse() -> None:
        pictures = Pictures()
        waiting = asyncio.create_task(pictures.after(0, 60.0))
        await asyncio.sleep(0)
        pictures.close()
        assert await asyncio.wait_for(waiting, 5.0) is None
        assert await asyncio.wait_for(pictures.after(0, 60.0), 5.0) is None

    asyncio.run(browse())


def test_nobody_looks_until_somebody_asks() -> None:
    pictures = Pictures()
    assert pictures.idle == float("inf")
    asyncio.run(pictures.after(0, 0.001))
    assert pictures.idle < 5.0
