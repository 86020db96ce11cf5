"""Every value of every arm, with its mean: the picture that no summary may contradict."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.aggregate import finite
from analysis.plots.style import canvas, colour_of, marker_of, say_nothing, styled
from analysis.significance import mean_interval

ORDER = ("source", "transferred", "continued", "direct", "direct_long", "resumed", "random")


def draw(units: pd.DataFrame, methods: Sequence[str]) -> Figure:
    """Draw one panel per target: a row per arm, a point per run, mean and 95 % t interval.

    Args:
        units: Of one study.
        methods: In the order of their colours.
    """
    targets = list(units["target"].unique())
    rows = {target: _rows(units[units["target"] == target], methods) for target in targets}
    heights = [max(2, len(rows[target])) for target in targets] or [2]
    with styled():
        figure = canvas(9.5, sum(heights) * 0.42 + 1.1 * len(heights))
        panels = figure.subplots(
            max(1, len(targets)), 1, squeeze=False, gridspec_kw={"height_ratios": heights}
        )[:, 0]
        if not targets:
            say_nothing(panels[0], "no runs")
        for axes, target in zip(panels, targets, strict=False):
            _panel(axes, target, rows[target], methods)
    return figure


def _rows(units: pd.DataFrame, methods: Sequence[str]) -> list[tuple[str, str, str, list[float]]]:
    """Return method, arm, label and values of each row, from the top."""
    found = []
    for key, group in units.groupby(["method", "arm", "source"], sort=False):
        method, arm, source = (str(part) for part in key)
        label = "random architectures" if arm == "random" else f"{method}: {arm}"
        if arm in {"transferred", "continued"}:
            label += f" from {source}"
        found.append((method, arm, label, finite(group)))
    return sorted(
        found,
        key=lambda row: (
            methods.index(row[0]) if row[0] in methods else len(methods),
            ORDER.index(row[1]),
            row[2],
        ),
    )


def _panel(
    axes: Axes,
    target: str,
    rows: list[tuple[str, str, str, list[float]]],
    methods: Sequence[str],
) -> None:
    axes.set_title(f"trained and tested on {target}", loc="left")
    for place, (method, arm, _, values) in enumerate(rows):
        if arm == "random":
            _band(axes, values)
        is_random = method not in methods
        colour = "#555555" if is_random else colour_of(method, methods)
        marker = "d" if is_random else marker_of(method, methods)
        _strip(axes, place, values, colour, marker)
    axes.set_yticks(range(len(rows)), [label for _, _, label, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    # Intervals of two or three runs reach far beyond what an accuracy can be.
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, -1.0), min(high, 101.0))
    axes.set_xlabel("test accuracy (%)")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _band(axes: Axes, values: list[float]) -> None:
    if not values:
        return
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    axes.axvspan(mean - spread, mean + spread, color="#e4e4e4", zorder=0, label="random: mean ± SD")
    axes.set_title("grey band: random architectures, mean ± SD", loc="right", size=9)
    axes.axvline(mean, color="#777777", linewidth=1, linestyle=(0, (4, 2)), zorder=1)


def _strip(axes: Axes, place: int, values: list[float], colour: str, marker: str) -> None:
    if not values:
        axes.annotate(
            "no finished run",
            (0.01, place),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            color="#555555",
            style="italic",
            bbox={"fc": "white", "ec": "none", "pad": 1.5},
        )
        return
    # Three heights in turn keep equal values apart, the same way each time.
    heights = [place + 0.12 * (index % 3 - 1) - 0.08 for index in range(len(values))]
    axes.scatter(
        values, heights, s=34, marker=marker, color=colour, alpha=0.75, linewidths=0, zorder=3
    )
    found = mean_interval(values)
    if not math.isnan(found.low):
        axes.plot([found.low, found.high], [place + 0.28] * 2, color=colour, lw=2.2, zorder=3)
    axes.plot([found.estimate], [place + 0.28], "|", color="black", ms=11, mew=2, zorder=4)
