"""Exact tests of one comparison: the rank sum under relabelling, the mean under flipped signs.

No test is chosen by looking at the data: independent runs get the rank test, paired ones the
sign-flip test.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.statistics.counter import counted
from analysis.statistics.sample import DRAWS, Array, PValue, Values, quantised

# Up to here all sign patterns are enumerated; beyond, random ones are drawn.
ENUMERATED_PAIRS = 16
# Up to so many runs on both sides together relabellings are counted; beyond, their sum is normal.
COUNTED_RUNS = 120
# The fewest runs a side at which the asymptotic Brunner-Munzel test may be trusted.
BRUNNER_MUNZEL_RUNS = 10


@dataclass(frozen=True)
class Null:
    """The exact distribution of a statistic under relabelling.

    Attributes:
        support: Its whole-numbered values, ascending.
        chances: Their probabilities.
    """

    support: NDArray[np.int64]
    chances: Array

    def two_sided(self, observed: int) -> float:
        """Return twice the smaller tail, at most 1."""
        below = self.chances[self.support <= observed].sum()
        above = self.chances[self.support >= observed].sum()
        return min(1.0, float(2 * min(below, above)))


def doubled_ranks(x: Values, y: Values) -> NDArray[np.int64]:
    """Return twice the midranks of both samples together: whole numbers, also with ties."""
    both = np.concatenate([quantised(x), quantised(y)])
    ranks: NDArray[np.int64] = np.rint(2 * stats.rankdata(both)).astype(np.int64)
    return ranks


def rank_sum_null(ranks: NDArray[np.int64], size: int) -> Null:
    """Return the null distribution of the sum of ``size`` of the ranks, all subsets alike.

    Args:
        ranks: Of both samples, non-negative whole numbers.
        size: Of the first sample.
    """
    counts = np.zeros((size + 1, int(ranks.sum()) + 1))
    counts[0, 0] = 1
    for rank in ranks:
        counts[1:, rank:] += counts[:-1, : counts.shape[1] - rank].copy()
    support = np.flatnonzero(counts[size])
    chances = counts[size, support]
    return Null(support, chances / chances.sum())


def is_counted(runs: int) -> bool:
    """Tell whether the rank sum of so many runs, both sides together, is tested exactly."""
    return runs <= COUNTED_RUNS


def rank_sum_p(ranks: NDArray[np.int64], size: int) -> float:
    """Return the two-sided p of the sum of the first ``size`` ranks.

    Exact up to 120 ranks; beyond, the normal approximation with exact variance.
    """
    if not is_counted(len(ranks)):
        gap, variance = rank_sum_gap(ranks, size)
        return normal_p(gap, variance)
    return rank_sum_null(ranks, size).two_sided(int(ranks[:size].sum()))


def rank_sum_gap(ranks: NDArray[np.int64], size: int) -> tuple[float, float]:
    """Return how far the sum of the first ``size`` ranks is from its mean, and its variance.

    That of a sample without replacement; midranks carry the correction for ties.
    """
    gap = float(ranks[:size].sum()) - size * float(ranks.mean())
    return gap, size * (len(ranks) - size) / len(ranks) * float(ranks.var(ddof=1))


def normal_p(gap: float, variance: float) -> float:
    """Return the two-sided p of a gap of doubled ranks, corrected for continuity by half a rank."""
    if variance == 0:
        return 1.0
    return min(1.0, 2 * float(stats.norm.sf(max(0.0, abs(gap) - 1) / math.sqrt(variance))))


@counted
def exact_rank_p(x: Values, y: Values) -> float:
    """Return the exact two-sided p of the rank sum under relabelling; midranks for ties.

    Beyond 120 runs it is the normal approximation, with exact variance and continuity correction.
    Infinitely bad values (failed runs) are allowed.
    """
    if min(len(x), len(y)) == 0:
        return math.nan
    return rank_sum_p(doubled_ranks(x, y), len(x))


@counted
def sign_flip(differences: Values, rng: np.random.Generator | None = None) -> PValue:
    """Test the mean of paired differences under flipping signs (Fisher, Pitman), two-sided.

    Args:
        differences: Of the pairs.
        rng: Draws patterns where there are more than 16 pairs; a fixed seed if not given.
    """
    return _flipped(quantised(differences), rng)


def _flipped(d: Array, rng: np.random.Generator | None) -> PValue:
    if len(d) == 0:
        return PValue(math.nan)
    if len(d) <= ENUMERATED_PAIRS:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=len(d))))
        return PValue(float(_as_extreme(signs @ d, d).mean()))
    signs = (rng or np.random.default_rng(0)).choice([-1.0, 1.0], size=(DRAWS, len(d)))
    return PValue(float((1 + _as_extreme(signs @ d, d).sum()) / (DRAWS + 1)), DRAWS)


def sign_flip_p(differences: Values) -> float:
    """Return the two-sided p of ``sign_flip``."""
    return sign_flip(differences).p


@counted
def wilcoxon_p(differences: Values) -> float:
    """Return the exact two-sided p of the signed ranks; ties and zeros by midranks (Pratt)."""
    d = quantised(differences)
    if len(d) == 0:
        return math.nan
    # Signs flip the doubled midranks of |d|; those of zeros count in the ranking, for no side.
    ranks = np.rint(2 * stats.rankdata(np.abs(d))).astype(np.int64)
    return _flipped(np.sign(d) * ranks, None).p


@counted
def brunner_munzel_p(x: Values, y: Values) -> float:
    """Return the two-sided p of Brunner and Munzel (2000); NaN for separated samples.

    It is asymptotic: below ``BRUNNER_MUNZEL_RUNS`` a side it promises too much to be reported.
    """
    a, b = quantised(x), quantised(y)
    if min(len(a), len(b)) < 2 or not np.isfinite([*a, *b]).all():
        return math.nan
    if max(a) <= min(b) or max(b) <= min(a):
        return math.nan  # separated samples leave its variance at zero
    return float(stats.brunnermunzel(a, b).pvalue)


def pair_correlation(x: Values, y: Values) -> float:
    """Return Pearson's r of paired runs; NaN for less than three pairs or constant values."""
    a, b = quantised(x), quantised(y)
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _as_extreme(sums: Array, d: Array) -> NDArray[np.bool_]:
    # Sums of the same numbers in another order differ by rounding.
    return np.asarray(np.abs(sums) >= abs(float(d.sum())) - 1e-9)
