"""Accuracy and replay memory, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from lr_ros.panel.view.classes import Plot

_QUIET = {"color": "#7d8592", "fontSize": 12}
"""Legible on dark and on light."""

_ROW = 30
"""Height of a class [pixels]."""


class PlotCard:
    """Two plots beside each other, or one below the other where there is no room."""

    def __init__(self) -> None:
        self._shown: Plot | None = None
        with ui.element("section").classes("lr-card lr-plot") as self._card:
            ui.label("Accuracy and memory by class").classes("lr-title")
            with ui.element("div").classes("lr-charts"):
                self._accuracy = ui.echart({}, renderer="svg").classes("lr-chart")
                self._latents = ui.echart({}, renderer="svg").classes("lr-chart")

    def show(self, plot: Plot) -> None:
        """Draw this."""
        if plot == self._shown:
            return
        self._shown = plot
        self._card.set_visibility(bool(plot.names))
        accuracy = [None if share is None else round(share, 1) for share in plot.accuracy]
        _draw(self._accuracy, bars("Held-out accuracy [%]", plot.names, accuracy, 100, "#2f7fd6"))
        _draw(self._latents, bars("Latents in memory", plot.names, plot.latents, None, "#8462cc"))


def _draw(chart: ui.echart, options: dict[str, Any]) -> None:
    chart.style(replace=f"height: {58 + _ROW * max(len(options['yAxis']['data']), 2)}px")
    chart.options.clear()
    chart.options.update(options)
    chart.update()


def bars(
    title: str,
    names: Sequence[str],
    values: Sequence[float | None],
    largest: float | None,
    colour: str,
) -> dict[str, Any]:
    """Return a chart of a bar a class; names are values in it, never keys, so they stay text."""
    return {
        "animationDuration": 300,
        "title": {"text": title, "textStyle": {**_QUIET, "fontWeight": "normal"}, "top": 0},
        "grid": {"left": 92, "right": 16, "top": 26, "bottom": 26},
        "xAxis": {
            "type": "value",
            "min": 0,
            **({} if largest is None else {"max": largest, "interval": largest / 2}),
            "minInterval": 1,
            "splitNumber": 3,
            "axisLabel": _QUIET,
            "splitLine": {"lineStyle": {"color": _QUIET["color"], "opacity": 0.2}},
        },
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(names),
            "axisTick": {"show": False},
            "axisLabel": {**_QUIET, "width": 80, "overflow": "truncate", "interval": 0},
        },
        "series": [
            {
                "type": "bar",
                "data": [value or {"value": value, "label": {"show": False}} for value in values],
                "barMaxWidth": 16,
                "itemStyle": {"color": colour, "borderRadius": [0, 4, 4, 0]},
                "label": {
                    "show": True,
                    "position": "insideLeft",
                    "color": "#ffffff",
                    "textBorderColor": colour,
                    "textBorderWidth": 2,
                    "fontSize": 11,
                },
            }
        ],
    }
