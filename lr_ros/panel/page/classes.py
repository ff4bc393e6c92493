"""What the robot knows, with the corrections."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.page.desk import Desk
from lr_ros.panel.page.naming import ask_name
from lr_ros.panel.view.classes import ClassesView, ClassRow


class ClassesCard:
    """A row a class; rename, forget and undo, each asked about before it is done."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: tuple[ClassesView, bool] | None = None
        self._rows: dict[str, _Row] = {}
        with ui.element("section").classes("lr-card lr-classes"):
            with ui.element("div").classes("lr-title-row"):
                ui.label("What it knows").classes("lr-title")
                self._undo = ui.button("Undo", icon="undo", on_click=self._take_back).props(
                    "flat dense no-caps color=primary"
                )
            self._nothing = ui.label("Nothing yet. Show it an object, and give it a name.")
            self._nothing.classes("lr-quiet")
            self._place = ui.element("div").classes("lr-rows")
            self._memory = ui.label().classes("lr-quiet lr-small")

    def show(self, view: ClassesView, may_change: bool) -> None:
        """Show these classes; ``may_change``: the learner is there to be asked."""
        if self._shown == (view, may_change):
            return
        self._shown = (view, may_change)
        self._undo.set_enabled(may_change)
        self._memory.set_text(view.memory)
        self._nothing.set_visibility(not view.rows)
        self._arrange(tuple(row.name for row in view.rows))
        for row in view.rows:
            self._rows[row.name].show(row, may_change)

    def _arrange(self, names: tuple[str, ...]) -> None:
        """Make the rows those of ``names``; one that stays is not made anew under the finger."""
        if names == tuple(self._rows):
            return
        for gone in self._rows.keys() - set(names):
            self._rows.pop(gone).delete()
        with self._place:
            self._rows = {name: self._rows.get(name) or _Row(self._desk, name) for name in names}
        for place, row in enumerate(self._rows.values()):
            row.move(place)

    async def _take_back(self) -> None:
        text = (
            "The last change of what the robot knows is taken back, whoever made it: "
            "something learned, renamed or forgotten."
        )
        if await self._desk.confirm("Undo the last change?", text, "Undo"):
            await self._desk.run(self._desk.robot.undo)


class _Row:
    """One class."""

    def __init__(self, desk: Desk, name: str) -> None:
        self._desk = desk
        self._name = name
        self._latents = ""
        with ui.element("div").classes("lr-row") as self._root:
            with ui.element("div").classes("lr-row-main"):
                ui.label(name).classes("lr-row-name")
                self._facts = ui.label().classes("lr-quiet lr-small")
            with ui.element("div").classes("lr-row-accuracy"):
                self._accuracy = ui.label().classes("lr-figure")
                ui.label("held out").classes("lr-quiet lr-small")
            self._buttons = [
                ui.button(icon=icon, on_click=action).props(
                    f'flat round color=grey title="{word}" aria-label="{word}"'
                )
                for icon, word, action in (
                    ("edit", "Rename", self._rename),
                    ("delete_outline", "Forget", self._forget),
                )
            ]

    def show(self, row: ClassRow, may_change: bool) -> None:
        self._latents = row.latents_text
        self._facts.set_text(f"{row.sessions} · {row.latents_text} · learned {row.learned}")
        self._accuracy.set_text(row.accuracy_text)
        for button in self._buttons:
            button.set_enabled(may_change)

    def move(self, place: int) -> None:
        self._root.move(target_index=place)

    def delete(self) -> None:
        self._root.delete()

    async def _rename(self) -> None:
        wanted = await ask_name(self._desk, self._name)
        if wanted is not None:
            await self._desk.run(self._desk.robot.rename, self._name, *wanted)

    async def _forget(self) -> None:
        text = (
            f"The robot will no longer know {self._name}, and drops its {self._latents}. "
            "Undo can bring it back."
        )
        if await self._desk.confirm("Forget it?", text, "Forget", danger=True):
            await self._desk.run(self._desk.robot.forget, self._name)
