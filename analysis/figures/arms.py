"""Every value of every arm, with its mean: the picture that no summary may contradict."""

from __future__ import annotations

import math
import re
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.answers.arms import finite
from analysis.arms import ARMS, RANDOM, label_arm
from analysis.figures.rows import drawn_once
from analysis.figures.style import canvas, explain_nothing, look_of, place_of, styled
from analysis.loading.rows import Row, frame, list_rows
from analysis.statistics.intervals import mean_interval
from analysis.study import Study

# Quartile distances beyond which a value is left outside the axis; runs from which dots are small.
FAR, MANY = 3.0, 60
LISTED = 3  # values beyond the axis that are named one by one


class ArmRun(NamedTuple):
    """An independent observation of an arm, with the summary of the arm."""

    target: Annotated[str, "Task that is trained and tested on."]
    row: Annotated[int, "Place of the arm from the top of the target's panel."]
    label: Annotated[str, "The arm in words."]
    method: Annotated[str, "Its title; empty for random architectures of all methods."]
    look: Annotated[int, "Place of the method among all; -1 for random architectures."]
    arm: Annotated[str, "Name of the arm."]
    source: Annotated[str, "Task that was searched first; empty for random architectures."]
    unit: Annotated[str, "Digest of the search, or number and text of the random architecture."]
    seed: Annotated[int, "Of the search, or number of the random architecture."]
    status: Annotated[str, "`done`, or why there is no value."]
    value: Annotated[float, "Test accuracy in percent, the mean over trainings."]
    mean: Annotated[float, "Mean over the arm."]
    sd: Annotated[float, "Standard deviation of the arm."]
    low: Annotated[float, "Lower limit of the 95 % t interval of the mean."]
    high: Annotated[float, "Upper limit."]


def collect(study: Study) -> pd.DataFrame:
    """Return one row per independent observation, with the summary of its arm."""
    units = drawn_once(study.units, "unit")
    rows = (
        ArmRun(target=study.labels.get(str(target), str(target)), row=row, **unit)
        for target, panel in units.groupby("target", sort=False)
        for row, arm in enumerate(_arms(panel, study.methods))
        for unit in arm
    )
    return frame(ArmRun, rows)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per target: a row per arm, a point per run, mean and 95 % t interval."""
    targets = list(table["target"].unique())
    heights = [max(2, 1 + table["row"][table["target"] == target].max()) for target in targets]
    with styled():
        if not targets:
            return explain_nothing("no runs were planned")
        figure = canvas(12.5, sum(heights) * 0.33 + 0.75 * len(heights))
        panels = figure.subplots(len(targets), squeeze=False, height_ratios=heights)[:, 0]
        for axes, target in zip(panels, targets, strict=True):
            _panel(axes, target, table[table["target"] == target])
    return figure


def _arms(panel: pd.DataFrame, methods: list[str]) -> list[list[Row]]:
    """Return the rows of each arm of one target, from the top."""
    found = []
    for key, group in panel.groupby(["method", "arm", "source"], sort=False):
        method, arm, source = (str(part) for part in key)
        label = label_arm(method, arm, source)
        look = place_of(method, methods)
        order = (len(methods) if look < 0 else look, list(ARMS).index(arm), label)
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
        found.append((order, [{**unit, **common} for unit in list_rows(units)]))
    return [rows for _, rows in sorted(found, key=lambda item: item[0])]


def _panel(axes: Axes, target: str, table: pd.DataFrame) -> None:
    axes.set_title(f"trained and tested on {target}")
    limits = _limits(table)
    labels = []
    for row, arm in table.groupby("row"):
        labels.append(str(arm["label"].iloc[0]))
        if arm["arm"].iloc[0] == RANDOM:
            _band(axes, arm)
        _strip(axes, int(str(row)), arm, limits)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    if limits is not None:
        axes.set_xlim(*limits)
    axes.set_xlabel("test accuracy, %")
    axes.grid(axis="x")


def _limits(table: pd.DataFrame) -> tuple[float, float] | None:
    """Return where the axis ends: around all values, or around most if few are far from them.

    A value is far if it is beyond the outermost quartile of all arms by more than ``FAR`` times
    the widest distance of an arm's quartiles. Intervals of two or three runs widen no axis.
    """
    arms = [np.array(finite(arm)) for _, arm in table.groupby("row")]
    arms = [values for values in arms if len(values)]
    if not arms:
        return None
    quartiles = [np.quantile(values, [0.25, 0.75]) for values in arms]
    widest = max(high - low for low, high in quartiles)
    low = max(min(float(values.min()) for values in arms),
              min(low for low, _ in quartiles) - FAR * widest)  # fmt: skip
    high = min(max(float(values.max()) for values in arms),
               max(high for _, high in quartiles) + FAR * widest)  # fmt: skip
    room = 0.04 * (high - low) or 0.5
    return max(low - room, -1.0), min(high + room, 101.0)


def _band(axes: Axes, arm: pd.DataFrame) -> None:
    """Shade where random architectures are, if that is known."""
    mean, spread = float(arm["mean"].iloc[0]), float(arm["sd"].fillna(0.0).iloc[0])
    if not math.isnan(mean):
        axes.axvspan(mean - spread, mean + spread, color="#e4e4e4", zorder=0)
        axes.axvline(mean, color="#777777", linewidth=1, linestyle=(0, (4, 2)), zorder=1)


def _strip(axes: Axes, row: int, arm: pd.DataFrame, limits: tuple[float, float] | None) -> None:
    values = finite(arm)
    if not values or limits is None:
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
    is_many = len(values) > MANY
    # Heights in turn keep equal values apart, the same way each time.
    lanes = 7 if is_many else 3
    heights = [row - 0.08 + 0.24 * (index % lanes / (lanes - 1) - 0.5)
               for index in range(len(values))]  # fmt: skip
    points = axes.scatter(
        values,
        heights,
        s=9 if is_many else 34,
        marker=marker,
        color=colour,
        alpha=0.35 if is_many else 0.75,
        linewidths=0,
        zorder=3,
        rasterized=is_many,
    )
    if not is_many:
        points.set_gid(_points_id(arm))
    _outside(axes, row, values, limits)
    mean, low, high = (float(arm[name].iloc[0]) for name in ("mean", "low", "high"))
    if not math.isnan(low):
        axes.plot([low, high], [row + 0.28] * 2, color=colour, lw=2.2, zorder=3)
    axes.plot([mean], [row + 0.28], "|", color="black", ms=11, mew=2, zorder=4)


def name_points(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return what each dot is, in the order drawn, by the id of its arm's dots in an SVG."""
    names = {}
    for _, arm in table.groupby(["target", "row"], sort=False):
        known = arm[np.isfinite(arm["value"].astype(float))]
        if 0 < len(known) <= MANY:
            names[_points_id(arm)] = [
                f"{row['label']}, seed {row['seed']}: {row['value']:.2f} %, {row['unit']}"
                for row in known.to_dict("records")
            ]
    return names


def _points_id(arm: pd.DataFrame) -> str:
    first = arm.iloc[0]
    return re.sub(r"\W+", "-", f"points-{first['target']}-{first['row']}")


def _outside(axes: Axes, row: int, values: list[float], limits: tuple[float, float]) -> None:
    """Say at the edge of the axes which values are beyond it."""
    low = sorted(value for value in values if value < limits[0])
    high = sorted(value for value in values if value > limits[1])
    for found, place, side, arrow in ((low, 0.0, "left", "◂ {}"), (high, 1.0, "right", "{} ▸")):
        axes.text(
            place,
            row - 0.3,
            arrow.format(_name_values(found)) if found else "",
            transform=axes.get_yaxis_transform(),
            ha=side,
            va="center",
            size=8.5,
            color="#b3300f",
        )


def _name_values(found: list[float]) -> str:
    if len(found) > LISTED:
        return f"{len(found)} runs, {found[0]:.1f} to {found[-1]:.1f}"
    return ", ".join(f"{value:.1f}" for value in found)
