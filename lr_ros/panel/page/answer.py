"""The live picture and what the robot says of it."""

from __future__ import annotations

from nicegui import ui

from lr_ros.panel.view.answer import BARS, AnswerView, Bar


class AnswerCard:
    """Picture, name, and bars for the best classes and the unknown score."""

    def __init__(self) -> None:
        self._shown: AnswerView | None = None
        with ui.element("section").classes("lr-card lr-seen") as self._card:
            with ui.element("div").classes("lr-picture"):
                ui.element("img").classes("lr-live").props('alt="What the robot sees, live"')
                ui.label("No picture").classes("lr-no-picture")
            with ui.element("div").classes("lr-answer").props('aria-live="polite"'):
                self._headline = ui.label().classes("lr-headline")
                self._detail = ui.label().classes("lr-quiet")
            with ui.element("div").classes("lr-bars"):
                self._bars = [_BarRow("") for _ in range(BARS)]
                self._unknown = _BarRow("lr-bar-unknown")
            self._region = ui.label().classes("lr-quiet lr-small")

    def show(self, view: AnswerView) -> None:
        """Show this answer."""
        if view == self._shown:
            return
        self._shown = view
        self._card.classes(replace=f"lr-card lr-seen lr-{view.tone}")
        self._headline.set_text(view.headline)
        self._detail.set_text(view.detail)
        self._region.set_text(view.region)
        bars = [*view.bars, *[None] * (BARS - len(view.bars))]
        for row, bar in zip(self._bars, bars, strict=True):
            row.show(bar)
        self._unknown.show(view.unknown)


class _BarRow:
    """A label, a bar and a number."""

    def __init__(self, kind: str) -> None:
        with ui.element("div").classes(f"lr-bar-row {kind}") as self._row:
            self._label = ui.label().classes("lr-bar-label")
            with ui.element("div").classes("lr-bar-track"):
                self._fill = ui.element("div").classes("lr-bar-fill")
            self._text = ui.label().classes("lr-bar-text")

    def show(self, bar: Bar | None) -> None:
        """Show a bar; None hides the row."""
        self._row.set_visibility(bar is not None)
        if bar is not None:
            self._label.set_text(bar.label)
            self._text.set_text(bar.text)
            self._fill.style(replace=f"width: {100 * min(max(bar.share, 0.0), 1.0):.1f}%")
