"""Where the architecture parameters ended: the mean share of each operation on each edge."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from analysis.arms import ARMS
from analysis.figures.style import DIVERGING, WIDEST, canvas, explain_nothing, styled
from analysis.study import Study

KEY = ["method", "search", "cell", "edge", "operation"]
# Inches per operation and edge, and of what is beside and below a panel.
TILE, BESIDE, BELOW = 0.27, 1.75, 1.5


class Share(NamedTuple):
    """The share of an operation on an edge, over a method's searches for one purpose."""

    method: Annotated[str, "Title."]
    search: Annotated[str, "Purpose and task."]
    n: Annotated[int, "Number of searches."]
    cell: Annotated[str, "Which cell."]
    edge: Annotated[str, "Name of the edge."]
    operation: Annotated[str, "Its name."]
    share: Annotated[float, "Mean softmax of the architecture parameters, in [0, 1]."]


def collect(study: Study) -> pd.DataFrame:
    """Return the mean softmax at the last tick over a method's searches for one purpose."""
    alphas = study.tables.alphas
    final = alphas["tick"] == alphas.groupby("job")["tick"].transform("max")
    return mean_shares(study, alphas[final])


def mean_shares(study: Study, alphas: pd.DataFrame) -> pd.DataFrame:
    """Return the mean softmax over a method's finished searches for one purpose.

    Parameters whose edges have no names are left out.

    Args:
        study: Whose searches.
        alphas: Raw parameters, of one tick of each search.
    """
    searches = study.tables.searches
    searches = searches[(searches["status"] == "done")]
    alphas = alphas[(alphas["cell"] != "") & alphas["job"].isin(searches["job"])]
    edges = ["job", "cell", "edge"]
    highest = alphas.groupby(edges)["alpha"].transform("max")
    shares = alphas.assign(share=(alphas["alpha"] - highest).astype(float).map(np.exp))
    shares["share"] /= shares.groupby(edges)["share"].transform("sum")
    order = searches.assign(place=searches["role"].map(list(ARMS).index))
    order = order.sort_values(["place", "task"], kind="stable")[["job", "method", "role", "task"]]
    order["search"] = order["role"] + " (" + order["task"] + ")"
    table = order.merge(shares, on="job", sort=False)
    table = table.rename(columns={"op": "operation"})
    means = table.groupby(KEY, sort=False, as_index=False).agg(
        n=("job", "nunique"), share=("share", "mean")
    )
    names = {name: place for place, name in enumerate(study.methods)}
    means = means.sort_values("method", key=lambda column: column.map(names), kind="stable")
    return means[list(Share._fields)].reset_index(drop=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row per method and cell, a column per purpose: edges down, operations across."""
    searches = list(dict.fromkeys(table["search"]))
    rows = list(table.groupby(["method", "cell"], sort=False))
    with styled():
        if not rows:
            return explain_nothing("no search has architecture parameters of named edges")
        tall = [TILE * group["edge"].nunique() + BELOW for _, group in rows]
        wide = max(group["operation"].nunique() for _, group in rows)
        across = len(searches) * (TILE * wide + BESIDE) + 1.0
        figure = canvas(min(across, WIDEST), sum(tall))
        grid = figure.subplots(len(rows), len(searches), squeeze=False, height_ratios=tall)
        most = farthest(table)
        for panels, ((method, cell), group) in zip(grid, rows, strict=True):
            for axes, search in zip(panels, searches, strict=True):
                its = group[group["search"] == search]
                if its.empty:
                    axes.set_axis_off()
                    continue
                image = draw_shares(axes, group, its, most)
                axes.set_title(f"{method}, {cell}\n{search}, n = {its['n'].max()}", loc="left")
        figure.colorbar(image, ax=list(grid[:, -1]), label="share times operations\n(1 = uniform)")
    return figure


def farthest(table: pd.DataFrame) -> float:
    """Return how far a share is at most from uniform, in multiples of the uniform share."""
    operations = table.groupby(["method", "cell", "edge"])["operation"].transform("nunique")
    return float((table["share"] * operations - 1).abs().max()) or 1.0


def draw_shares(axes: Axes, group: pd.DataFrame, its: pd.DataFrame, most: float) -> QuadMesh:
    """Draw one purpose; all purposes of a method and cell have the same edges and operations.

    Args:
        axes: Of the purpose.
        group: Shares of the method and cell, of all purposes.
        its: Shares of the purpose.
        most: Distance from uniform at which colours end, see ``farthest``.
    """
    edges, operations = (list(dict.fromkeys(group[name])) for name in ("edge", "operation"))
    shares = its.pivot(index="edge", columns="operation", values="share")
    shares = shares.reindex(index=edges, columns=operations)
    times = shares.to_numpy(float) * shares.notna().sum(axis=1).to_numpy()[:, None]
    image = axes.pcolormesh(times, cmap=DIVERGING, vmin=1 - most, vmax=1 + most)
    axes.set_facecolor("#dddddd")
    axes.set_yticks(np.arange(len(edges)) + 0.5, edges)
    axes.set_xticks(np.arange(len(operations)) + 0.5, operations, rotation=40, ha="right")
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    return image
