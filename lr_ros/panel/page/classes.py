"""What the robot knows, with the corrections."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.page.desk import Desk, confirm
from lr_ros.panel.view.classes import ClassesView, ClassRow


class ClassesCard:
    """A row a class; rename, forget and undo, each asked about before it is done."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: object = None
        with ui.element("section").classes("lr-card lr-classes"):
            with ui.element("div").classes("lr-title-row"):
                ui.label("What it knows").classes("lr-title")
                self._undo = ui.button("Undo", icon="undo", on_click=self._take_back).props(
                    "flat dense no-caps color=primary"
                )
            self._rows = ui.element("div").classes("lr-rows")
            self._memory = ui.label().classes("lr-quiet lr-small")

    def show(self, view: ClassesView, may_change: bool) -> None:
        """Show these classes; ``may_change``: the learner is there to be asked."""
        if self._shown == (view, may_change):
            return
        self._shown = (view, may_change)
        self._undo.set_enabled(may_change)
        self._memory.set_text(view.memory)
        self._rows.clear()
        with self._rows:
            if not view.rows:
                ui.label("Nothing yet. Show it an object, and give it a name.").classes("lr-quiet")
            for row in view.rows:
                self._row(row, may_change)

    def _row(self, row: ClassRow, may_change: bool) -> None:
        async def rename() -> None:
            await self._rename(row.name)

        async def forget() -> None:
            await self._forget(row)

        with ui.element("div").classes("lr-row"):
            with ui.element("div").classes("lr-row-main"):
                ui.label(row.name).classes("lr-row-name").mark("class-name")
                ui.label(f"{row.sessions} · {row.latents_text} · learned {row.learned}").classes(
                    "lr-quiet lr-small"
                )
            with ui.element("div").classes("lr-row-accuracy"):
                ui.label(row.accuracy_text).classes("lr-figure")
                ui.label("held out").classes("lr-quiet lr-small")
            for icon, word, action in (
                ("edit", "Rename", rename),
                ("delete_outline", "Forget", forget),
            ):
                button = ui.button(icon=icon, on_click=action).props(f'flat round title="{word}"')
                button.props(f'color=grey aria-label="{word}"').set_enabled(may_change)

    async def _rename(self, old: str) -> None:
        with ui.dialog() as dialog, ui.element("div").classes("lr-dialog"):
            ui.label("Rename").classes("lr-dialog-title")
            ui.label(f"What is {old} to be called?").classes("lr-text")
            name = ui.input(value=old).props(
                'outlined dense autofocus maxlength=64 aria-label="New name"'
            )
            merge = ui.checkbox("If there is one of that name, make the two one")
            with ui.element("div").classes("lr-actions"):
                ui.button("Keep", on_click=lambda: dialog.submit(False)).props("flat no-caps")
                ui.button("Rename", on_click=lambda: dialog.submit(True)).props(
                    "unelevated no-caps color=primary"
                )
            name.on("keydown.enter", lambda: dialog.submit(True))
        wanted = await dialog
        new = (name.value or "").strip()
        together = bool(merge.value)
        dialog.delete()
        if wanted and new and new != old:
            await self._desk.run(self._desk.robot.rename, old, new, together)

    async def _forget(self, row: ClassRow) -> None:
        text = (
            f"The robot will no longer know {row.name}, and drops its {row.latents_text}. "
            "Undo can bring it back."
        )
        if await confirm("Forget it?", text, "Forget", danger=True):
            await self._desk.run(self._desk.robot.forget, row.name)

    async def _take_back(self) -> None:
        text = (
            "The last change of what the robot knows is taken back, whoever made it: "
            "something learned, renamed or forgotten."
        )
        if await confirm("Undo the last change?", text, "Undo"):
            await self._desk.run(self._desk.robot.undo)
