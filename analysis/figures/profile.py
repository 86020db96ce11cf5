"""How many runs exceed each normalised score: whole distributions instead of means."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.answers.normalised import normalised_scores
from analysis.arms import ARMS
from analysis.figures.style import canvas, draw_empty, look_of, place_of, styled
from analysis.statistics.summaries import BOOTSTRAP_RUNS, performance_profile, resampled
from analysis.study import Study

COLUMNS = ["method", "look", "arm", "runs", "threshold", "share", "low", "high"]
POINTS = 121


def collect(study: Study) -> pd.DataFrame:
    """Return the share of runs beyond each threshold, with a band from 20 pooled runs on.

    Runs on all targets are pooled (Agarwal et al., NeurIPS 2021); the band is a stratified
    percentile bootstrap, pointwise 95 %.
    """
    scores = normalised_scores(study.units)
    if scores.empty:
        return pd.DataFrame(columns=COLUMNS)
    lowest = min(0.0, float(scores["score"].quantile(0.02)))
    thresholds = np.linspace(lowest, 1.0, POINTS)
    rows = []
    for (method, arm), group in scores.groupby(["method", "arm"], sort=False):
        tasks = [list(one) for _, one in group.groupby("target", sort=False)["score"]]
        shares = performance_profile(tasks, thresholds)
        low = high = np.full(POINTS, np.nan)
        if len(group) >= BOOTSTRAP_RUNS:
            drawn = resampled(tasks, np.random.default_rng(0))
            found = (drawn[:, :, None] > thresholds).mean(axis=1)
            low, high = np.quantile(found, [0.025, 0.975], axis=0)
        look = place_of(str(method), study.methods)
        rows += [
            (method, look, arm, len(group), *values)
            for values in zip(thresholds, shares, low, high, strict=True)
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one curve per method and arm; higher is better everywhere."""
    with styled():
        figure = canvas(8.2, 4.6)
        axes = figure.subplots()
        if table.empty:
            draw_empty(axes, "no target has both random architectures and finished arms")
            return figure
        for (method, arm, runs), rows in table.groupby(["method", "arm", "runs"], sort=False):
            colour, _ = look_of(int(rows["look"].iloc[0]))
            label = f"{method} {arm} ({runs} runs)"
            axes.fill_between(
                rows["threshold"], rows["low"], rows["high"], color=colour, alpha=0.15, lw=0
            )
            axes.plot(
                rows["threshold"], rows["share"], color=colour, lw=1.8, label=label,
                ls=ARMS[str(arm)].dash, drawstyle="steps-post",
            )  # fmt: skip
        axes.axvline(0, color="#777777", lw=0.9, ls=(0, (4, 2)))
        axes.set_xlabel("normalised score (0: mean of random architectures, 1: best run)")
        axes.set_ylabel("share of runs beyond it")
        axes.set_ylim(0, 1.02)
        axes.grid(color="#dddddd", linewidth=0.6)
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure
