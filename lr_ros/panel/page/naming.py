"""The dialog in which a class gets another name."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.page.desk import Desk


async def ask_name(desk: Desk, old: str) -> tuple[str, bool] | None:
    """Return the name that ``old`` is to have, and whether two of one name become one.

    None where the operator leaves it as it is.
    """
    with desk.page, ui.dialog() as dialog, ui.element("div").classes("lr-dialog"):
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
    try:
        renamed = bool(await dialog)
        new = (name.value or "").strip()
        return (new, bool(merge.value)) if renamed and new and new != old else None
    finally:
        dialog.delete()
