"""How much of what direct search gains over random a transfer keeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.answers.arms import finite
from analysis.answers.transfer.gaps import Pairs, design_cells, select
from analysis.arms import CARRIED, DIRECT, RANDOM
from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL

RETENTION_COLUMNS = [
    "method",
    "arm",
    "source",
    "target",
    "n",
    "n_direct",
    "n_random",
    "retention",
    "low",
    "high",
    "g",
    "interval",
]
UNDEFINED = "undefined: direct search does not beat random"


@dataclass(frozen=True)
class Ratio(Interval):
    """A ratio with Fieller's interval.

    Attributes:
        g: Squared relative half-width of the denominator's interval; at 1 the ratio is undefined.
    """

    g: float = math.nan


@dataclass(frozen=True)
class Estimates:
    """Numerator and denominator of a ratio as they were estimated.

    Attributes:
        numerator: Its value.
        denominator: Its value.
        variances: Of the two estimates.
        covariance: Between them.
        freedom: Degrees of freedom of the variances.
    """

    numerator: float
    denominator: float
    variances: tuple[float, float]
    covariance: float
    freedom: float


def fieller(found: Estimates, level: float = LEVEL) -> Ratio:
    """Return numerator / denominator with Fieller's interval (1954).

    Where the denominator's own interval contains 0, limits and estimate are NaN.
    """
    t = float(stats.t.ppf(0.5 + level / 2, found.freedom))
    a, b = found.numerator, found.denominator
    v_a, v_b = found.variances
    g = t * t * v_b / (b * b) if b else math.inf
    if b <= 0 or g >= 1:
        return Ratio(math.nan, math.nan, math.nan, "undefined: the denominator may be 0", g)
    if v_a < 1e-24:
        return Ratio(a / b, math.nan, math.nan, "no interval: no spread between runs", g)
    ratio, v_ab = a / b, found.covariance
    inside = v_a - 2 * ratio * v_ab + ratio**2 * v_b - g * (v_a - v_ab**2 / v_b if v_b else v_a)
    half = t / b * math.sqrt(max(0.0, inside))
    centre = ratio - (g * v_ab / v_b if v_b else 0.0)
    return Ratio(ratio, (centre - half) / (1 - g), (centre + half) / (1 - g), "Fieller", g)


def retention(
    x: Sequence[float], direct: Sequence[float], random: Sequence[float], level: float = LEVEL
) -> Ratio:
    """Return (mean x - mean random) / (mean direct - mean random) with Fieller's interval.

    1: nothing is lost; 0: the proxy is as good as random; below 0 it harms. The variance is pooled
    over the three arms. Undefined unless direct search beats random beyond its interval.
    """
    arms = [np.asarray(values, dtype=np.float64) for values in (x, direct, random)]
    if min(len(values) for values in arms) == 0:
        return _unknown("undefined: an arm has no finished run")
    freedom = sum(len(values) - 1 for values in arms)
    if freedom < 1:
        return _unknown("undefined: one run an arm has no spread")
    pooled = sum(float(((values - values.mean()) ** 2).sum()) for values in arms) / freedom
    shares = [pooled / len(values) for values in arms]
    means = [float(values.mean()) for values in arms]
    found = fieller(
        Estimates(
            numerator=means[0] - means[2],
            denominator=means[1] - means[2],
            variances=(shares[0] + shares[2], shares[1] + shares[2]),
            covariance=shares[2],
            freedom=freedom,
        ),
        level,
    )
    if math.isnan(found.estimate):
        return Ratio(math.nan, math.nan, math.nan, UNDEFINED, found.g)
    return found


def retention_table(units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the retention of every arm that transfers, where all three arms were planned."""
    rows = [
        _row(units, method, pair, arm)
        for method, pair in design_cells(units, pairs)
        for arm in CARRIED
    ]
    return pd.DataFrame([row for row in rows if row], columns=RETENTION_COLUMNS)


def _row(
    units: pd.DataFrame, method: str, pair: tuple[str, str], arm: str
) -> dict[str, Any] | None:
    chosen = [select(units, method, name, pair) for name in (arm, DIRECT, RANDOM)]
    if any(len(table) == 0 for table in chosen):
        return None
    x, direct, random = (finite(table) for table in chosen)
    found = retention(x, direct, random)
    return {
        "method": method,
        "arm": arm,
        "source": pair[0],
        "target": pair[1],
        "n": len(x),
        "n_direct": len(direct),
        "n_random": len(random),
        "retention": found.estimate,
        "low": found.low,
        "high": found.high,
        "g": found.g,
        "interval": found.method,
    }


def _unknown(why: str) -> Ratio:
    return Ratio(math.nan, math.nan, math.nan, why)
