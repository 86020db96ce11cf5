"""The course of alpha: how decided edges are, and how often their strongest operation switches."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.arms import ARMS, CONTINUED, DIRECT, SOURCE
from analysis.figures.style import COLOURS, canvas, explain_nothing, styled
from analysis.numbers import pair_label
from analysis.study import Study

KEY = ["method", "source", "target"]
MEASURES = {
    "entropy": "mean entropy of the edges\n(1 = uniform)",
    "margin": "mean margin of the edges'\ntwo strongest operations",
    "switches_so_far": "switches of edges' strongest\noperation so far",
    "skips": "share of edges whose strongest\noperation is a skip",
}
STAGES = {SOURCE: "source", CONTINUED: "continued (after the swap)", DIRECT: DIRECT}
SEED, MEAN = "seed", "mean"


class Point(NamedTuple):
    """A tick of one search, or the mean of searches at it."""

    method: Annotated[str, "Title."]
    source: Annotated[str, "Task searched first."]
    target: Annotated[str, "Task the search went on with."]
    stage: Annotated[str, "`source`, `continued` or `direct`."]
    kind: Annotated[str, "`seed` or `mean`."]
    seed: Annotated[float, "Of the search; NaN for a mean."]
    n: Annotated[int, "Number of searches."]
    tick: Annotated[int, "Number of the log entry."]
    epoch: Annotated[float, "Of the search."]
    place: Annotated[
        float,
        "Where the tick is drawn, in epochs since the source search began; a direct search is "
        "drawn where the continued one is, as both see the target's data.",
    ]
    entropy: Annotated[float, "Mean normalised entropy of the edges: 1 uniform, 0 decided."]
    margin: Annotated[float, "Mean distance of an edge's two largest shares."]
    switches_so_far: Annotated[float, "Number of times that an edge's strongest operation changed."]
    skips: Annotated[float, "Share of edges whose strongest operation is a skip connection."]


def collect(study: Study) -> pd.DataFrame:
    """Return the course of every search and the mean over seeds, by tick."""
    course = study.changes["alpha_course"]
    seeds = course.assign(kind=SEED, n=1)
    key = [*KEY, "stage", "tick"]
    means = course.groupby(key, sort=False, as_index=False).agg(
        n=("seed", "size"), epoch=("epoch", "mean"), **{name: (name, "mean") for name in MEASURES}
    )
    table = pd.concat([seeds, means.assign(kind=MEAN)], ignore_index=True)
    is_source = table["stage"] == SOURCE
    swap = table[is_source].groupby(KEY)["epoch"].max()
    pairs = pd.Series(table[KEY].itertuples(index=False, name=None), index=table.index)
    begins = pairs.map(lambda pair: swap.get(pair, 0.0)).astype(float)
    table["place"] = table["epoch"].astype(float) + begins.where(~is_source, 0.0)
    return table.reindex(columns=list(Point._fields))


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row per method and pair: entropy, margin, switches and skips, the swap as a line."""
    groups = list(table.groupby(KEY, sort=False))
    with styled():
        if not groups:
            return explain_nothing("no search has architecture parameters")
        figure = canvas(15.5, 2.9 * len(groups) + 0.5)
        grid = figure.subplots(len(groups), len(MEASURES), squeeze=False)
        for row, (key, group) in zip(grid, groups, strict=True):
            method, source, target = map(str, key)
            for axes, (name, label) in zip(row, MEASURES.items(), strict=True):
                _panel(axes, group, name)
                axes.set_ylabel(label)
            row[0].set_title(f"{method}, {pair_label(source, target)}", weight="bold")
        for axes in grid[-1]:
            axes.set_xlabel("epochs since the source search began")
        handles = {
            label: handle
            for axes in grid[:, 0]
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            handles.values(), handles, loc="outside lower left", ncols=4,
            handlelength=3.6,
        )  # fmt: skip
    return figure


def _panel(axes: Axes, group: pd.DataFrame, name: str) -> None:
    for number, (stage, label) in enumerate(STAGES.items()):
        its = group[group["stage"] == stage]
        look: dict[str, Any] = {"color": COLOURS[number], "ls": ARMS[stage].dash}
        for _, line in its[its["kind"] == SEED].groupby("seed", sort=False):
            axes.plot(line["place"], line[name], lw=0.7, alpha=0.45, **look)
        mean = its[its["kind"] == MEAN]
        if len(mean):
            axes.plot(mean["place"], mean[name], lw=2.4, label=f"{label}: mean of seeds", **look)
    swapped = group[(group["stage"] == CONTINUED)]["place"]
    if len(swapped):
        axes.axvline(swapped.min(), color="black", lw=0.9, ls=(0, (4, 3)), label="data swapped")
