"""Small-sample statistics: exact tests and t intervals, as the design of a comparison needs them.

Accuracies are in percent, higher is better. No test is chosen by looking at the data: independent
runs get the exact rank test, paired ones the exact sign-flip test.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

ALPHA = 0.05
LEVEL = 0.95
# Up to here all sign patterns are enumerated; beyond, this many random ones are drawn.
ENUMERATED_PAIRS = 16
DRAWS = 100_000
# Up to so many runs on both sides together relabellings are counted; beyond, their sum is normal.
COUNTED_RUNS = 120
# Accuracies closer than this are ties: they differ by less than a thousandth of an image.
RESOLUTION_DIGITS = 6

Values = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval; NaN limits where there is no interval.

    Attributes:
        estimate: The value itself.
        low: Lower limit.
        high: Upper limit.
        method: What was computed, or why there is nothing.
    """

    estimate: float
    low: float
    high: float
    method: str


def mean_interval(x: Values, level: float = LEVEL) -> Interval:
    """Return a mean with its t interval."""
    values = np.asarray(x, dtype=np.float64)
    if len(values) == 0:
        return _unknown(math.nan, "no values")
    if len(values) == 1:
        return _unknown(float(values[0]), "one value has no spread")
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    return _t_interval(float(values.mean()), error, len(values) - 1, level, "t")


def welch(x: Values, y: Values, level: float = LEVEL) -> Interval:
    """Return the difference of means x - y with Welch's interval."""
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if min(len(a), len(b)) == 0:
        return _unknown(math.nan, "no values on one side")
    difference = float(a.mean() - b.mean())
    if min(len(a), len(b)) == 1:
        return _unknown(difference, "one value on a side has no spread")
    parts = [float(side.var(ddof=1)) / len(side) for side in (a, b)]
    # Subnormal variances would make the degrees of freedom 0 / 0.
    if sum(parts) < 1e-24:
        return _unknown(difference, "no spread between runs")
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
    return _t_interval(difference, math.sqrt(sum(parts)), freedom, level, "Welch")


def paired_t(differences: Values, level: float = LEVEL) -> Interval:
    """Return the mean of paired differences with its t interval."""
    found = mean_interval(differences, level)
    method = "paired t" if found.method == "t" else found.method
    return Interval(found.estimate, found.low, found.high, method)


def a12(x: Values, y: Values) -> float:
    """Return the probability that a value of ``x`` exceeds one of ``y``, ties counting half."""
    a, b = _quantised(x), _quantised(y)
    if min(len(a), len(b)) == 0:
        return math.nan
    greater = (a[:, None] > b[None, :]).sum()
    equal = (a[:, None] == b[None, :]).sum()
    return float((greater + 0.5 * equal) / (len(a) * len(b)))


def exact_rank_p(x: Values, y: Values) -> float:
    """Return the exact two-sided p of the rank sum under relabelling; midranks for ties.

    Beyond 120 runs it is the normal approximation, with exact variance and continuity correction.
    Infinitely bad values (failed runs) are allowed.
    """
    a, b = _quantised(x), _quantised(y)
    if min(len(a), len(b)) == 0:
        return math.nan
    # Twice the midranks are whole numbers, so sums can be counted exactly.
    ranks = np.rint(2 * stats.rankdata(np.concatenate([a, b]))).astype(int)
    if len(ranks) > COUNTED_RUNS:
        return _normal_rank_p(ranks / 2, len(a))
    counts = _count_sums(ranks, len(a))
    observed, total = int(ranks[: len(a)].sum()), counts.sum()
    tails = counts[: observed + 1].sum(), counts[observed:].sum()
    return min(1.0, float(2 * min(tails) / total))


def sign_flip_p(differences: Values) -> float:
    """Return the two-sided p of the mean of paired differences under flipping signs.

    Exact up to 16 pairs; beyond, from 100,000 random patterns of a fixed seed.
    """
    d = _quantised(differences)
    if len(d) == 0:
        return math.nan
    if len(d) <= ENUMERATED_PAIRS:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(d))))
        return float(_as_extreme(signs @ d, d).mean())
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(DRAWS, len(d)))
    return float((1 + _as_extreme(signs @ d, d).sum()) / (DRAWS + 1))


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values; a missing one counts as 1 and stays missing."""
    filled = [1.0 if math.isnan(value) else value for value in p]
    adjusted = [math.nan] * len(p)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=filled.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * filled[index]))
        adjusted[index] = math.nan if math.isnan(p[index]) else highest
    return adjusted


def smallest_p(n: int, m: int | None = None) -> float:
    """Return the smallest attainable two-sided p: of n against m runs, or of n pairs."""
    if n == 0 or m == 0:
        return 1.0
    outcomes = 2**n if m is None else math.comb(n + m, n)
    return min(1.0, 2 / outcomes)


def capacity(p: float, alpha: float = ALPHA) -> int:
    """Return how many comparisons Holm can carry if the smallest attainable p is ``p``."""
    return math.floor(alpha / p + 1e-9)


def _quantised(x: Values) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.asarray(x, dtype=np.float64).round(RESOLUTION_DIGITS)
    return values


def _unknown(estimate: float, why: str) -> Interval:
    return Interval(estimate, math.nan, math.nan, f"no interval: {why}")


def _t_interval(
    estimate: float, error: float, freedom: float, level: float, method: str
) -> Interval:
    if error < 1e-12:
        return _unknown(estimate, "no spread between runs")
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    return Interval(estimate, estimate - half, estimate + half, method)


def _normal_rank_p(ranks: NDArray[np.float64], size: int) -> float:
    """Return the two-sided p of the sum of the first ``size`` midranks, taken as normal."""
    others = len(ranks) - size
    gap = abs(float(ranks[:size].sum()) - size * float(ranks.mean()))
    # Of a sample without replacement; midranks carry the correction for ties.
    variance = size * others / len(ranks) * float(ranks.var(ddof=1))
    if variance == 0:
        return 1.0
    return min(1.0, 2 * float(stats.norm.sf(max(0.0, gap - 0.5) / math.sqrt(variance))))


def _count_sums(ranks: NDArray[np.int_], size: int) -> NDArray[np.float64]:
    """Count the subsets of ``size`` ranks by their sum."""
    counts = np.zeros((size + 1, int(ranks.sum()) + 1))
    counts[0, 0] = 1
    for rank in ranks:
        counts[1:, rank:] += counts[:-1, : counts.shape[1] - rank].copy()
    return np.asarray(counts[size])


def _as_extreme(sums: NDArray[np.float64], d: NDArray[np.float64]) -> NDArray[np.bool_]:
    # Sums of the same numbers in another order differ by rounding.
    return np.asarray(np.abs(sums) >= abs(float(d.sum())) - 1e-9)
