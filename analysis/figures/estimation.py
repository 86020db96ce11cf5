"""Every run of both sides of a comparison, and under it the difference with its interval."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.answers.comparisons.sentences import sides, where
from analysis.figures.style import canvas, draw_empty, styled
from analysis.study import Study

COLUMNS = ["place", "on", "first", "second", "kind", "value", "low", "high"]
FIRST, SECOND, DIFFERENCE = "first", "second", "difference"
LOOKS = {FIRST: ("#0072B2", "o", -0.16), SECOND: ("#D55E00", "s", 0.16)}
# More comparisons than this have no room for their names.
MOST = 8


def collect(study: Study) -> pd.DataFrame:
    """Return the values and the difference of the first declared comparisons in points."""
    chosen = [
        found
        for found in study.comparisons
        if found.scale == "pp" and not math.isnan(found.difference)
        and found.design in {"independent", "paired"}
    ][:MOST]  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for place, found in enumerate(chosen):
        about = (place, where(found), *sides(found))
        for kind, values in ((FIRST, found.values), (SECOND, found.values_against)):
            rows += [(*about, kind, value, math.nan, math.nan) for value in values]
        rows.append((*about, DIFFERENCE, found.difference, found.low, found.high))
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw runs above and differences below, one column per comparison."""
    names = table.drop_duplicates("place") if len(table) else table
    with styled():
        figure = canvas(1.6 + 1.75 * max(2, len(names)), 5.4)
        if table.empty:
            draw_empty(figure.subplots(), "no declared comparison has runs on both sides")
            return figure
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        _runs(above, table)
        _differences(below, table[table["kind"] == DIFFERENCE])
        labels = [
            f"{row['on']}\n{row['first']}\nless {row['second']}" for row in names.to_dict("records")
        ]
        below.set_xticks(list(names["place"]), labels, size=9)
        below.set_xlim(-0.6, len(names) - 0.4)
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def _runs(axes: Axes, table: pd.DataFrame) -> None:
    for kind, (colour, marker, shift) in LOOKS.items():
        rows = table[table["kind"] == kind]
        # Three places in turn keep equal values apart, the same way each time.
        spread = [0.035 * (index % 3 - 1) for index in range(len(rows))]
        places = [place + shift + move for place, move in zip(rows["place"], spread, strict=True)]
        axes.plot(places, rows["value"], marker, color=colour, alpha=0.75, ms=6, label=kind)
        for place, mean in rows.groupby("place")["value"].mean().items():
            at = float(str(place)) + shift
            axes.plot([at - 0.12, at + 0.12], [mean, mean], color="black", lw=2)
    axes.set_ylabel("test accuracy (%)")
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)


def _differences(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axhline(0, color="black", lw=0.8)
    for row in rows.to_dict("records"):
        if not math.isnan(row["low"]):
            axes.plot([row["place"]] * 2, [row["low"], row["high"]], color="#333333", lw=2)
        axes.plot([row["place"]], [row["value"]], "D", color="#333333", ms=7)
    axes.set_ylabel("difference (pp),\n95 % interval")
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
