"""How alike searches' architectures are: a heat map ordered by average linkage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from analysis.answers.cells.searched import GROUP, Collection, average_pairs, count_found
from analysis.architectures.chance import Chance
from analysis.architectures.metrics import MEAN, distance
from analysis.figures.style import (
    COLOURS,
    DIVERGING,
    WIDEST,
    canvas,
    explain_nothing,
    place_of,
    styled,
)
from analysis.loading.rows import frame
from analysis.numbers import several
from analysis.study import Study

# Inches a row. Up to so many searches have a row each; of more, a row is all of one purpose.
ROW, MOST_ROWS = 0.2, 60
STRIPS = ("method", "task")


class Pair(NamedTuple):
    """Two rows of the map: two searches, or the searches of two methods, purposes and tasks."""

    row: Annotated[int, "Place in the order drawn."]
    column: Annotated[int, "The other's place."]
    method: Annotated[str, "Title."]
    place: Annotated[int, "The method's, which fixes its colour."]
    task: Annotated[str, "Where the row's searches searched."]
    role: Annotated[str, "What they are for."]
    seeds: Annotated[str, "Which they are: `seed 3`, or `500 seeds`."]
    likeness: Annotated[
        float,
        "One less the mean distance over pairs, 1 for equal; NaN if there is no pair.",
    ]
    chance_mean: Annotated[float, "The same of random architectures; NaN if unknown."]


def collect(study: Study) -> pd.DataFrame:
    """Return the likeness of all pairs of rows, over the mean of the cells if there are several."""
    return frame(Pair, _list_pairs(study.found, study.chance, study.methods))


def _list_pairs(collection: Collection, chance: Chance, methods: Sequence[str]) -> Iterator[Pair]:
    found = collection.found
    key = [*GROUP, "seed"] if len(found) <= MOST_ROWS else GROUP
    groups = [its for _, its in found.groupby(key, sort=False)]
    if len(groups) < 2:
        return
    cell = MEAN if MEAN in collection.values else next(iter(collection.values))
    distances = collection.distances(cell)
    means = average_pairs(distances, count_found(groups, len(distances)))
    mean = chance.judge(cell, collection.metric, np.nan).chance_mean
    expected = 1 - float(distance(collection.metric, np.array(mean)))
    for row, first in enumerate(order := _order(means)):
        its = groups[first]
        about = its.iloc[0]
        seeds = f"seed {about['seed']}" if "seed" in key else several(len(its), "seed")
        look = (about["method"], place_of(about["method"], methods), about["task"], about["role"])
        for column, second in enumerate(order):
            yield Pair(row, column, *look, seeds, 1 - means[first, second], expected)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the tree on the left, what each row is, the likeness of every pair, and the names."""
    with styled():
        if table.empty:
            return explain_nothing("fewer than two searches found an architecture")
        likeness = table.pivot(index="row", columns="column", values="likeness").to_numpy()
        rows = table[table["column"] == 0].to_dict("records")
        side = ROW * len(rows)
        figure = canvas(min(side + 6.0, WIDEST), side + 1.3)
        widths = [1.2, 0.18 * len(STRIPS), side + 0.4, 0.16]
        tree, strips, map_, bar = figure.subplots(1, 4, width_ratios=widths)
        _tree(tree, likeness)
        handles = _strips(strips, rows)
        _map(map_, likeness, rows, float(table["chance_mean"].iloc[0]))
        mesh = map_.collections[0]
        figure.colorbar(mesh, cax=bar, label="likeness (1 = equal; white = chance)")
        figure.legend(handles=handles, loc="outside lower left", ncols=4, frameon=False)
        _note(map_, float(table["chance_mean"].iloc[0]))
    return figure


def _linkage(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    condensed = squareform(np.nan_to_num(distances, nan=1.0), checks=False)
    return np.asarray(linkage(condensed, "average"))


def _order(distances: NDArray[np.float64]) -> list[int]:
    return [int(leaf) for leaf in leaves_list(_linkage(distances))]


def _tree(axes: Axes, likeness: NDArray[np.float64]) -> None:
    """Draw which rows join at which distance; a cluster stands amid the two it is made of."""
    heights = [0.0] * len(likeness)
    centres = [row + 0.5 for row in range(len(likeness))]
    for first, second, height, _ in _linkage(1 - likeness):
        pair = [int(first), int(second)]
        ys = [centres[cluster] for cluster in pair for _ in range(2)]
        xs = [heights[pair[0]], height, height, heights[pair[1]]]
        axes.plot(xs, ys, color="#555555", lw=1)
        centres.append((ys[0] + ys[-1]) / 2)
        heights.append(float(height))
    axes.set_ylim(len(likeness), 0)
    axes.set_xlim(1.02 * max(heights) or 1, 0)  # all may be alike
    axes.set_yticks([])
    axes.spines[["left", "top", "right"]].set_visible(False)
    axes.set_xlabel("distance")


def _strips(axes: Axes, rows: Sequence[dict[Any, Any]]) -> list[Patch]:
    """Colour what each row is by method and by data set; return the legend."""
    handles = []
    for strip, (key, colours) in enumerate(zip(STRIPS, _colours(rows), strict=True)):
        for y, row in enumerate(rows):
            axes.add_patch(Rectangle((strip, y), 0.9, 1, fc=colours[row[key]], lw=0))
        handles += [Patch(fc=colour, label=name) for name, colour in colours.items()]
    axes.set_xlim(0, len(STRIPS))
    axes.set_ylim(len(rows), 0)
    axes.set_xticks([0.45, 1.45], ["method", "data set"], rotation=90)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return handles


def _colours(rows: Sequence[dict[Any, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours of methods, as everywhere, and the greys of data sets, dark to light."""
    methods = {row["method"]: row["place"] for row in sorted(rows, key=itemgetter("place"))}
    tasks = sorted({row["task"] for row in rows})
    greys = [str(round(grey, 3)) for grey in np.linspace(0, 0.85, max(2, len(tasks)))]
    return (
        {name: COLOURS[place % len(COLOURS)] for name, place in methods.items()},
        dict(zip(tasks, greys, strict=False)),
    )


def _map(
    axes: Axes, likeness: NDArray[np.float64], rows: Sequence[dict[Any, Any]], expected: float
) -> None:
    """Colour the likeness of pairs by how far it is from chance; one search is not a pair."""
    center = float(np.nanmean(likeness)) if np.isnan(expected) else expected
    most = float(np.nanmax(np.abs(likeness - center))) or 1.0
    axes.pcolormesh(likeness, cmap=DIVERGING, vmin=center - most, vmax=center + most)
    axes.set_facecolor("#dddddd")
    axes.set_ylim(len(rows), 0)
    axes.set_aspect("auto")
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.yaxis.tick_right()
    names = [f"{row['method']}: {row['role']} ({row['task']}), {row['seeds']}" for row in rows]
    axes.set_yticks(np.arange(len(rows)) + 0.5, names)
    axes.tick_params("y", length=0)


def _note(axes: Axes, expected: float) -> None:
    if not np.isnan(expected):
        axes.set_title(f"mean of random architectures: {expected:.2f}", loc="left", size=9.5)
