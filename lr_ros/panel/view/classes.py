"""What the robot knows, as rows and as a plot."""

from __future__ import annotations

import math
from typing import NamedTuple

from lr_ros.panel.facts import Facts
from lr_ros.panel.view.words import ago, count, percent


class ClassRow(NamedTuple):
    """One class, in words; ``accuracy`` is NaN where it was not measured, ``latents`` a number."""

    name: str
    sessions: str
    accuracy_text: str
    latents_text: str
    learned: str
    accuracy: float
    latents: int


class ClassesView(NamedTuple):
    """The classes in the order they were learned, and the replay memory's use in words."""

    rows: tuple[ClassRow, ...]
    memory: str


def classes_view(facts: Facts) -> ClassesView:
    """Return what is known."""
    rows = tuple(
        ClassRow(
            entry.name,
            count(entry.sessions, "session"),
            percent(entry.held_out_accuracy),
            count(entry.latents, "latent"),
            ago(facts.now - entry.last_learned),
            entry.held_out_accuracy,
            entry.latents,
        )
        for entry in facts.classes
    )
    status = facts.status
    memory = ""
    if status is not None and status.replay_capacity:
        memory = f"{status.replay_used} of {status.replay_capacity} latents in the replay memory"
    return ClassesView(rows, memory)


class Plot(NamedTuple):
    """Two bars a class, first class on top: accuracy [percent, None: not measured], latents."""

    names: tuple[str, ...]
    accuracy: tuple[float | None, ...]
    latents: tuple[int, ...]


def plot_of(view: ClassesView) -> Plot:
    """Return what is plotted."""
    return Plot(
        tuple(row.name for row in view.rows),
        tuple(None if math.isnan(row.accuracy) else 100 * row.accuracy for row in view.rows),
        tuple(row.latents for row in view.rows),
    )
