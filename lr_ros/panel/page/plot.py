"""Accuracy and replay memory, class by class."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from lr_ros.panel.view.classes import Plot

_INK = "#7d8592"
"""Legible on dark and on light."""

_ROW = 30
"""Height of a class [pixels]."""


class PlotCard:
    """Two plots side by side that share their classes."""

    def __init__(self) -> None:
        self._shown: Plot | None = None
        with ui.element("section").classes("lr-card") as self._card:
            ui.label("Accuracy and memory by class").classes("lr-title")
            self._chart = ui.echart({}, renderer="svg").classes("lr-chart")

    def show(self, plot: Plot) -> None:
        """Draw this."""
        if plot == self._shown:
            return
        self._shown = plot
        self._card.set_visibility(bool(plot.names))
        self._chart.style(replace=f"height: {80 + _ROW * max(len(plot.names), 2)}px")
        self._chart.options.clear()
        self._chart.options.update(options_of(plot))
        self._chart.update()


def options_of(plot: Plot) -> dict[str, Any]:
    """Return the chart; names are values in it, never keys or formats, so they stay text."""
    names = list(plot.names)
    accuracy = [None if a is None else round(a, 1) for a in plot.accuracy]
    quiet = {"color": _INK, "fontSize": 12}
    category = {"type": "category", "inverse": True, "data": names, "axisTick": {"show": False}}
    line = {
        "axisLine": {"show": False},
        "splitLine": {"lineStyle": {"color": _INK, "opacity": 0.2}},
    }
    title = {"textStyle": {"color": _INK, "fontSize": 12, "fontWeight": "normal"}, "top": 0}
    return {
        "animationDuration": 300,
        "title": [
            {**title, "text": "held-out accuracy [%]", "left": "24%"},
            {**title, "text": "latents in memory", "left": "66%"},
        ],
        "grid": [
            {"left": "24%", "width": "34%", "top": 28, "bottom": 28},
            {"left": "66%", "width": "28%", "top": 28, "bottom": 28},
        ],
        "xAxis": [
            {"type": "value", "min": 0, "max": 100, "gridIndex": 0, "axisLabel": quiet, **line},
            {
                **{"type": "value", "min": 0, "minInterval": 1, "gridIndex": 1, **line},
                "axisLabel": quiet,
                "splitNumber": 3,
            },
        ],
        "yAxis": [
            {
                **category,
                "gridIndex": 0,
                "axisLabel": {**quiet, "width": 88, "overflow": "truncate"},
            },
            {**category, "gridIndex": 1, "axisLabel": {"show": False}},
        ],
        "series": [
            _bars(accuracy, 0, "#3b82d6"),
            _bars(list(plot.latents), 1, "#8d6bd1"),
        ],
    }


def _bars(values: list[Any], grid: int, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "xAxisIndex": grid,
        "yAxisIndex": grid,
        "data": values,
        "barMaxWidth": 14,
        "itemStyle": {"color": colour, "borderRadius": [0, 4, 4, 0]},
        "label": {"show": True, "position": "insideLeft", "color": "#ffffff", "fontSize": 11},
    }
