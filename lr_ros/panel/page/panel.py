"""The page as a whole."""

from __future__ import annotations

from concurrent.futures import Executor

from nicegui import ui

from lr_ros.panel.board import Board
from lr_ros.panel.operator import Operator
from lr_ros.panel.page.answer import AnswerCard
from lr_ros.panel.page.classes import ClassesCard
from lr_ros.panel.page.desk import Desk
from lr_ros.panel.page.header import Header
from lr_ros.panel.page.health import HealthCard, Notices
from lr_ros.panel.page.plot import PlotCard
from lr_ros.panel.page.questions import QuestionsCard
from lr_ros.panel.page.teach import TeachCard
from lr_ros.panel.view.answer import answer_view
from lr_ros.panel.view.classes import classes_view, plot_of
from lr_ros.panel.view.health import health_view
from lr_ros.panel.view.lesson import lesson_view
from lr_ros.panel.view.questions import questions_view

_HEAD = """
<link rel="stylesheet" href="/panel/panel.css">
<script src="/panel/panel.js"></script>
"""

PERIOD = 0.25
"""How often a page is brought up to date [s]."""


class Panel:
    """Builds the page, once for each browser that opens it."""

    def __init__(self, board: Board, robot: Operator, executor: Executor) -> None:
        self._board = board
        self._robot = robot
        self._executor = executor

    def build(self) -> None:
        """Build the page for the browser that asks, and keep it up to date."""
        ui.add_head_html(_HEAD)
        ui.colors(primary="#2f6fdb", negative="#c0352b", positive="#1d8a4a", warning="#a96500")
        page = _Page(Desk(self._robot, self._executor), self._board)
        page.refresh()
        ui.timer(PERIOD, page.refresh)


class _Page:
    """One browser's page."""

    def __init__(self, desk: Desk, board: Board) -> None:
        self._board = board
        self._header = Header()
        with ui.element("main").classes("lr-page"):
            self._notices = Notices(desk)
            with ui.element("div").classes("lr-columns"):
                with ui.element("div").classes("lr-column"):
                    self._answer = AnswerCard()
                    self._classes = ClassesCard(desk)
                with ui.element("div").classes("lr-column"):
                    self._teach = TeachCard(desk)
                    self._questions = QuestionsCard(desk)
                    self._plot = PlotCard()
                    self._health = HealthCard()

    def refresh(self) -> None:
        """Show what has changed."""
        facts = self._board.facts()
        lesson, health = lesson_view(facts), health_view(facts)
        classes = classes_view(facts)
        self._header.show(facts.namespace, health, lesson)
        self._notices.show(health.notices)
        self._answer.show(answer_view(facts))
        self._teach.show(lesson, tuple(row.name for row in classes.rows))
        self._questions.show(questions_view(facts))
        self._classes.show(classes, facts.learner_speaks)
        self._plot.show(plot_of(classes))
        self._health.show(health.lines)
