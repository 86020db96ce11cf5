"""Accuracy against what a network costs: every trained network a point."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.plots.style import canvas, colour_of, marker_of, say_nothing, styled

AXES = {
    "latency_ms": "latency by the table (ms)",
    "macs": "multiply-adds of the trained network",
}


def currency_of(runs: pd.DataFrame) -> str:
    """Return the column that networks are priced by: milliseconds where a table was used."""
    return "latency_ms" if runs["latency_ms"].notna().any() else "macs"


def draw(runs: pd.DataFrame, methods: Sequence[str]) -> Figure:
    """Draw one panel per target; grey diamonds are random architectures.

    Args:
        runs: Finished ones of one study.
        methods: In the order of their colours.
    """
    column = currency_of(runs)
    shown = runs[runs[column].notna() & runs["test_acc"].notna()]
    targets = list(shown["target"].unique())
    with styled():
        figure = canvas(1.0 + 4.8 * max(1, len(targets)), 4.0)
        panels = figure.subplots(1, max(1, len(targets)), squeeze=False)[0]
        if not targets:
            say_nothing(panels[0], "no finished run has a cost")
            return figure
        for axes, target in zip(panels, targets, strict=True):
            _panel(axes, shown[shown["target"] == target], column, methods)
            axes.set_title(f"trained and tested on {target}", loc="left")
            axes.set_xlabel(AXES[column])
        panels[0].set_ylabel("test accuracy (%)")
        _legend(figure, panels[0], shown, methods)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, column: str, methods: Sequence[str]) -> None:
    for name, group in rows.groupby("method", sort=False):
        colour, marker = _look(str(name), methods)
        axes.scatter(
            group[column],
            group["test_acc"],
            s=26,
            c=colour,
            marker=marker,
            alpha=0.75,
            linewidths=0,
        )
        means = group[column].mean(), group["test_acc"].mean()
        axes.plot(*means, marker=marker, color=colour, markersize=10, markeredgecolor="black")
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _legend(figure: Figure, axes: Axes, rows: pd.DataFrame, methods: Sequence[str]) -> None:
    handles = []
    for name in rows["method"].unique():
        colour, marker = _look(str(name), methods)
        label = str(name) if name in methods else "random architectures"
        (handle,) = axes.plot([], [], marker=marker, color=colour, linestyle="", label=label)
        handles.append(handle)
    (mean,) = axes.plot(
        [], [], "o", color="white", markeredgecolor="black", markersize=9, label="large: mean"
    )
    figure.legend(handles=[*handles, mean], loc="outside lower center", ncols=5, frameon=False)


def _look(name: str, methods: Sequence[str]) -> tuple[str, str]:
    if name in methods:
        return colour_of(name, methods), marker_of(name, methods)
    return "#555555", "d"
