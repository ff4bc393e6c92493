"""The bar at the top: whose robot this is, and how it is in a word."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.view.health import HealthView
from lr_ros.panel.view.lesson import LessonView


class Header:
    """Name, namespace, state, and the switch between dark and light."""

    def __init__(self) -> None:
        self._shown: object = None
        with ui.element("header").classes("lr-header"), ui.element("div").classes("lr-bar"):
            ui.element("img").props('src="/panel/icon.svg" alt="" width=30 height=30')
            with ui.element("div").classes("lr-brand"):
                ui.label("Robot panel").classes("lr-brand-name")
                self._namespace = ui.label().classes("lr-quiet")
            self._state = ui.label().classes("lr-pill").props('role="status"')
            ui.button(icon="contrast").props(
                'flat round dense aria-label="Dark or light" color=grey'
            ).on("click", js_handler="() => lrToggleDark()")

    def show(self, namespace: str, health: HealthView, lesson: LessonView) -> None:
        """Show the robot's namespace and state."""
        level, text = _state(health, lesson)
        if self._shown == (namespace, level, text):
            return
        self._shown = (namespace, level, text)
        self._namespace.set_text(namespace)
        self._state.set_text(text)
        self._state.classes(replace=f"lr-pill lr-{level}")


def _state(health: HealthView, lesson: LessonView) -> tuple[str, str]:
    failed = [notice for notice in health.notices if notice.level == "fail"]
    if failed:
        return "fail", failed[0].title
    if lesson.may_cancel:
        return "busy", lesson.title
    if health.notices:
        return "warn", health.notices[0].title
    return "ok", "All is well"
