"""Everything that is said of one rank transfer, as plain tables: what ``ranks`` prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from analysis.answers.rank_table import Frame, Scoring
from analysis.statistics.ceilings import attenuation, noise_ceiling, reliability, spearman_brown
from analysis.statistics.correlations import correlations, share, tau_interval, top
from analysis.statistics.selection import (
    overlap_curve,
    precision_at_k,
    regret_curve,
    target_ranks_at_k,
    top_k_overlap,
)

FRACTIONS = (1.0, 0.5, 0.1, 0.05, 0.01)
COUNTS = (1, 10, 100, 1000)
# The target's best tenth, twentieth and hundredth are what precision asks for.
GOOD = (0.1, 0.05, 0.01)


def rank_transfer(
    source: Scoring,
    target: Scoring,
    frame: Frame,
    rng: np.random.Generator,
    fractions: Sequence[float] = FRACTIONS,
) -> pd.DataFrame:
    """Return the correlations over all cells and over the source's best, beside their ceilings."""
    subsets = [(f"top {fraction:.0%}", _best(source, frame, fraction)) for fraction in fractions]
    if not frame.connected.all():
        subsets.insert(1, ("connected", frame.rows[frame.connected]))
    return pd.DataFrame(
        [
            {"subset": "all" if name == "top 100%" else name, **_row(source, target, rows, rng)}
            for name, rows in subsets
        ]
    )


def selection_table(
    source: Scoring, target: Scoring, frame: Frame, counts: Sequence[int] = COUNTS
) -> pd.DataFrame:
    """Return what the source's best k are worth on the target, one row for each k."""
    s, t = source.scores[frame.rows], target.scores[frame.rows]
    regret = regret_curve(s, t)
    rows = []
    for k in (k for k in counts if k <= len(s)):
        ranks = target_ranks_at_k(s, t, k)
        precision = {f"precision_{q:.0%}": precision_at_k(s, t, k, q) for q in GOOD}
        rows.append(
            {
                **asdict(top_k_overlap(s, t, k)),
                **precision,
                "best_rank": ranks.best,
                "worst_rank": ranks.worst,
                "regret": float(regret[k - 1]),
            }
        )
    return pd.DataFrame(rows)


def curves(source: Scoring, target: Scoring, frame: Frame) -> pd.DataFrame:
    """Return overlap and regret for k = 1 to m, with what two trainings on the target would give.

    The ceiling's curves rank by one training and judge by another; NaN where there are not two.
    """
    s, t = source.scores[frame.rows], target.scores[frame.rows]
    size = len(s)
    table = pd.DataFrame({"k": np.arange(1, size + 1)})
    table["overlap"], table["regret"] = overlap_curve(s, t), regret_curve(s, t)
    table["chance"] = table["k"] / size
    trials = None if target.trials is None else target.trials[frame.rows, :2]
    known = trials is not None and not np.isnan(trials).any()
    first, second = trials.T if known and trials is not None else (None, None)
    for name, curve in (("overlap", overlap_curve), ("regret", regret_curve)):
        ceiling = curve(first, second) if first is not None and second is not None else math.nan
        table[f"{name}_ceiling"] = ceiling
    return table


def without_noise(source: Scoring, target: Scoring, frame: Frame) -> dict[str, float] | None:
    """Return Spearman's rho of means over trainings, corrected for their noise.

    None where a side has no single trainings. The reliabilities are those of the trainings' means.
    """
    if source.trials is None or target.trials is None:
        return None
    sides = [
        scoring.trials[frame.rows] for scoring in (source, target) if scoring.trials is not None
    ]
    single = [reliability(trials) for trials in sides]
    averaged = [float((~np.isnan(trials)).sum(axis=1).mean()) for trials in sides]
    of_means = [spearman_brown(r, k) for r, k in zip(single, averaged, strict=True)]
    rho = correlations(*(np.nanmean(trials, axis=1) for trials in sides)).spearman
    return {
        "spearman": rho,
        "reliability_source": of_means[0],
        "reliability_target": of_means[1],
        "corrected": attenuation(rho, *of_means),
    }


def _best(source: Scoring, frame: Frame, fraction: float) -> Any:
    if fraction == 1:
        return frame.rows
    scores = source.scores[frame.rows]
    return frame.rows[top(scores, share(len(scores), fraction))]


def _row(source: Scoring, target: Scoring, rows: Any, rng: np.random.Generator) -> dict[str, Any]:
    s, t = source.scores[rows], target.scores[rows]
    found, tau = correlations(s, t), tau_interval(s, t, rng)
    ceiling = None if target.trials is None else noise_ceiling(s, target.trials[rows])
    return {
        "n": found.n,
        "kendall": found.kendall,
        "low": tau.low,
        "high": tau.high,
        "interval": tau.method,
        "spearman": found.spearman,
        "weighted": found.weighted,
        "somers": found.somers,
        "kendall_single": ceiling.tau if ceiling else math.nan,
        "ceiling": ceiling.ceiling if ceiling else math.nan,
        "share_of_ceiling": ceiling.ratio if ceiling else math.nan,
    }
