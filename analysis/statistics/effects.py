"""How large a difference is: the probability of the better run, its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import optimize, stats

from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL, Values, quantised

_EDGE = 1e-12


def a12(x: Values, y: Values) -> float:
    """Return the probability that a value of ``x`` exceeds one of ``y``, ties counting half."""
    a, b = quantised(x), quantised(y)
    if min(len(a), len(b)) == 0:
        return math.nan
    greater = (a[:, None] > b[None, :]).sum()
    equal = (a[:, None] == b[None, :]).sum()
    return float((greater + 0.5 * equal) / (len(a) * len(b)))


def a12_interval(x: Values, y: Values, level: float = LEVEL) -> Interval:
    """Return A12 with Newcombe's method 5 interval (Stat. Med. 25, 2006)."""
    estimate = a12(x, y)
    if math.isnan(estimate):
        return Interval(estimate, math.nan, math.nan, "no interval: no values on one side")
    low, high = newcombe(estimate, len(x), len(y), level)
    return Interval(estimate, low, high, "Newcombe 5")


def newcombe(estimate: float, n: int, m: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the limits of Newcombe's method 5 for A12 of ``n`` against ``m`` runs."""
    z = float(stats.norm.ppf(0.5 + level / 2))
    extra = (n + m) / 2 - 1

    def excess(theta: float) -> float:
        bracket = 1 + extra * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        variance = theta * (1 - theta) * bracket / (n * m)
        return abs(estimate - theta) - z * math.sqrt(variance)

    # Theta equal to an estimate of 0 or 1 is a root that means nothing, hence the edges.
    low = 0.0 if estimate <= 0 else optimize.brentq(excess, _EDGE, min(estimate, 1 - _EDGE))
    high = 1.0 if estimate >= 1 else optimize.brentq(excess, max(estimate, _EDGE), 1 - _EDGE)
    return float(low), float(high)


def probability_of_improvement(tasks: Sequence[tuple[Values, Values]]) -> float:
    """Return the mean of A12 over tasks (Agarwal et al., NeurIPS 2021)."""
    return float(np.mean([a12(x, y) for x, y in tasks])) if tasks else math.nan


def standardised_mean(differences: Values) -> float:
    """Return Cohen's dz of paired differences; NaN without spread."""
    d = np.asarray(differences, dtype=np.float64)
    spread = float(d.std(ddof=1)) if len(d) > 1 else 0.0
    return float(d.mean()) / spread if spread > 1e-12 else math.nan


def share_better(differences: Values) -> float:
    """Return the share of pairs of which the first is better, ties counting half."""
    d = quantised(differences)
    return float(((d > 0) + 0.5 * (d == 0)).mean()) if len(d) else math.nan
