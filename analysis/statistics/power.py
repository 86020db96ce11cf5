"""What a design can show, before any p: its smallest p, its capacity, its smallest effect."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import numpy as np
from scipy import stats

from analysis.statistics.sample import ALPHA

POWER = 0.8
# Effects are sought up to here, in standard deviations of a run.
LARGEST_EFFECT = 12.0
# With thousands of runs the smallest p is less than a number can be, and the capacity without use.
LEAST_P = sys.float_info.min
MOST_COMPARISONS = 1_000_000


def smallest_p(n: int, m: int | None = None) -> float:
    """Return the smallest attainable two-sided p: of n against m runs, or of n pairs."""
    if n == 0 or m == 0:
        return 1.0
    outcomes = 2**n if m is None else math.comb(n + m, n)
    return min(1.0, max(LEAST_P, 2 / outcomes))


def smallest_stratified_p(sizes: Sequence[tuple[int, int]]) -> float:
    """Return the smallest attainable p over independent strata of n against m runs."""
    if not sizes or any(min(pair) == 0 for pair in sizes):
        return 1.0
    return min(1.0, max(LEAST_P, 2 / math.prod(math.comb(n + m, n) for n, m in sizes)))


def capacity(p: float, alpha: float = ALPHA) -> int:
    """Return how many comparisons, up to a million, Holm can carry if the smallest p is ``p``."""
    return min(MOST_COMPARISONS, math.floor(alpha / p + 1e-9))


def is_feasible(p: float, family: int, alpha: float = ALPHA) -> bool:
    """Tell whether any outcome could be significant in a family of that size."""
    return p * family <= alpha * (1 + 1e-12)


def detectable_effect(
    n: int, m: int | None = None, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Return the smallest effect that a t test finds, in standard deviations; two-sided.

    Args:
        n: Runs of one side, or pairs.
        m: Runs of the other; None for pairs, whose unit is the deviation of a difference.
        alpha: Level, already divided by the family's size where Holm's first step matters.
        power: Probability to find it.

    Returns:
        NaN without degrees of freedom; infinity beyond 12 deviations.
    """
    freedom = n - 1 if m is None else n + m - 2
    if freedom < 1 or m == 0 or n == 0:
        return math.nan
    root = math.sqrt(n if m is None else n * m / (n + m))
    critical = float(stats.t.ppf(1 - alpha / 2, freedom))
    low, high = 0.0, LARGEST_EFFECT
    if _power(high * root, critical, freedom) < power:
        return math.inf
    while high - low > 1e-9:
        middle = (low + high) / 2
        if _power(middle * root, critical, freedom) < power:
            low = middle
        else:
            high = middle
    return high


def _power(shift: float, critical: float, freedom: float) -> float:
    """Return the power of a two-sided t test.

    scipy's non-central t is NaN here and there from a shift of about 8.5 upwards; there the upper
    tail is 1 and the lower one 0.
    """
    upper, lower = stats.nct.sf(critical, freedom, shift), stats.nct.cdf(-critical, freedom, shift)
    return float(np.nan_to_num(upper, nan=1.0) + np.nan_to_num(lower, nan=0.0))
