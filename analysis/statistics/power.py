"""What a design can show: its smallest p, its capacity, and the smallest shift that it finds."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from analysis.statistics.intervals import mean_difference
from analysis.statistics.placing import ENUMERATED, place_pairwise, place_shifted
from analysis.statistics.relabelling import critical_values, is_large
from analysis.statistics.sample import ALPHA, DRAWS, Array, Values

POWER = 0.8
SIMULATIONS = 2000
# With thousands of runs the smallest p is less than a number can be, and the capacity without use.
LEAST_P = sys.float_info.min
MOST_COMPARISONS = 1_000_000


def smallest_p(n: int, m: int | None = None) -> float:
    """Return the smallest attainable two-sided p: of n against m runs, or of n pairs."""
    if n == 0 or m == 0:
        return 1.0
    return _least(2**n, is_drawn=False) if m is None else smallest_stratified_p([(n, m)])


def smallest_stratified_p(sizes: Sequence[tuple[int, int]]) -> float:
    """Return the smallest attainable p over independent strata of n against m runs."""
    if not sizes or any(min(pair) == 0 for pair in sizes):
        return 1.0
    outcomes = math.prod(math.comb(n + m, n) for n, m in sizes)
    return _least(outcomes, is_drawn=outcomes > ENUMERATED and not any(map(is_large, sizes)))


def _least(outcomes: int, *, is_drawn: bool) -> float:
    return min(1.0, max(LEAST_P, 2 / (DRAWS + 1) if is_drawn else 2 / outcomes))


def capacity(p: float, alpha: float = ALPHA) -> int:
    """Return how many comparisons, up to a million, Holm can carry if the smallest p is ``p``."""
    return min(MOST_COMPARISONS, math.floor(alpha / p + 1e-9))


def is_feasible(p: float, family: int, alpha: float = ALPHA) -> bool:
    """Tell whether any outcome could be significant in a family of that size."""
    return p * family <= alpha * (1 + 1e-12)


def detectable_shift(x: Values, y: Values, alpha: float = ALPHA) -> float | None:
    """Return the shift between two groups that the rank test finds in 80 % of repetitions.

    By simulation: both groups are drawn again from their residuals, one group is shifted, and the
    test that decides is carried out; 2,000 times for every shift. The larger of both directions.

    Args:
        x: Of one group.
        y: Of the other.
        alpha: Level, already divided by the family's size where Holm's first step matters.

    Returns:
        None where no shift is found, or no spread is known.
    """
    first, second = (_residuals(values) for values in (x, y))
    if first is None or second is None or not (first.any() or second.any()):
        return None
    low, high = critical_values(len(x), len(y), alpha)
    if math.isnan(low):
        return None
    if is_large((len(x), len(y))):
        return _solve(lambda shift: _power_of_many(first, second, shift, high), first, second)
    rng = np.random.default_rng(0)
    spread = _draw_spreads(rng, mean_difference(x, y).freedom)
    xs, ys = (spread * _draw_again(rng, part) for part in (first, second))

    def power(shift: float) -> float:
        found = [place_pairwise(xs + way * shift, ys).statistic for way in (1.0, -1.0)]
        return float(min((found[0] >= high - 1e-9).mean(), (found[1] <= low + 1e-9).mean()))

    return _solve(power, first, second)


def detectable_paired_shift(differences: Values, alpha: float = ALPHA) -> float | None:
    """Return the mean difference that the signed ranks find in 80 % of repetitions; see above."""
    residuals = _residuals(differences)
    n = len(differences)
    if residuals is None or not residuals.any() or not is_feasible(smallest_p(n), 1, alpha):
        return None
    bound = _signed_rank_bound(n, alpha)
    rng = np.random.default_rng(0)
    draws = _draw_spreads(rng, n - 1) * _draw_again(rng, residuals)

    def power(shift: float) -> float:
        found = []
        for way in (1.0, -1.0):
            moved = draws + way * shift
            ranks = np.argsort(np.argsort(np.abs(moved), axis=1), axis=1) + 1
            found.append(float((way * (np.sign(moved) * ranks).sum(axis=1) >= bound).mean()))
        return min(found)

    return _solve(power, residuals, residuals)


def _residuals(values: Values) -> Array | None:
    """Return residuals with the variance of a run; None where that is unknown."""
    found = np.asarray(values, dtype=np.float64)
    n = len(found)
    return (found - found.mean()) * math.sqrt(n / (n - 1)) if n > 1 else None


def _draw_again(rng: np.random.Generator, residuals: Array) -> Array:
    """Return repetitions of a group, a row each.

    A smoothed bootstrap (Silverman and Young, Biometrika 74, 1987), since few residuals have no
    tails.
    """
    n = len(residuals)
    width = 1.06 * n**-0.2
    drawn = rng.choice(residuals, size=(SIMULATIONS, n))
    drawn = drawn + width * residuals.std() * rng.standard_normal(drawn.shape)
    found: Array = drawn / math.sqrt(1 + width**2)
    return found


def _draw_spreads(rng: np.random.Generator, freedom: float) -> Array:
    """Return the spread of each repetition, as a multiple of the one that was seen.

    Few runs do not tell their spread: each repetition has one that is compatible with them, so
    that 80 % is the mean over what it may be.
    """
    found: Array = np.sqrt(freedom / rng.chisquare(freedom, size=(SIMULATIONS, 1)))
    return found


def _solve(power: Callable[[float], float], first: Array, second: Array) -> float | None:
    """Return the smallest shift of that power; None beyond a hundred times the residuals."""
    once = float(np.ptp(first)) + float(np.ptp(second))
    most = once
    while power(most) < POWER:
        most *= 2
        if most > 100 * once:
            return None
    return float(optimize.bisect(lambda shift: power(shift) - POWER, 0.0, most, rtol=1e-3))


def _power_of_many(x: Array, y: Array, shift: float, bound: float) -> float:
    up, down = (float(place_shifted(x, y, way * shift).statistic[0]) for way in (1.0, -1.0))
    return float(stats.norm.sf(bound - min(up, -down)))


@lru_cache(maxsize=64)
def _signed_rank_bound(n: int, alpha: float) -> float:
    """Return the sum of signed ranks from which on n pairs without ties are significant."""
    chances = np.ones(1)
    for rank in range(1, n + 1):
        longer = np.zeros(len(chances) + 2 * rank)
        longer[: len(chances)] += chances / 2
        longer[2 * rank :] += chances / 2
        chances = longer
    most = n * (n + 1) // 2
    tail = np.cumsum(chances[::-1])
    return float(most - int(np.searchsorted(tail, alpha / 2 * (1 + 1e-12), side="right")) + 1)
