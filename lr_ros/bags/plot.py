"""The picture of an evaluation: accuracy along the recording, and what was in view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from lr_ros.bags.gathering import Span
from lr_ros.bags.scoring import BIN_SECONDS

# Okabe and Ito's colours, told apart by colour-blind eyes too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLE = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}


def plot_scores(scores: dict[str, Any], spans: Sequence[Span], path: Path) -> None:
    """Write the picture to ``path``; its ending says the format (.png, .svg, .pdf).

    Raises:
        ValueError: The format is not known.
        OSError: It cannot be written.
    """
    named = dict.fromkeys(span.class_name for span in spans if span.class_name)
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(named)}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 3.6), layout="constrained")
        axes = figure.subplots()
        for point in scores["timeline"]:
            share = 100 * point["right"] / point["images"]
            axes.bar(point["start"], share, BIN_SECONDS, align="edge", color="#6b7785")
        last = max((span.end for span in spans if span.end != float("inf")), default=0.0)
        last = max([last, *(point["start"] + BIN_SECONDS for point in scores["timeline"])])
        for span in spans:
            end = min(span.end, last)
            colour = colours.get(span.class_name or "", "#d9d9d9")
            axes.barh(106, end - span.begin, 8, span.begin, color=colour)
            if span.class_name:
                label = {"ha": "left", "va": "bottom", "rotation": 30, "fontsize": 8}
                axes.text(span.begin, 111, span.class_name[:24], color="#202020", **label)
        axes.set_xlim(0, last)
        axes.set_ylim(0, 111)
        axes.set_yticks([0, 25, 50, 75, 100])
        axes.set_xlabel("seconds since the first image")
        axes.set_ylabel("right answers, %")
        figure.savefig(path, dpi=120)
