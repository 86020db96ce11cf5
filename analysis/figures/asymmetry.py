"""What transfer costs there and back, in units of each target's noise."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.style import canvas, draw_empty, look_of, place_of, styled
from analysis.study import Study

COLUMNS = [
    "label",
    "method",
    "look",
    "first",
    "second",
    "forth",
    "back",
    "asymmetry",
    "low",
    "high",
]
FORTH, BACK = ">", "<"


def collect(study: Study) -> pd.DataFrame:
    """Return one row for every method and pair of which both directions were run.

    ``forth`` is the gap of first → second over the noise of second, ``back`` that of second → first
    over the noise of first; ``asymmetry`` is their difference with its limits.
    """
    table = study.transfer["asymmetry"]
    table = table
    return table.assign(
        label=[f"{m}: {a} and {b}" for m, a, b in table[["method", "first", "second"]].to_numpy()],
        look=[place_of(str(name), study.methods) for name in table["method"]],
        forth=table["gap_forth"] / table["noise_second"],
        back=table["gap_back"] / table["noise_first"],
    ).reindex(columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a row per method and pair: an arrow head each for there and back."""
    shown = table[table["forth"].notna() & table["back"].notna()]
    with styled():
        figure = canvas(8.0, 1.5 + 0.5 * max(2, len(shown)))
        axes = figure.subplots()
        if len(shown) == 0:
            draw_empty(axes, "no pair was run in both directions")
            return figure
        for place, row in enumerate(shown.to_dict("records")):
            _row(axes, place, row["look"], (row["forth"], row["back"]))
        axes.axvline(0, color="#777777", lw=1, linestyle=(0, (4, 3)), zorder=0)
        axes.set_yticks(range(len(shown)), list(shown["label"]))
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlabel("transfer gap over the target's noise; above 0 the proxy costs accuracy")
        axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        handles = [
            Line2D([], [], color="#333333", marker=FORTH, ls="", ms=9, label="first → second"),
            Line2D([], [], color="#333333", marker=BACK, ls="", ms=9, mfc="white", label="back"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _row(axes: Axes, place: int, look: int, ends: tuple[float, float]) -> None:
    colour, _ = look_of(int(look))
    axes.plot(ends, (place, place), color=colour, lw=2, zorder=1)
    axes.plot(ends[0], place, FORTH, color=colour, ms=10, zorder=2)
    axes.plot(ends[1], place, BACK, color=colour, mfc="white", mew=1.6, ms=10, zorder=2)
