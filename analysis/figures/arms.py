"""Every value of every arm, with its mean: the picture that no summary may contradict."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.answers.arms import finite
from analysis.answers.evaluation import Results
from analysis.figures.rows import drawn_once
from analysis.figures.style import canvas, look_of, place_of, say_nothing, styled
from analysis.statistics.intervals import mean_interval

ORDER = ("source", "transferred", "continued", "direct", "direct_long", "resumed", "random")
COLUMNS = [
    "target",
    "row",
    "label",
    "method",
    "look",
    "arm",
    "source",
    "unit",
    "seed",
    "status",
    "value",
    "mean",
    "sd",
    "low",
    "high",
]


def collect(results: Results, study: str) -> pd.DataFrame:
    """Return one row per independent observation, with the summary of its arm.

    ``row`` is the arm's place from the top of its target's panel, ``look`` the place of its method
    among all (-1: random architectures); ``low`` and ``high`` limit the 95 % t interval of the
    mean.
    """
    units = drawn_once(results.units[results.units["study"] == study], "unit")
    rows = [
        {"target": results.labels.get(str(target), str(target)), "row": row, **unit}
        for target, panel in units.groupby("target", sort=False)
        for row, arm in enumerate(_arms(panel, results.all_methods))
        for unit in arm
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per target: a row per arm, a point per run, mean and 95 % t interval."""
    targets = list(table["target"].unique())
    heights = [max(2, 1 + table["row"][table["target"] == target].max()) for target in targets]
    with styled():
        figure = canvas(9.5, (sum(heights) or 2) * 0.42 + 1.1 * max(1, len(heights)))
        panels = figure.subplots(
            max(1, len(targets)), 1, squeeze=False, gridspec_kw={"height_ratios": heights or [1]}
        )[:, 0]
        if not targets:
            say_nothing(panels[0], "no runs were planned")
        for axes, target in zip(panels, targets, strict=False):
            _panel(axes, target, table[table["target"] == target])
    return figure


def _arms(panel: pd.DataFrame, methods: list[str]) -> list[list[dict[Any, Any]]]:
    """Return the rows of each arm of one target, from the top."""
    found = []
    for key, group in panel.groupby(["method", "arm", "source"], sort=False):
        method, arm, source = (str(part) for part in key)
        label = "random architectures" if arm == "random" else f"{method}: {arm}"
        if arm in {"transferred", "continued"}:
            label += f" from {source}"
        look = place_of(method, methods)
        order = (len(methods) if look < 0 else look, ORDER.index(arm), label)
        values = finite(group)
        interval = mean_interval(values)
        common = {
            "label": label,
            "look": look,
            "mean": interval.estimate,
            "sd": float(np.std(values, ddof=1)) if len(values) > 1 else math.nan,
            "low": interval.low,
            "high": interval.high,
        }
        units = group[["method", "arm", "source", "unit", "seed", "status", "value"]]
        found.append((order, [{**unit, **common} for unit in units.to_dict("records")]))
    return [rows for _, rows in sorted(found, key=lambda item: item[0])]


def _panel(axes: Axes, target: str, table: pd.DataFrame) -> None:
    axes.set_title(f"trained and tested on {target}", loc="left")
    labels = []
    scale = "test accuracy (%)"
    for row, arm in table.groupby("row"):
        labels.append(str(arm["label"].iloc[0]))
        if arm["arm"].iloc[0] == "random":
            scale += "; grey band: random architectures, mean ± SD" * _band(axes, arm)
        _strip(axes, int(str(row)), arm)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    # Intervals of two or three runs reach far beyond what an accuracy can be.
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, -1.0), min(high, 101.0))
    axes.set_xlabel(scale)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _band(axes: Axes, arm: pd.DataFrame) -> bool:
    """Shade where random architectures lie, if that is known."""
    mean, spread = float(arm["mean"].iloc[0]), float(arm["sd"].fillna(0.0).iloc[0])
    if math.isnan(mean):
        return False
    axes.axvspan(mean - spread, mean + spread, color="#e4e4e4", zorder=0)
    axes.axvline(mean, color="#777777", linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    return True


def _strip(axes: Axes, row: int, arm: pd.DataFrame) -> None:
    values = finite(arm)
    if not values:
        axes.annotate(
            "no finished run",
            (0.01, row),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            color="#555555",
            style="italic",
            bbox={"fc": "white", "ec": "none", "pad": 1.5},
        )
        return
    colour, marker = look_of(int(arm["look"].iloc[0]))
    # Three heights in turn keep equal values apart, the same way each time.
    heights = [row + 0.12 * (index % 3 - 1) - 0.08 for index in range(len(values))]
    axes.scatter(
        values, heights, s=34, marker=marker, color=colour, alpha=0.75, linewidths=0, zorder=3
    )
    mean, low, high = (float(arm[name].iloc[0]) for name in ("mean", "low", "high"))
    if not math.isnan(low):
        axes.plot([low, high], [row + 0.28] * 2, color=colour, lw=2.2, zorder=3)
    axes.plot([mean], [row + 0.28], "|", color="black", ms=11, mew=2, zorder=4)
