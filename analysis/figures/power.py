"""What a number of seeds could show: the smallest detectable effect, and how many comparisons."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.style import canvas, draw_empty, styled
from analysis.statistics.power import capacity, detectable_effect, smallest_p
from analysis.statistics.sample import ALPHA
from analysis.study import Study

COLUMNS = ["n", "is_used", "spread", "family", "detectable", "detectable_holm", "capacity"]
RUNS = (*range(3, 11), 12, 15, 20, 25, 30)


def collect(study: Study) -> pd.DataFrame:
    """Return what n runs a side could show at the median spread of the declared comparisons."""
    found = [one for one in study.comparisons if one.design == "independent" and one.spread > 0]
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    spread = float(pd.Series([one.spread for one in found]).median())
    family, used = found[0].family, {one.n_arm for one in found}
    rows = [
        (
            n,
            n in used,
            spread,
            family,
            spread * detectable_effect(n, n),
            spread * detectable_effect(n, n, alpha=ALPHA / family),
            capacity(smallest_p(n, n)),
        )
        for n in sorted({*RUNS, *(n for n in used if 2 < n < 100)})
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the detectable effect on the left, the number of comparisons Holm can carry right."""
    with styled():
        figure = canvas(9.6, 3.9)
        left, right = figure.subplots(1, 2)
        if table.empty:
            draw_empty(left, "no declared comparison of independent runs has a spread")
            right.set_axis_off()
            return figure
        _effects(left, table)
        _capacities(right, table)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def _effects(axes: Axes, table: pd.DataFrame) -> None:
    family = int(table["family"].iloc[0])
    finite = table.replace(math.inf, math.nan)
    axes.plot(table["n"], finite["detectable"], "-o", color="#0072B2", label="one comparison")
    label = f"at Holm's first step of {family}"
    axes.plot(table["n"], finite["detectable_holm"], "--s", color="#D55E00", label=label)
    for row in table[table["is_used"]].to_dict("records"):
        axes.axvline(row["n"], color="#999999", lw=1, ls=(0, (2, 2)))
        axes.text(row["n"], axes.get_ylim()[1], " this study", va="top", size=9)
    axes.set_title(f"at the observed SD of {table['spread'].iloc[0]:.2f} pp", loc="left")
    axes.set_xlabel("runs a side")
    axes.set_ylabel("effect found with 80 % power (pp)")
    axes.grid(color="#dddddd", linewidth=0.6)


def _capacities(axes: Axes, table: pd.DataFrame) -> None:
    able = table[table["capacity"] > 0]
    axes.plot(able["n"], able["capacity"], "-^", color="#009E73", label="capacity")
    axes.axhline(int(table["family"].iloc[0]), color="black", lw=1, ls=(0, (4, 2)))
    axes.text(able["n"].max(), int(table["family"].iloc[0]), "the declared family", ha="right",
              va="bottom", size=9)  # fmt: skip
    axes.set_yscale("log")
    axes.set_title("exact rank test", loc="left")
    axes.set_xlabel("runs a side")
    axes.set_ylabel("comparisons that Holm can carry")
    axes.grid(color="#dddddd", linewidth=0.6)
