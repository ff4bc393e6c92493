"""What the robot asks, with answers to tap."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.page.desk import Desk
from lr_ros.panel.view.questions import QuestionView


class QuestionsCard:
    """One box a question; not there while the robot asks nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._boxes: dict[tuple[int, float], _Box] = {}
        with ui.element("section").classes("lr-card lr-questions") as self._card:
            ui.label("The robot asks").classes("lr-title")
            self._place = ui.element("div").classes("lr-asked")
        self._card.set_visibility(False)

    def show(self, questions: tuple[QuestionView, ...]) -> None:
        """Show these; a box that stays keeps what is typed into it."""
        self._card.set_visibility(bool(questions))
        wanted = {question.key for question in questions}
        for key in self._boxes.keys() - wanted:
            self._boxes.pop(key).delete()
        for place, question in enumerate(questions):
            box = self._boxes.get(question.key)
            if box is None:
                with self._place:
                    box = self._boxes[question.key] = _Box(self._desk, question)
                box.move(place)
            box.show(question)


class _Box:
    def __init__(self, desk: Desk, question: QuestionView) -> None:
        self._desk = desk
        self._number = question.segment_id
        self._shown: QuestionView | None = None
        self._answering = False
        with ui.element("div").classes("lr-question") as self._root:
            with ui.element("div").classes("lr-question-head"):
                if question.picture:
                    ui.element("img").props(
                        f'src="/segment/{question.segment_id}" alt="What the robot saw"'
                    )
                with ui.element("div").classes("lr-grow"):
                    self._title = ui.label().classes("lr-question-title")
                    self._detail = ui.label().classes("lr-text")
                ui.button(icon="close", on_click=self._dismiss).props(
                    'flat round dense color=grey aria-label="Do not answer"'
                )
            self._answers = ui.element("div").classes("lr-chips")
            with ui.element("div").classes("lr-form"):
                self._name = ui.input(placeholder="Another name").props(
                    'outlined dense maxlength=64 autocomplete=off aria-label="Another name"'
                )
                self._name.classes("lr-grow").on("keydown.enter", self._typed)
                ui.button("Name it", on_click=self._typed).props("outline no-caps color=primary")

    def show(self, question: QuestionView) -> None:
        if question == self._shown:
            return
        if self._shown is None or self._shown.answers != question.answers:
            self._answers.clear()
            with self._answers:
                for name in question.answers:
                    self._chip(name)
        self._shown = question
        self._title.set_text(question.title)
        self._detail.set_text(question.detail)

    def _chip(self, name: str) -> None:
        async def tapped() -> None:
            await self._answer(name)

        chip = ui.button(name, on_click=tapped, color=None)
        chip.props("unelevated no-caps rounded").classes("lr-chip")

    def move(self, place: int) -> None:
        self._root.move(target_index=place)

    def delete(self) -> None:
        self._root.delete()

    async def _answer(self, name: str) -> None:
        """Answer once, however often it is tapped before the robot has taken it."""
        if self._answering:
            return
        self._answering = True
        try:
            await self._desk.run(self._desk.robot.answer, self._number, name)
        finally:
            self._answering = False

    async def _typed(self) -> None:
        name = (self._name.value or "").strip()
        if name:
            await self._answer(name)

    async def _dismiss(self) -> None:
        await self._desk.run(self._desk.robot.dismiss, self._number)
