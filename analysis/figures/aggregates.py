"""Normalised scores over all targets in four numbers: IQM, median, mean, optimality gap."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.answers.normalised import normalised_scores
from analysis.figures.style import canvas, draw_empty, look_of, place_of, styled
from analysis.statistics.summaries import interquartile_mean, optimality_gap, stratified_bootstrap
from analysis.study import Study

COLUMNS = ["statistic", "method", "look", "arm", "runs", "estimate", "low", "high", "interval"]
STATISTICS = {
    "IQM": interquartile_mean,
    "median": lambda x: float(np.median(x)),
    "mean": lambda x: float(np.mean(x)),
    "optimality gap": optimality_gap,
}


def collect(study: Study) -> pd.DataFrame:
    """Return each statistic of every method and arm, with an interval from 20 pooled runs on."""
    scores = normalised_scores(study.units)
    rows = []
    for statistic, compute in STATISTICS.items():
        for (method, arm), group in scores.groupby(["method", "arm"], sort=False):
            tasks = [list(one) for _, one in group.groupby("target", sort=False)["score"]]
            found = stratified_bootstrap(tasks, compute, np.random.default_rng(0))
            look = place_of(str(method), study.methods)
            rows.append(
                (statistic, method, look, arm, len(group), found.estimate, found.low, found.high,
                 found.method)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per statistic: a tick at the estimate, a bar for its interval."""
    names = list(dict.fromkeys(zip(table["method"], table["arm"], strict=True)))
    with styled():
        figure = canvas(11, 1.3 + 0.36 * max(2, len(names)))
        panels = figure.subplots(1, len(STATISTICS), sharey=True)
        if not names:
            for axes in panels:
                draw_empty(axes, "no scores" if axes is panels[0] else "")
            return figure
        for axes, statistic in zip(panels, STATISTICS, strict=True):
            for row in table[table["statistic"] == statistic].to_dict("records"):
                place = names.index((row["method"], row["arm"]))
                colour, _ = look_of(int(row["look"]))
                if not math.isnan(row["low"]):
                    axes.barh(
                        place, row["high"] - row["low"], left=row["low"], height=0.55,
                        color=colour, alpha=0.7,
                    )  # fmt: skip
                axes.plot([row["estimate"]] * 2, [place - 0.3, place + 0.3], color="black", lw=2)
            axes.set_title(f"{statistic}{' (less is better)' if 'gap' in statistic else ''}")
            axes.set_yticks(range(len(names)), [f"{method} {arm}" for method, arm in names])
            axes.set_ylim(len(names) - 0.4, -0.6)
            axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        without = table["low"].isna().any()
        figure.supxlabel(
            "normalised score" + ("; a bar needs 20 pooled runs" if without else ""), size=10
        )
    return figure
