"""How often each operation is chosen: before the swap, after it, again, and at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.style import COLOURS, canvas, explain_nothing, styled
from analysis.numbers import pair_label
from analysis.study import Study

BARS = (("before", "source", ""), ("after", "continued", "//"), ("direct", "direct", ".."))
THICK = 0.26


def collect(study: Study) -> pd.DataFrame:
    """Return mean numbers of edges by method, pair, cell and operation."""
    return study.changes["change_operations"]


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row of panels per method and pair, a panel per cell, a group of bars per operation."""
    panels = list(table.groupby(["method", "source", "target"], sort=False))
    with styled():
        if not panels:
            return explain_nothing("no seed has both a source and a continued search")
        cells = list(table["cell"].unique())
        operations = sorted(table["operation"].unique())
        figure = canvas(1.9 + 3.4 * len(cells), len(panels) * (0.34 * len(operations) + 0.9) + 0.5)
        grid = figure.subplots(len(panels), len(cells), squeeze=False, sharex=True, sharey=True)
        for row, (_, group) in zip(grid, panels, strict=True):
            about = group.iloc[0]
            title = f"{about['method']}, {pair_label(about['source'], about['target'])}"
            for axes, cell in zip(row, cells, strict=True):
                _panel(axes, group[group["cell"] == cell], operations)
                axes.set_title(f"{title}: {cell}", loc="left")
        for axes in grid[-1]:
            axes.set_xlabel("mean number of edges")
        handles, labels = grid[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=4, frameon=False)
    return figure


def _panel(axes: Any, rows: pd.DataFrame, operations: list[str]) -> None:
    rows = rows.set_index("operation").reindex(operations)
    places = np.arange(len(operations))
    for number, (column, label, hatch) in enumerate(BARS):
        axes.barh(
            places + (number - 1) * THICK,
            rows[column].fillna(0),
            THICK,
            color=COLOURS[number],
            edgecolor="white",
            hatch=hatch,
            label=label,
        )
    for place, expected in zip(places, rows["random"], strict=True):
        name = "expected at random" if place == 0 else None
        axes.plot([expected] * 2, [place - 0.45, place + 0.45], color="black", lw=1.6, label=name)
    axes.set_yticks(places, operations)
    axes.set_ylim(len(operations) - 0.4, -0.6)
