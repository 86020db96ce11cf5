"""Everything that is said of one rank transfer, as plain tables: what ``ranks`` prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.answers.rank_table import Cells, Scoring
from analysis.loading.rows import frame
from analysis.statistics.ceilings import attenuation, noise_ceiling, reliability, spearman_brown
from analysis.statistics.correlations import Correlations, correlations, share, tau_interval, top
from analysis.statistics.selection import (
    Overlap,
    overlap_curve,
    precision_at_k,
    regret_curve,
    target_ranks_at_k,
    top_k_overlap,
)

FRACTIONS = (1.0, 0.5, 0.1, 0.05, 0.01)
COUNTS = (1, 10, 100, 1000)
# Of the target, among which the source's best k are looked for.
BEST = (0.1, 0.05, 0.01)


class Subset(NamedTuple):
    """Over which cells the source's scores rank the target's."""

    subset: Annotated[str, "`all`, `connected`, or the source's `top 10%` and the like."]


class Agreement(NamedTuple):
    """How sure tau-b is, and how it compares with two trainings on the target."""

    low: Annotated[float, "Lower limit of the 95 % interval of tau-b over cells."]
    high: Annotated[float, "Upper limit."]
    interval: Annotated[str, "How that was computed, or why there is none."]
    kendall_single: Annotated[
        float | None,
        "Mean tau-b of one training on the source with one on the target; None where trainings "
        "of the source's score are not published.",
    ]
    ceiling: Annotated[
        float | None,
        "Mean tau-b of two trainings on the target; None where these are not published.",
    ]
    share_of_ceiling: Annotated[float | None, "`kendall_single / ceiling`, at most 1, or None."]


class Selected(NamedTuple):
    """What the source's best k are worth on the target."""

    precision_10: Annotated[float, "Share of them that is among the target's best 10 %."]
    precision_5: Annotated[float, "Among its best 5 %."]
    precision_1: Annotated[float, "Among its best 1 %."]
    best_rank: Annotated[int, "The best of their ranks on the target, 1 for the best of all."]
    worst_rank: Annotated[int, "The worst of them."]
    regret: Annotated[
        float,
        "(best of all - best of the k) / (best of all - mean of all) on the target.",
    ]


class CurvePoint(NamedTuple):
    """Overlap and regret of the source's best k; by one training a side, where these are known."""

    k: Annotated[int, "1 to the number of cells."]
    overlap: Annotated[float, "Share of the source's best k that is among the target's."]
    regret: Annotated[
        float,
        "(best of all - best of the k) / (best of all - mean of all) on the target.",
    ]
    chance: Annotated[float, "Overlap of a random ranking."]
    overlap_single: Annotated[float | None, "By one training on the source and one on the target."]
    regret_single: Annotated[float | None, "The same."]
    overlap_ceiling: Annotated[float | None, "By two trainings on the target."]
    regret_ceiling: Annotated[float | None, "The same."]


def rank_transfer(
    source: Scoring,
    target: Scoring,
    cells: Cells,
    rng: np.random.Generator,
    fractions: Sequence[float] = FRACTIONS,
) -> pd.DataFrame:
    """Return the correlations over all cells and over the source's best."""
    subsets = [(f"top {fraction:.0%}", _best(source, cells, fraction)) for fraction in fractions]
    if not cells.connected.all():
        subsets.insert(1, ("connected", cells.rows[cells.connected]))
    rows = [
        _agreement("all" if name == "top 100%" else name, source, target, chosen, rng)
        for name, chosen in subsets
    ]
    return frame((Subset, Correlations, Agreement), rows)


def selection_table(
    source: Scoring, target: Scoring, cells: Cells, counts: Sequence[int] = COUNTS
) -> pd.DataFrame:
    """Return what the source's best k are worth on the target: an ``Overlap``, a ``Selected``."""
    s, t = source.scores[cells.rows], target.scores[cells.rows]
    regret = regret_curve(s, t)
    rows = []
    for k in (k for k in counts if k <= len(s)):
        precision = (precision_at_k(s, t, k, best) for best in BEST)
        row = (*precision, *target_ranks_at_k(s, t, k), float(regret[k - 1]))
        rows.append((top_k_overlap(s, t, k), row))
    return frame((Overlap, Selected), rows)


def curves(source: Scoring, target: Scoring, cells: Cells) -> pd.DataFrame:
    """Return overlap and regret for k = 1 to m, as ``CurvePoint``.

    Of single trainings the first on the source, or on the target for the ceiling, ranks, and the
    second on the target judges.
    """
    s, t = source.scores[cells.rows], target.scores[cells.rows]
    first, second = (_training(target.trials, cells, number) for number in (0, 1))
    table: dict[str, object] = {
        "k": np.arange(1, len(s) + 1),
        "overlap": overlap_curve(s, t),
        "regret": regret_curve(s, t),
        "chance": np.arange(1, len(s) + 1) / len(s),
    }
    for name, ranking in (("single", _training(source.own, cells, 0)), ("ceiling", first)):
        if ranking is None or second is None:
            table |= {f"overlap_{name}": math.nan, f"regret_{name}": math.nan}
            continue
        table[f"overlap_{name}"] = overlap_curve(ranking, second)
        table[f"regret_{name}"] = regret_curve(ranking, second)
    return pd.DataFrame(table, columns=list(CurvePoint._fields))


def without_noise(source: Scoring, target: Scoring, cells: Cells) -> dict[str, float] | None:
    """Return Spearman's rho of means over trainings, corrected for their noise.

    None where a side has no repeated trainings. Reliabilities are those of means over trainings.
    """
    if source.trials is None or target.trials is None:
        return None
    sides = [trials[cells.rows] for trials in (source.trials, target.trials)]
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


def _best(source: Scoring, cells: Cells, fraction: float) -> NDArray[np.int64]:
    if fraction == 1:
        return cells.rows
    scores = source.scores[cells.rows]
    return cells.rows[top(scores, share(len(scores), fraction))]


def _training(
    trials: NDArray[np.float64] | None, cells: Cells, number: int
) -> NDArray[np.float64] | None:
    """Return one training of every cell; None where some cell lacks it."""
    if trials is None or trials.shape[1] <= number:
        return None
    column = trials[cells.rows, number]
    return None if np.isnan(column).any() else column


def _agreement(
    subset: str,
    source: Scoring,
    target: Scoring,
    rows: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[Subset, Correlations, Agreement]:
    s, t = source.scores[rows], target.scores[rows]
    tau = tau_interval(s, t, rng)
    own = None if source.own is None else source.own[rows]
    ceiling = None if target.trials is None else noise_ceiling(own, target.trials[rows])
    single = (ceiling.tau, ceiling.ceiling, ceiling.ratio) if ceiling else (None, None, None)
    return Subset(subset), correlations(s, t), Agreement(*tau[1:], *single)
