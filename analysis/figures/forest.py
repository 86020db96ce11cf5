"""Every declared difference with its 95 % interval: beyond zero, within the margin, or open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.answers.comparisons.sentences import difference_text, flags, sides, where
from analysis.figures.style import COLOURS, canvas, explain_nothing, styled
from analysis.loading.rows import Row, frame, list_rows
from analysis.numbers import MINUS, p_value

if TYPE_CHECKING:
    from analysis.study import Study

# Colour and mark of a verdict, which grey print shows, too.
LOOKS = {
    "superior": (COLOURS[0], "^"),
    "inferior": (COLOURS[1], "s"),
    "inconclusive": ("#777777", "o"),
    "infeasible": ("#777777", "X"),
}


class Contrast(NamedTuple):
    """A declared comparison whose difference is in percentage points."""

    label: Annotated[str, "What is compared, and where."]
    difference: Annotated[float, "Of the means of both sides."]
    low: Annotated[float, "Lower limit of its 95 % interval."]
    high: Annotated[float, "Upper limit."]
    margin: Annotated[float, "Declared margin; NaN where none is."]
    p_holm: Annotated[float, "Holm's p of the deciding test."]
    verdict: Annotated[str, "In words."]
    text: Annotated[str, "The difference in words."]


def collect(study: Study) -> pd.DataFrame:
    """Return the declared comparisons of a study that have a difference in points."""
    rows = (
        Contrast(
            label=f"{where(found)}\n{f' {MINUS} '.join(sides(found))}",
            difference=found.effect.difference,
            low=found.effect.low,
            high=found.effect.high,
            margin=found.against_margin.margin if found.against_margin else math.nan,
            p_holm=found.adjusted.p_holm if found.adjusted else math.nan,
            verdict=flags(found),
            text=difference_text(found),
        )
        for found in study.comparisons
        if found.effect and found.effect.scale == "pp" and not math.isnan(found.effect.difference)
    )
    return frame(Contrast, rows)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one row per comparison; the band is the declared margin."""
    with styled():
        if table.empty:
            return explain_nothing("no declared comparison has runs on both sides")
        figure = canvas(9.5, 1.3 + 0.62 * len(table))
        axes = figure.subplots()
        _margin(axes, table)
        for place, row in enumerate(list_rows(table)):
            _row(axes, place, row)
        axes.axvline(0, color="black", linewidth=0.8, zorder=1)
        axes.set_yticks(range(len(table)), list(table["label"]))
        axes.set_ylim(len(table) - 0.4, -0.6)
        axes.set_xlabel("difference of mean test accuracy (pp), 95 % interval")
        axes.grid(axis="x")
        _texts(axes, table)
        _legend(figure, axes, table)
    return figure


def _margin(axes: Axes, table: pd.DataFrame) -> None:
    margin = table["margin"].max()
    if not math.isnan(margin):
        axes.axvspan(-margin, margin, color="#e8e8e8", zorder=0, label=f"margin ±{margin:g} pp")


def _row(axes: Axes, place: int, row: Row) -> None:
    colour, marker = LOOKS[row["verdict"].partition(",")[0]]
    if not math.isnan(row["low"]):
        axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2, zorder=2)
    axes.plot([row["difference"]], [place], marker, color=colour, markersize=8, zorder=3)


def _texts(axes: Axes, table: pd.DataFrame) -> None:
    """Write difference, p and verdict right of the axes."""
    right = axes.get_yaxis_transform()
    for place, row in enumerate(table.to_dict("records")):
        text = f"{row['text']}\nHolm p {p_value(row['p_holm'])}, {row['verdict']}"
        axes.text(1.02, place, text, transform=right, va="center", fontsize=9)


def _legend(figure: Figure, axes: Axes, table: pd.DataFrame) -> None:
    handles, labels = axes.get_legend_handles_labels()
    for word, (colour, marker) in LOOKS.items():
        if table["verdict"].str.startswith(word).any():
            handles += axes.plot([], [], marker, color=colour, label=word)
            labels.append(word)
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
