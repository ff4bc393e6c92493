"""Teaching: a name, a button, and how far it is."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.page.desk import Desk
from lr_ros.panel.view.lesson import LessonView


class TeachCard:
    """The box in which the object in view gets its name."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: tuple[LessonView, tuple[str, ...]] | None = None
        with ui.element("section").classes("lr-card lr-teach"):
            ui.label("Teach what is in view").classes("lr-title")
            with ui.element("div").classes("lr-form") as self._form:
                self._name = ui.input(placeholder="What is it called?").props(
                    'outlined dense maxlength=64 autocomplete=off aria-label="Name of the object"'
                )
                self._name.classes("lr-grow").on("keydown.enter", self._teach)
                self._frames = ui.number(placeholder="frames", min=1, max=10000, precision=0).props(
                    'outlined dense aria-label="Frames to gather; empty: as the robot is set"'
                )
                self._frames.classes("lr-frames")
                ui.button("Teach", on_click=self._teach).props("unelevated no-caps color=primary")
            self._title = ui.label().classes("lr-stage")
            self._bar = ui.linear_progress(0.0, show_value=False).props("rounded size=10px")
            self._detail = ui.label().classes("lr-text")
            self._notes = ui.element("div").classes("lr-advice")
            with ui.element("div").classes("lr-actions") as self._actions:
                self._finish = ui.button("Learn now", on_click=self._end).props(
                    "outline no-caps color=primary"
                )
                ui.button("Cancel", on_click=self._give_up).props("outline no-caps color=negative")

    def show(self, view: LessonView, names: tuple[str, ...]) -> None:
        """Show the session; ``names`` are offered while a name is typed."""
        if (view, names) == self._shown:
            return
        if self._shown is None or self._shown[1] != names:
            self._name.set_autocomplete(list(names))
        self._shown = (view, names)
        self._form.set_visibility(view.may_teach)
        self._title.set_text(view.title)
        self._title.classes(replace=f"lr-stage lr-stage-{view.stage}")
        self._bar.set_visibility(view.progress is not None)
        self._bar.set_value(view.progress or 0.0)
        self._detail.set_text(view.detail)
        self._notes.clear()
        with self._notes:
            for note in view.notes:
                ui.label(note)
        self._finish.set_visibility(view.may_finish)
        self._actions.set_visibility(view.may_cancel)

    async def _teach(self) -> None:
        name = (self._name.value or "").strip()
        if not name:
            ui.notify("Give it a name first", type="warning")
            return
        frames = self._frames.value
        if await self._desk.run(self._desk.robot.teach, name, int(frames) if frames else None):
            self._name.set_value("")

    async def _end(self) -> None:
        await self._desk.run(self._desk.robot.finish)

    async def _give_up(self) -> None:
        await self._desk.run(self._desk.robot.cancel)
