"""Accuracy against what a network costs: which arms no other one beats in both."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.arms import ARMS, RANDOM
from analysis.figures.rows import drawn_once
from analysis.figures.style import (
    canvas,
    explain_nothing,
    look_of,
    mark_methods,
    place_of,
    styled,
    thousands,
)
from analysis.statistics.pareto import box_of, hypervolume, on_front
from analysis.study import Study

AXES = {
    "latency_ms": "latency by the table (ms)",
    "macs": "multiply-adds of the trained network",
}
POINT, MEAN = "network", "mean"
FADED = 0.3


class Network(NamedTuple):
    """A trained network, or the mean of an arm's networks."""

    target: Annotated[str, "Task that is trained and tested on."]
    kind: Annotated[str, "`network` or `mean`."]
    method: Annotated[str, "Its title; empty for random architectures of all methods."]
    look: Annotated[int, "Place of the method among all; -1 for random architectures."]
    arm: Annotated[str, "Name of the arm."]
    source: Annotated[str, "Task that was searched first; empty for random architectures."]
    job: Annotated[str, "Digest of the training; empty for a mean."]
    currency: Annotated[str, "What `cost` is: `macs` or `latency_ms`."]
    cost: Annotated[float, "Multiply-adds for one image, or milliseconds by a table."]
    test_acc: Annotated[float, "Test accuracy in percent."]
    on_front: Annotated[
        bool,
        "Whether no other mean of the target is as good in cost and accuracy.",
    ]


def currency_of(runs: pd.DataFrame) -> str:
    """Return the column that networks are priced by: milliseconds where a table was used."""
    return "latency_ms" if runs["latency_ms"].notna().any() else "macs"


def collect(study: Study) -> pd.DataFrame:
    """Return one row per trained network, and one per arm: the mean of its networks."""
    runs = study.tables.runs
    runs = runs[(runs["status"] == "done")]
    currency = currency_of(runs)
    known = drawn_once(runs[runs[currency].notna() & runs["test_acc"].notna()], "job")
    known = known.assign(
        cost=known[currency],
        currency=currency,
        kind=POINT,
        look=[place_of(str(name), study.methods) for name in known["method"]],
        target=[study.labels.get(str(name), str(name)) for name in known["target"]],
        on_front=False,
    )
    panels = [pd.concat([panel, _means(panel)]) for _, panel in known.groupby("target", sort=False)]
    return pd.concat([known.head(0), *panels], ignore_index=True)[list(Network._fields)]


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per target: networks as small dots, means lettered, the front as steps."""
    targets = list(table["target"].unique())
    with styled():
        if not targets:
            return explain_nothing("no finished run has a cost")
        figure = canvas(1.0 + 4.8 * len(targets), 4.2)
        panels = figure.subplots(1, len(targets), squeeze=False)[0]
        for axes, target in zip(panels, targets, strict=True):
            _panel(axes, table[table["target"] == target])
            axes.set_title(f"trained and tested on {target}")
            axes.xaxis.set_major_formatter(thousands())
            axes.xaxis.set_major_locator(MaxNLocator(5))
            axes.set_xlabel(AXES[str(table["currency"].iloc[0])])
        panels[0].set_ylabel("test accuracy (%)")
        figure.legend(handles=_legend(table), loc="outside lower center", ncols=5)
    return figure


def volumes(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return by target the hypervolume of all means together and of each method's own.

    As a share of the box around the target's means; NaN where the box has no area.
    """
    means = table[table["kind"] == MEAN]
    found = {}
    for target, panel in means.groupby("target", sort=False):
        box = box_of(panel["cost"], panel["test_acc"])
        groups = {"all": panel}
        groups |= {str(name) or RANDOM: own for name, own in panel.groupby("method", sort=False)}
        found[str(target)] = {
            name: hypervolume(own["cost"], own["test_acc"], box) for name, own in groups.items()
        }
    return found


def _means(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each arm, marked where it is on the front."""
    key = ["target", "method", "look", "arm", "source", "currency"]
    means = panel.groupby(key, sort=False, as_index=False)[["cost", "test_acc"]].mean()
    return means.assign(kind=MEAN, job="", on_front=on_front(means["cost"], means["test_acc"]))


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    for look, group in table[table["kind"] == POINT].groupby("look", sort=False):
        colour, marker = look_of(int(str(look)))
        axes.scatter(
            group["cost"],
            group["test_acc"],
            s=12,
            c=colour,
            marker=marker,
            alpha=0.55,
            linewidths=0,
            rasterized=len(table) > 2000,
        )
    means = table[table["kind"] == MEAN]
    for row in means.to_dict("records"):
        _mean(axes, row)
    _steps(axes, means[means["on_front"].astype(bool)])
    axes.margins(0.08)
    axes.grid(visible=True)


def _mean(axes: Axes, row: dict[Any, Any]) -> None:
    """Draw an arm's mean with its letter; faded if another mean beats it."""
    colour, marker = look_of(int(row["look"]))
    is_front = bool(row["on_front"])
    at = (float(row["cost"]), float(row["test_acc"]))
    axes.plot(
        *at,
        marker=marker,
        color=colour,
        markersize=13,
        alpha=1.0 if is_front else FADED,
        markeredgecolor="black",
        markeredgewidth=1.4 if is_front else 0.6,
        zorder=4 if is_front else 3,
    )
    axes.annotate(
        ARMS[str(row["arm"])].letter,
        at,
        ha="center",
        va="center_baseline",
        size=9,
        weight="bold",
        color="white" if is_front else "black",
        zorder=5,
    )


def _steps(axes: Axes, front: pd.DataFrame) -> None:
    """Draw the best mean accuracy that each cost buys."""
    if len(front) == 0:
        return
    order = front.sort_values("cost", kind="stable")
    x, y = order["cost"].to_numpy(float), order["test_acc"].to_numpy(float)
    right = max(float(axes.dataLim.x1), float(x[-1]))
    axes.plot(
        np.append(x, right),
        np.append(y, y[-1]),
        drawstyle="steps-post",
        color="#222222",
        lw=1.2,
        linestyle=(0, (5, 2)),
        zorder=2,
    )


def _legend(table: pd.DataFrame) -> list[Line2D]:
    handles = mark_methods(table, ls="", mew=0.2)
    arms = set(table["arm"])
    handles += [
        Line2D(
            [], [], marker=rf"$\mathbf{{{arm.letter}}}$", color="black", ls="", mew=0.2, label=name
        )
        for name, arm in ARMS.items()
        if name in arms and arm.letter
    ]
    front = Line2D([], [], color="#222222", lw=1.2, linestyle=(0, (5, 2)), label="front of means")
    return [*handles, front]
