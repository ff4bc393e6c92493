"""What is wrong and what to do, and a line on each part of the system."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.page.desk import Desk
from lr_ros.panel.view.health import Line, Notice

_ICONS = {"ok": "check_circle", "warn": "warning", "fail": "error"}


class Notices:
    """What is wrong, at the top of the page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: tuple[tuple[str, ...], ...] = ()
        self._texts: list[ui.label] = []
        self._place = ui.element("div").classes("lr-notices").props('aria-live="polite"')

    def show(self, notices: tuple[Notice, ...]) -> None:
        """Show these; where only numbers in the texts have changed, only the texts."""
        kinds = tuple((n.level, n.title, *n.remedies) for n in notices)
        if kinds == self._shown:
            for label, notice in zip(self._texts, notices, strict=True):
                label.set_text(notice.text)
            return
        self._shown = kinds
        self._place.clear()
        with self._place:
            self._texts = [self._notice(notice) for notice in notices]

    def _notice(self, notice: Notice) -> ui.label:
        with ui.element("section").classes(f"lr-notice lr-{notice.level}"):
            ui.icon(_ICONS[notice.level]).classes("lr-notice-icon")
            with ui.element("div").classes("lr-notice-body"):
                ui.label(notice.title).classes("lr-notice-title")
                text = ui.label(notice.text).classes("lr-text")
                if notice.remedies:
                    with ui.element("ul"):
                        for remedy in notice.remedies:
                            with ui.element("li"):
                                ui.label(remedy)
                if notice.title == "Learning is paused":
                    ui.button("Go on", on_click=self._resume).props("outline dense no-caps")
        return text

    async def _resume(self) -> None:
        await self._desk.run(self._desk.robot.pause, False)


class HealthCard:
    """A line on each part."""

    def __init__(self) -> None:
        self._shown: tuple[Line, ...] = ()
        with ui.element("section").classes("lr-card lr-health"):
            ui.label("How it is").classes("lr-title")
            self._place = ui.element("div").classes("lr-lines")

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these."""
        if lines == self._shown:
            return
        self._shown = lines
        self._place.clear()
        with self._place:
            for line in lines:
                with ui.element("div").classes(f"lr-line lr-{line.level}"):
                    ui.element("span").classes("lr-dot")
                    ui.label(line.part).classes("lr-line-part")
                    ui.label(line.text).classes("lr-quiet")
