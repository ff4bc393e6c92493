"""Where a page's buttons hand in what they want of the robot, and are told how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any

from nicegui import ui

from lr_ros.panel.operator import Operator, RefusedError

READING_MS = 8000
"""How long a refusal is shown."""


class Desk:
    """Runs the operator's wishes in other threads, since they wait for the robot.

    Made while a page is built, for that page. What it shows (dialogs and what the robot says) hangs
    on the page as a whole: the part with the button that was pressed may be gone by then, because
    what it stood for has been answered or forgotten.
    """

    def __init__(self, robot: Operator, executor: Executor) -> None:
        self.robot = robot
        self.page = ui.context.client
        self._executor = executor

    async def run(self, call: Callable[..., str], *arguments: Any) -> bool:
        """Call the robot, tell the operator what it says, and return whether it did it."""
        loop = asyncio.get_running_loop()
        try:
            text = await loop.run_in_executor(self._executor, partial(call, *arguments))
        except RefusedError as error:
            with self.page:
                ui.notify(
                    str(error),
                    type="negative",
                    multi_line=True,
                    timeout=READING_MS,
                    close_button="OK",
                )
            return False
        with self.page:
            ui.notify(text, type="positive")
        return True

    async def confirm(self, title: str, text: str, action: str, *, danger: bool = False) -> bool:
        """Ask the operator before something is done; text is shown as it is, never as HTML."""
        with self.page, ui.dialog() as dialog, ui.element("div").classes("lr-dialog"):
            ui.label(title).classes("lr-dialog-title")
            ui.label(text).classes("lr-text")
            with ui.element("div").classes("lr-actions"):
                ui.button("Keep", on_click=lambda: dialog.submit(False)).props("flat no-caps")
                ui.button(action, on_click=lambda: dialog.submit(True)).props(
                    "unelevated no-caps " + ("color=negative" if danger else "color=primary")
                )
        try:
            return bool(await dialog)
        finally:
            dialog.delete()
