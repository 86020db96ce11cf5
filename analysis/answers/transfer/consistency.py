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
    "p",
]


def spread_ratio(own: float, direct: float) -> float:
    """Return a standard deviation over another; NaN where one is unknown or no run differs."""
    return own / direct if min(own, direct) > 1e-9 else math.nan


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
    spreads = [float(np.std(its, ddof=1)) if len(its) > 1 else math.nan for its in (own, direct)]
    return {
        "method": method,
        "arm": arm,
        "source": pair[0],
        "target": pair[1],
        "n": len(own),
        "n_direct": len(direct),
        "sd": spreads[0],
        "sd_direct": spreads[1],
        "ratio": spread_ratio(*spreads),
        "p": brown_forsythe_p(own, direct),
    }
