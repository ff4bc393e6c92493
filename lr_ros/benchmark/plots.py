"""The three plots: accuracy along the batches, against replay memory, against update time."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from lr_ros.benchmark.record import Record

Records = dict[str, list[Record]]

# Okabe and Ito's colours, told apart by colour-blind eyes too; more strategies than colours differ
# in their dashes and marks.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", ":")
MARKS = ("o", "s", "^")
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "savefig.dpi": 120,
}


def plot_all(records: Records, title: str, out: Path) -> list[Path]:
    """Draw all plots into the folder ``out`` and return their files."""
    ordered = dict(sorted(records.items(), key=lambda item: -_final(item[1]).mean()))
    drawings = {
        "accuracy.png": draw_accuracy,
        "memory.png": draw_memory,
        "update_time.png": draw_update_time,
    }
    paths = []
    for name, draw in drawings.items():
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(7.5, 4.5), layout="constrained")
            axes = figure.subplots()
            draw(axes, ordered)
            axes.set_title(title, fontsize=10)
            axes.set_ylabel("accuracy on all test frames, %")
            figure.savefig(out / name)
        paths.append(out / name)
    return paths


def _final(runs: list[Record]) -> np.ndarray:
    return np.array([r.accuracy[-1] for r in runs])


def _look(index: int) -> tuple[str, int]:
    """Return the colour of the strategy at ``index``, and in which round of the colours it is."""
    rounds, colour = divmod(index, len(COLOURS))
    return COLOURS[colour], rounds % len(DASHES)


def draw_accuracy(axes: Axes, records: Records) -> None:
    """Draw the mean over seeds after each batch, and a band from the worst to the best seed."""
    for index, (name, runs) in enumerate(records.items()):
        length = min(r.batches for r in runs)
        curves = 100 * np.array([r.accuracy[:length] for r in runs])
        batches = np.arange(1, length + 1)
        colour, rounds = _look(index)
        label = f"{name}  {curves[:, -1].mean():.1f}"
        axes.plot(batches, curves.mean(0), DASHES[rounds], color=colour, label=label, lw=1.6)
        if len(runs) > 1:
            band = (curves.min(0), curves.max(0))
            axes.fill_between(batches, *band, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("batches learned")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), title="final %", frameon=False)


def draw_memory(axes: Axes, records: Records) -> None:
    """Draw final accuracy against replay memory; those without any stand left of the axis break."""
    sizes = {n: max(r.replay_bytes for r in runs) / 1e6 for n, runs in records.items()}
    used = [s for s in sizes.values() if s > 0]
    none_at = min(used, default=1.0) / 4
    points = {n: (s or none_at, records[n]) for n, s in sizes.items()}
    _scatter(axes, points)
    axes.set_xlabel("replay memory, MB")
    if 0 in sizes.values():
        _break(axes, none_at)


def _break(axes: Axes, none_at: float) -> None:
    """Set what stands at ``none_at`` apart from the logarithmic axis, which has no zero."""
    low, high = axes.get_xlim()
    ticks = [t for t in axes.get_xticks() if none_at * 2 < t < high]
    axes.set_xticks([none_at, *ticks], ["none", *(f"{t:g}" for t in ticks)])
    axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)
    axes.axvline(none_at * 2, color="grey", linewidth=0.8, linestyle=":")


def draw_update_time(axes: Axes, records: Records) -> None:
    """Draw final accuracy against the median time that learning one batch took."""
    points = {
        n: (float(np.median(np.concatenate([r.batch_seconds for r in runs]))), runs)
        for n, runs in records.items()
    }
    _scatter(axes, points)
    axes.set_xlabel("median time to learn one batch, s")


def _scatter(axes: Axes, points: dict[str, tuple[float, list[Record]]]) -> None:
    """Draw a mark for each strategy with its range over seeds, and its name beside it."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    for index, (name, (x, runs)) in enumerate(points.items()):
        final = 100 * _final(runs)
        mean = float(np.clip(final.mean(), final.min(), final.max()))  # rounding may leave them
        reach = [[mean - final.min()], [final.max() - mean]]
        colour, rounds = _look(index)
        mark = MARKS[rounds]
        axes.errorbar(x, mean, reach, fmt=mark, ms=7, capsize=3, color=colour, label=name)
    places = [x for x, _ in points.values()]
    axes.set_xlim(min(places) / 2, max(places) * 2)
    axes.margins(y=0.1)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
