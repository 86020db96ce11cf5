"""How probably a run of one side beats one of the other, with its interval."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from analysis.answers.comparisons.sentences import sides, where
from analysis.figures.style import canvas, draw_empty, styled
from analysis.statistics.effects import MEANINGFUL
from analysis.study import Study

COLUMNS = ["label", "is_declared", "a12", "low", "high"]
DECLARED, OTHER = "#0072B2", "#8a8a8a"


def collect(study: Study) -> pd.DataFrame:
    """Return A12 of the declared comparisons, then of methods against each other."""
    rows = [
        (
            f"{' over '.join(sides(found))}, {where(found)}",
            is_declared,
            found.a12,
            found.a12_low,
            found.a12_high,
        )
        for is_declared, every in ((True, study.comparisons), (False, study.rivals))
        for found in every
        if not math.isnan(found.a12)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one row per comparison; lines at one half and at three quarters."""
    with styled():
        figure = canvas(10.5, 1.4 + 0.3 * max(2, len(table)))
        axes = figure.subplots()
        if table.empty:
            draw_empty(axes, "no comparison of independent runs has values on both sides")
            return figure
        for place, row in enumerate(table.to_dict("records")):
            colour = DECLARED if row["is_declared"] else OTHER
            if not math.isnan(row["low"]):
                axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=2.2)
            marker = "o" if row["is_declared"] else "s"
            axes.plot([row["a12"]], [place], marker, color=colour, ms=8)
        axes.axvline(0.5, color="black", lw=0.9)
        for edge in (MEANINGFUL, 1 - MEANINGFUL):
            axes.axvline(edge, color="#777777", lw=0.9, ls=(0, (4, 2)))
        axes.set_yticks(range(len(table)), list(table["label"]))
        axes.set_ylim(len(table) - 0.4, -0.6)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("probability that a run of the first beats one of the second (A12, 95 %)")
        axes.plot([], [], "o", color=DECLARED, label="declared")
        axes.plot([], [], "s", color=OTHER, label="methods against each other, not declared")
        figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure
