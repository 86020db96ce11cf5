"""Mean ranks of methods over five targets or more; bars join what nothing separates."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.arms import TRANSFERRED
from analysis.figures.style import canvas, draw_empty, look_of, place_of, styled
from analysis.statistics.ranking import (
    FEWEST_METHODS,
    FEWEST_TASKS,
    bars,
    diagram_refusal,
    pairwise_p,
    task_ranks,
)
from analysis.statistics.sample import ALPHA
from analysis.study import Study

COLUMNS = ["kind", "name", "look", "rank", "until", "targets"]
METHOD, BAR = "method", "bar"
ARM = TRANSFERRED


def collect(study: Study) -> pd.DataFrame:
    """Return mean ranks of the transferred arm and the bars; nothing where none may be shown.

    Blocks are targets, each the mean over seeds. Bars are pairwise exact sign-flip tests over
    targets with Holm's correction, not Nemenyi's (Benavoli et al., JMLR 2016).
    """
    units = study.units
    units = units[(units["arm"] == ARM)]
    means = units.pivot_table(index=["source", "target"], columns="method", values="value")
    means = means.astype(float).dropna()
    if diagram_refusal(means.shape[1], len(means)):
        return pd.DataFrame(columns=COLUMNS)
    scores = means.to_numpy(dtype=np.float64)
    ranks = task_ranks(scores).mean(axis=0)
    names = [str(name) for name in means.columns]
    looks = [place_of(name, study.methods) for name in names]
    rows = [
        (METHOD, name, look, float(rank), float(rank), len(means))
        for name, look, rank in zip(names, looks, ranks, strict=True)
    ]
    rows += [
        (BAR, f"{names[first]} to {names[last]}", -1, float(ranks[first]), float(ranks[last]),
         len(means))
        for first, last in bars(ranks, pairwise_p(scores) <= ALPHA)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw an axis of ranks, the best on the left, with names below it and bars above."""
    methods = table[table["kind"] == METHOD].sort_values("rank", kind="stable")
    with styled():
        figure = canvas(8.6, 1.6 + 0.3 * max(3, len(methods)))
        axes = figure.subplots()
        if methods.empty:
            why = (
                f"a critical-difference diagram needs {FEWEST_TASKS} targets and "
                f"{FEWEST_METHODS} methods;\nthe figure superiority shows pairs of methods instead"
            )
            draw_empty(axes, why)
            return figure
        _names(axes, methods)
        for place, row in enumerate(table[table["kind"] == BAR].to_dict("records")):
            height = 0.35 + 0.28 * place
            axes.plot([row["rank"], row["until"]], [height, height], color="black", lw=5)
        axes.set_xlim(0.8, len(methods) + 0.2)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel(f"mean rank over {int(methods['targets'].iloc[0])} targets (1 is best)")
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.spines["top"].set_visible(True)
    return figure


def _names(axes: Axes, methods: pd.DataFrame) -> None:
    for place, row in enumerate(methods.to_dict("records")):
        colour, marker = look_of(int(row["look"]))
        depth = -0.5 - 0.5 * place
        axes.plot([row["rank"]] * 2, [0, depth], color="#999999", lw=1)
        axes.plot([row["rank"]], [0], marker, color=colour, ms=9)
        axes.text(row["rank"], depth, f" {row['name']}  {row['rank']:.2f}", va="center")
    axes.set_ylim(-0.8 - 0.5 * len(methods), 1.6)
