"""How good a search was at any time, against the training examples it had seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.plots.style import DASHES, canvas, colour_of, say_nothing, styled

QUALITIES = {
    "best_val_so_far": "best validation accuracy so far (%)",
    "validation_accuracy": "super-network's accuracy on\nvalidation batches (%)",
    "population_quality": "quality of the population\n(mean less spread, %)",
}

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


def draw(trace: pd.DataFrame, searches: pd.DataFrame, methods: Sequence[str]) -> Figure:
    """Draw a row per quality and a column per task; seeds thin, their mean thick.

    The horizontal axis counts a search's own examples, nothing of its ancestors.

    Args:
        trace: Ticks of searches.
        searches: What they are; of one study.
        methods: In the order of their colours.
    """
    about = searches[["job", "method", "task", "role", "seed"]]
    rows = trace.merge(about, on="job", how="inner")
    shown = [name for name in QUALITIES if rows[name].notna().any()]
    tasks = list(rows["task"].unique())
    with styled():
        if not shown:
            figure = canvas(6, 1.5)
            say_nothing(figure.subplots(), "no search logged a quality")
            return figure
        figure = canvas(1.2 + 4.6 * len(tasks), 0.7 + 3.1 * len(shown))
        panels = figure.subplots(len(shown), len(tasks), squeeze=False)
        for line, quality in zip(panels, shown, strict=True):
            for axes, task in zip(line, tasks, strict=True):
                _panel(axes, rows[rows["task"] == task], quality, methods)
                axes.set_title(f"search on {task}", loc="left")
            line[0].set_ylabel(QUALITIES[quality])
        _legend(figure, rows, methods)
    return figure


def clock(rows: pd.DataFrame) -> str:
    """Return the currency of the horizontal axis: examples unless none were spent."""
    return "examples" if (rows["examples"] > 0).any() else "evaluations"


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Average step functions where all of them are known."""
    start = max(float(x[0]) for x, _ in curves)
    end = min(float(x[-1]) for x, _ in curves)
    points = np.unique(np.concatenate([x for x, _ in curves]))
    points = points[(points >= start) & (points <= end)]
    at = [y[np.searchsorted(x, points, side="right") - 1] for x, y in curves]
    return points, np.mean(at, axis=0)


def _panel(axes: Axes, rows: pd.DataFrame, quality: str, methods: Sequence[str]) -> None:
    currency = clock(rows)
    rows = rows[rows[quality].notna() & rows[currency].notna()]
    if len(rows) == 0:
        say_nothing(axes, "nothing logged")
        return
    for key, group in rows.groupby(["method", "role"], sort=False):
        method, role = (str(part) for part in key)
        curves: list[Curve] = [
            (one[currency].to_numpy(float), one[quality].to_numpy(float))
            for _, one in group.groupby("job", sort=False)
        ]
        colour = colour_of(method, methods) if method in methods else "#555555"
        # The best so far holds until it is beaten; an accuracy is measured at its tick.
        way = "steps-post" if quality == "best_val_so_far" else "default"
        look = {"color": colour, "linestyle": DASHES.get(role, "-"), "drawstyle": way}
        for x, y in curves:
            axes.plot(x, y, lw=0.8, alpha=0.45, marker="." if len(x) == 1 else "", **look)
        x, y = mean_curve(curves)
        axes.plot(x, y, lw=2.4, marker="o" if len(x) == 1 else "", **look)
    axes.set_xlabel("training examples of this search" if currency == "examples" else "evaluations")
    axes.grid(color="#e2e2e2", linewidth=0.6)
    axes.set_axisbelow(True)


def _legend(figure: Figure, rows: pd.DataFrame, methods: Sequence[str]) -> None:
    handles = [
        Line2D([], [], color=colour_of(method, methods), lw=2.4, label=method)
        for method in methods
        if method in set(rows["method"])
    ]
    handles += [
        Line2D([], [], color="#333333", lw=1.8, linestyle=dashes, label=role)
        for role, dashes in DASHES.items()
        if role in set(rows["role"])
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
