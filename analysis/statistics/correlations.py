"""Rank transfer over many architectures: does what is good on the source stay good on the target?

Source and target scores are accuracies in percent, shape (m,), one row an architecture, higher is
better. Scores are rounded to 6 decimals before they are ranked: means computed in floating point
carry noise of 1e-13 that breaks true ties.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL, quantised

Scores = NDArray[np.float64]

# Below 10 architectures a correlation says nothing; from 20 on they are resampled, up to a size
# beyond which Fieller's interval is narrower than it is worth computing better.
FEWEST, BOOTSTRAPPED, MOST_BOOTSTRAPPED = 10, 20, 2000
RESAMPLES = 1000


class Correlations(NamedTuple):
    """How two scorings of the same architectures agree; NaN where one of them is constant."""

    n: Annotated[int, "Architectures."]
    kendall: Annotated[float, "Tau-b."]
    spearman: Annotated[float, "Rho."]
    weighted: Annotated[float, "Tau, hyperbolically weighted towards the top of either ranking."]
    somers: Annotated[float, "Somers' D of the target given the source; its ties do not count."]


def correlations(source: ArrayLike, target: ArrayLike) -> Correlations:
    """Return every rank correlation of two scorings."""
    s, t = quantised(source), quantised(target)
    if len(s) < 2 or np.ptp(s) == 0 or np.ptp(t) == 0:
        return Correlations(len(s), *[math.nan] * 4)
    tau = kendall(s, t)
    pairs = len(s) * (len(s) - 1) / 2
    by_source, by_target = (pairs - _tied_pairs(scores) for scores in (s, t))
    return Correlations(
        n=len(s),
        kendall=tau,
        spearman=float(stats.spearmanr(s, t).statistic),
        weighted=float(stats.weightedtau(s, t).statistic),
        somers=tau * math.sqrt(by_target / by_source),
    )


def kendall(source: Scores, target: Scores) -> float:
    """Return Kendall's tau-b in O(n log n); NaN where a scoring is constant."""
    return float(stats.kendalltau(source, target).statistic)


def top(scores: ArrayLike, count: int) -> NDArray[np.int64]:
    """Return the rows of the best ``count``, best first; of equals the earlier row comes first."""
    order = np.argsort(-quantised(scores), kind="stable")
    return order[:count].astype(np.int64)


def share(size: int, fraction: float) -> int:
    """Return how many architectures a fraction is: the nearest whole number, at least one."""
    return max(1, round(fraction * size))


def tau_interval(
    source: ArrayLike, target: ArrayLike, rng: np.random.Generator, level: float = LEVEL
) -> Interval:
    """Return Kendall's tau-b with an interval over architectures.

    Percentile bootstrap of 20 to 2,000 architectures; Fieller's z (1957) of fewer, and of more,
    where it is within a few thousandths; none below 10.
    """
    s, t = quantised(source), quantised(target)
    tau = kendall(s, t) if len(s) > 1 else math.nan
    if len(s) < FEWEST:
        return Interval(tau, math.nan, math.nan, f"n too small: {len(s)} < {FEWEST}")
    if math.isnan(tau):
        return Interval(tau, math.nan, math.nan, "unknown: a scoring is constant")
    if not BOOTSTRAPPED <= len(s) <= MOST_BOOTSTRAPPED:
        return fieller_z(tau, len(s), level)
    drawn = [kendall(s[rows], t[rows]) for rows in _resamples(len(s), rng)]
    low, high = np.nanquantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    method = f"percentile bootstrap over architectures, {RESAMPLES} resamples"
    return Interval(tau, float(low), float(high), method)


def fieller_z(tau: float, n: int, level: float = LEVEL) -> Interval:
    """Return the interval of a tau by Fisher's z with variance .437 / (n - 4) (Fieller 1957)."""
    if n <= 4 or abs(tau) >= 1:
        return Interval(tau, math.nan, math.nan, "no interval: too few, or perfect agreement")
    half = float(stats.norm.ppf(0.5 + level / 2)) * math.sqrt(0.437 / (n - 4))
    centre = math.atanh(tau)
    return Interval(tau, math.tanh(centre - half), math.tanh(centre + half), "Fieller z")


def _resamples(size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.integers(size, size=(RESAMPLES, size))


def _tied_pairs(scores: Scores) -> float:
    counts = np.unique(scores, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1) / 2).sum())
