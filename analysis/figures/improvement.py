"""By how many percent each method's arms beat random architectures, on every pair."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.arms import DIRECT, RANDOM, SEARCHED
from analysis.figures.style import canvas, explain_nothing, styled
from analysis.loading.rows import frame, list_rows
from analysis.study import Study

FLOOR = "random architectures"
MAP = "PuOr"


class Improvement(NamedTuple):
    """How far an arm is above random architectures, or these themselves."""

    column: Annotated[str, "Arm and pair in words."]
    method: Annotated[str, "Its title, or `random architectures`."]
    arm: Annotated[str, "Name of the arm."]
    relative_improvement: Annotated[float, "Gain in percent of the random mean."]
    gain: Annotated[float, "Mean test accuracy less the random mean, in percentage points."]
    is_significant: Annotated[bool, "Whether it was declared and Holm's correction let it be."]


def collect(study: Study) -> pd.DataFrame:
    """Return one row for every arm that has random architectures beside it, and their own."""
    decided = {
        _key(vars(one.question))
        for one in study.comparisons
        if one.is_decided and one.question.against == RANDOM
    }
    rows = [
        Improvement(
            _column(row["arm"], row["source"], row["target"]), row["method"], row["arm"],
            row["relative_improvement"], row["gain"], _key(row) in decided,
        )
        for row in list_rows(study.gains[study.gains["arm"].isin(SEARCHED)])
    ]  # fmt: skip
    columns = sorted({(SEARCHED.index(row.arm), row.column) for row in rows})
    rows += [
        Improvement(column, FLOOR, SEARCHED[place], 0.0, 0.0, is_significant=False)
        for place, column in columns
    ]
    order = [column for _, column in columns]
    return frame(Improvement, sorted(rows, key=lambda row: order.index(row.column)))


def draw(table: pd.DataFrame) -> Figure:
    """Draw the matrix; a dot marks what is significant, random architectures stand below."""
    columns = list(table["column"].unique())
    methods = [name for name in table["method"].unique() if name != FLOOR]
    with styled():
        if not methods:
            return explain_nothing("no random architectures are beside a finished arm")
        figure = canvas(3.2 + 1.5 * len(columns), 1.9 + 0.46 * (len(methods) + 1))
        axes = figure.subplots()
        _matrix(figure, axes, table, [*methods, FLOOR], columns)
    return figure


def _matrix(
    figure: Figure, axes: Axes, table: pd.DataFrame, rows: list[str], columns: list[str]
) -> None:
    values = np.full((len(rows), len(columns)), np.nan)
    for row in table.to_dict("records"):
        at = rows.index(row["method"]), columns.index(row["column"])
        values[at] = row["relative_improvement"]
    reach = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 1.0
    image = axes.imshow(values, cmap=MAP, vmin=-(reach or 1.0), vmax=reach or 1.0, aspect="auto")
    for row in table.to_dict("records"):
        _value(axes, row, (columns.index(row["column"]), rows.index(row["method"])), reach)
    axes.set_xticks(range(len(columns)), [name.replace(": ", ":\n") for name in columns])
    axes.set_yticks(range(len(rows)), rows)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    bar = figure.colorbar(image, ax=axes, shrink=0.9)
    bar.set_label("improvement over random (%)")


def _value(axes: Axes, row: dict[Any, Any], at: tuple[int, int], reach: float) -> None:
    value = float(row["relative_improvement"])
    if np.isnan(value):
        return
    dot = " •" if row["is_significant"] else ""
    colour = "white" if abs(value) > 0.6 * reach else "black"
    axes.text(*at, f"{value:+.2f}{dot}", ha="center", va="center", color=colour, size=9)


def _key(row: dict[Any, Any]) -> tuple[str, ...]:
    """Return what names an arm of a pair; a direct search belongs to every source."""
    source = "" if row["arm"] == DIRECT else row["source"]
    return row["method"], row["arm"], source, row["target"]


def _column(arm: str, source: str, target: str) -> str:
    return f"direct: {target}" if arm == DIRECT else f"{arm}: {source} → {target}"
