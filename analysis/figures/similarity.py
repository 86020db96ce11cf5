"""Which searches found alike architectures: a heat map ordered by average linkage."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from analysis.answers.cells.searched import Collection
from analysis.architectures.chance import Chance
from analysis.architectures.metrics import MEAN, distance
from analysis.arms import RANDOM
from analysis.figures.style import COLOURS, DIVERGING, WIDEST, canvas, draw_empty, place_of, styled
from analysis.study import Study

COLUMNS = [
    "row",
    "column",
    "method",
    "place",
    "task",
    "role",
    "seed",
    "likeness",
    "chance_mean",
]
# Inches a row, how many rows still have room for a name, and inches of all rows without.
ROW, NAMED, UNNAMED = 0.2, 60, 10.0
# More tiles than this are drawn as pixels.
MOST_SHAPES = 2000
STRIPS = ("method", "task")


def collect(study: Study) -> pd.DataFrame:
    """Return the likeness of all pairs of finished searches, in the order they are drawn."""
    return _tabulate(study.found, study.chance, study.methods)


def _tabulate(collection: Collection, chance: Chance, methods: Sequence[str]) -> pd.DataFrame:
    """Return one row per pair of searches, of the mean over the cells where there are several."""
    places = [place for place, item in enumerate(collection.found) if item.role != RANDOM]
    if len(places) < 2:
        return pd.DataFrame(columns=COLUMNS)
    cell = MEAN if MEAN in collection.values else next(iter(collection.values))
    distances = collection.distances(cell)[np.ix_(places, places)]
    mean = chance.judge(cell, collection.metric, np.nan)["chance_mean"]
    expected = 1 - float(distance(collection.metric, np.array(mean)))
    rows = []
    for row, first in enumerate(order := _order(distances)):
        item = collection.found[places[first]]
        place = place_of(item.method, methods)
        about = (item.method, place, item.task, item.role, item.seed)
        for column, second in enumerate(order):
            rows.append((row, column, *about, 1 - distances[first, second], expected))
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the tree on the left, what each row is, the likeness of every pair, and the names."""
    with styled():
        if table.empty:
            figure = canvas(6, 1.5)
            draw_empty(figure.subplots(), "fewer than two searches found an architecture")
            return figure
        likeness = table.pivot(index="row", columns="column", values="likeness").to_numpy()
        rows = table[table["column"] == 0].to_dict("records")
        is_named = len(rows) <= NAMED
        side = ROW * len(rows) if is_named else UNNAMED
        figure = canvas(min(side + (6.0 if is_named else 3.0), WIDEST), side + 1.3)
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
    """Colour the likeness of pairs by how far it is from chance; an architecture is not a pair."""
    shown = np.where(np.eye(len(likeness), dtype=bool), np.nan, likeness)
    center = float(np.nanmean(shown)) if np.isnan(expected) else expected
    most = float(np.nanmax(np.abs(shown - center))) or 1.0
    axes.pcolormesh(
        shown,
        cmap=DIVERGING,
        vmin=center - most,
        vmax=center + most,
        rasterized=likeness.size > MOST_SHAPES,
    )
    axes.set_facecolor("#dddddd")
    axes.set_ylim(len(rows), 0)
    axes.set_aspect("auto")
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.yaxis.tick_right()
    if len(rows) <= NAMED:
        names = [f"{r['method']}: {r['role']} ({r['task']}), {r['seed']}" for r in rows]
        axes.set_yticks(np.arange(len(rows)) + 0.5, names)
        axes.tick_params("y", length=0)
    else:
        axes.set_yticks([])


def _note(axes: Axes, expected: float) -> None:
    if not np.isnan(expected):
        axes.set_title(f"mean of random architectures: {expected:.2f}", loc="left", size=9.5)
