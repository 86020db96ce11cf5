"""Whether a proxy adds variance: the spread over seeds, against that of direct search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.answers.arms import finite
from analysis.answers.keys import ArmKey
from analysis.answers.transfer.gaps import Pairs, planned_arms
from analysis.arms import DIRECT
from analysis.loading.rows import frame


class Consistency(NamedTuple):
    """How far the runs of an arm are apart, against those of direct search."""

    n: Annotated[int, "Finished runs of the arm."]
    n_direct: Annotated[int, "Finished runs of direct search."]
    sd: Annotated[float, "Standard deviation of the arm's test accuracies, in percentage points."]
    sd_direct: Annotated[float, "That of direct search."]
    ratio: Annotated[float, "`sd` / `sd_direct`; NaN where one of them is unknown or 0."]
    p: Annotated[float, "Brown and Forsythe's p of equal spread, not corrected."]


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
    rows = (
        (key, _compare(*map(finite, chosen))) for key, chosen in planned_arms(units, pairs, DIRECT)
    )
    return frame((ArmKey, Consistency), rows)


def _compare(own: list[float], direct: list[float]) -> Consistency:
    sd, sd_direct = (
        float(np.std(its, ddof=1)) if len(its) > 1 else math.nan for its in (own, direct)
    )
    ratio, p = spread_ratio(sd, sd_direct), brown_forsythe_p(own, direct)
    return Consistency(len(own), len(direct), sd, sd_direct, ratio, p)
