"""Whether a proxy adds variance: the spread over seeds, against that of direct search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.answers.arms import finite
from analysis.answers.transfer.gaps import Pairs, design_cells, select
from analysis.arms import CARRIED, DIRECT
from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL

CONSISTENCY_COLUMNS = [
    "method",
    "arm",
    "source",
    "target",
    "n",
    "n_direct",
    "sd",
    "sd_direct",
    "ratio",
    "low",
    "high",
    "interval",
    "p",
]


def spread_ratio(x: Sequence[float], direct: Sequence[float], level: float = LEVEL) -> Interval:
    """Return the ratio of standard deviations with the F interval, which assumes normal runs."""
    sides = [np.asarray(values, dtype=np.float64) for values in (x, direct)]
    if min(len(values) for values in sides) < 2:
        return Interval(math.nan, math.nan, math.nan, "unknown: one run has no spread")
    own, other = (float(values.std(ddof=1)) for values in sides)
    if min(own, other) < 1e-9:
        return Interval(math.nan, math.nan, math.nan, "unknown: no spread between runs")
    freedoms = [len(values) - 1 for values in sides]
    high, low = (float(stats.f.ppf(q, *freedoms)) for q in (0.5 - level / 2, 0.5 + level / 2))
    ratio = own / other
    return Interval(ratio, ratio / math.sqrt(low), ratio / math.sqrt(high), "F, for normal runs")


def brown_forsythe_p(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the p-value of equal spread by deviations from medians (Brown & Forsythe, 1974)."""
    sides = [np.asarray(values, dtype=np.float64) for values in (x, y)]
    if min(len(values) for values in sides) < 2:
        return math.nan
    spreads = [np.abs(values - np.median(values)) for values in sides]
    # Without any variance of the deviations the statistic is 0 / 0.
    if sum(float(spread.var()) for spread in spreads) < 1e-18:
        return math.nan
    return float(stats.levene(*sides, center="median").pvalue)


def consistency_table(units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Compare the spread over search seeds of every arm that transfers with direct search's."""
    rows = [
        _row(units, (method, pair), arm)
        for method, pair in design_cells(units, pairs)
        for arm in CARRIED
    ]
    return pd.DataFrame([row for row in rows if row], columns=CONSISTENCY_COLUMNS)


def _row(units: pd.DataFrame, cell: tuple[str, tuple[str, str]], arm: str) -> dict[str, Any] | None:
    method, pair = cell
    chosen = [select(units, method, name, pair) for name in (arm, DIRECT)]
    if any(len(table) == 0 for table in chosen):
        return None
    own, direct = (finite(table) for table in chosen)
    found = spread_ratio(own, direct)
    return {
        "method": method,
        "arm": arm,
        "source": pair[0],
        "target": pair[1],
        "n": len(own),
        "n_direct": len(direct),
        "sd": float(np.std(own, ddof=1)) if len(own) > 1 else math.nan,
        "sd_direct": float(np.std(direct, ddof=1)) if len(direct) > 1 else math.nan,
        "ratio": found.estimate,
        "low": found.low,
        "high": found.high,
        "interval": found.method,
        "p": brown_forsythe_p(own, direct),
    }
