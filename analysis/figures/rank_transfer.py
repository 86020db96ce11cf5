"""Does a ranking transfer: every architecture on source and target, overlap and regret at k.

Drawn by the command ``ranks`` from a table of a whole space, not from an experiment.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.answers.rank_table import Cells, Scoring
from analysis.answers.rank_transfer import curves
from analysis.figures.style import COLOURS, canvas, styled
from analysis.statistics.correlations import share, top

COLUMNS = [
    "k",
    "source",
    "target",
    "overlap",
    "chance",
    "overlap_single",
    "overlap_ceiling",
    "regret",
    "regret_single",
    "regret_ceiling",
]
BINS, BEST = 50, 0.1
OPTIMUM: dict[str, Any] = {"color": COLOURS[2], "lw": 1.2, "ls": (0, (5, 2))}
AVERAGE: dict[str, Any] = {"color": "black", "lw": 1.1, "ls": (0, (1, 1.5))}
CEILING: dict[str, Any] = {"color": COLOURS[1], "lw": 1.6, "ls": (0, (6, 2))}
SINGLE: dict[str, Any] = {"color": COLOURS[0], "lw": 1.2, "ls": (0, (2, 1))}
CHOICE: dict[str, Any] = {"color": COLOURS[1], "ms": 13, "mec": "white", "ls": "", "zorder": 5}


def collect_ranks(source: Scoring, target: Scoring, cells: Cells) -> pd.DataFrame:
    """Return one row per architecture, the source's best first.

    ``source`` and ``target`` are the scores of the k-th best on the source, the other columns what
    the best k are worth.
    """
    s, t = source.scores[cells.rows], target.scores[cells.rows]
    order = top(s, len(s))
    table = curves(source, target, cells).assign(source=s[order], target=t[order])
    return table[COLUMNS]


def draw_ranks(table: pd.DataFrame, correlations: pd.DataFrame, source: str, target: str) -> Figure:
    """Draw scores of all and of the source's best tenth, then overlap and regret of its best k.

    Args:
        table: Of ``collect_ranks``.
        correlations: Of ``rank_transfer``; its tau-b of all and of the best tenth are printed.
        source: What the source's score is, in words.
        target: What the target's is.
    """
    tau = correlations.set_index("subset")["kendall"]
    with styled():
        figure = canvas(11, 9)
        (every, best), (overlap, regret) = figure.subplots(2, 2)
        _every(every, table)
        every.set_title(f"all {len(table):,}: Kendall's tau-b {tau['all']:.2f}")
        some = table.head(share(len(table), BEST))
        best.plot(some["source"], some["target"], ".", color="#444444", ms=3, rasterized=True)
        best.set_title(
            f"the source's best {len(some):,}: Kendall's tau-b {tau['top 10%']:.2f}", loc="left"
        )
        for axes in (every, best):
            axes.plot(table["source"][:1], table["target"][:1], marker="*", **CHOICE)
            axes.axhline(table["target"].max(), **OPTIMUM)
            axes.set_xlabel(f"{source} (%)")
            axes.set_ylabel(f"{target} (%)")
        _overlap(overlap, table)
        _regret(regret, table)
        for axes in (overlap, regret):
            axes.set_xscale("log")
            axes.set_xlim(1, len(table))
            axes.set_ylim(bottom=0)
            axes.set_xlabel("k, the number of the source's best")
        handles = [
            Line2D([], [], marker="*", label="best of the source", **CHOICE),
            Line2D([], [], label="best of the target", **OPTIMUM),
            Line2D([], [], label="mean of all, chance", **AVERAGE),
            Line2D([], [], color=COLOURS[0], lw=2, label="source's best k"),
            Line2D([], [], label="by one training on each side", **SINGLE),
            Line2D([], [], label="ceiling: two trainings on the target", **CEILING),
        ]
        figure.legend(handles=handles, loc="outside lower left", ncols=3)
    return figure


def _every(axes: Axes, table: pd.DataFrame) -> None:
    mesh = axes.hexbin(
        table["source"], table["target"], gridsize=BINS, mincnt=1, bins="log", cmap="cividis_r",
        rasterized=True,
    )  # fmt: skip
    axes.figure.colorbar(mesh, ax=axes, label="architectures")
    axes.axhline(float(table["target"].mean()), **AVERAGE)


def _overlap(axes: Axes, table: pd.DataFrame) -> None:
    axes.plot(table["k"], table["overlap_ceiling"], **CEILING)
    axes.plot(table["k"], table["overlap_single"], **SINGLE)
    axes.plot(table["k"], table["overlap"], color=COLOURS[0], lw=2)
    axes.plot(table["k"], table["chance"], **AVERAGE)
    axes.set_ylabel("share that is among the target's best k")
    axes.set_title("overlap of the best k")


def _regret(axes: Axes, table: pd.DataFrame) -> None:
    axes.step(table["k"], table["regret_ceiling"], where="post", **CEILING)
    axes.step(table["k"], table["regret_single"], where="post", **SINGLE)
    axes.step(table["k"], table["regret"], where="post", color=COLOURS[0], lw=2)
    axes.set_ylabel("(best of all - best of the k) / (best - mean)")
    axes.set_title("regret of training the best k on the target")
