"""How often repetitions of a comparison would find a shift, from the residuals of its runs.

Repetitions may have more or fewer runs than the comparison that was carried out. What is asked of
n runs, the shift that they find or whether they find one, is asked of one function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from analysis.statistics.intervals import mean_difference
from analysis.statistics.placing import ROUNDING, place_pairwise, place_shifted
from analysis.statistics.relabelling import COUNTED_RUNS, critical_values, is_large
from analysis.statistics.sample import Array, Values

SIMULATIONS = 2000
# Of many runs the law is known in so many places, and their spread in so many.
PLACES, SPREADS = 1000, 25

Power = Callable[[float], float]


@dataclass(frozen=True, eq=False)
class Groups:
    """Two groups of runs, compared by the rank test.

    Attributes:
        first: Residuals, with the variance of a run.
        second: Of the other group.
        freedom: Degrees of freedom of the spread of the difference.
        alpha: Level of the test.
    """

    first: Array
    second: Array
    freedom: float
    alpha: float

    @classmethod
    def seen(cls, x: Values, y: Values, alpha: float) -> Groups | None:
        """Return what is known of the runs; None if no spread is."""
        first, second = _residuals(x), _residuals(y)
        if first is None or second is None or not (first.any() or second.any()):
            return None
        return cls(first, second, mean_difference(x, y).freedom, alpha)

    @property
    def width(self) -> float:
        """Range of the residuals."""
        return float(np.ptp(self.first)) + float(np.ptp(self.second))

    def power(self, n: int, m: int) -> Power:
        """Return how often n runs against m find a shift: in the direction found less often.

        By simulation: both groups are drawn again from their residuals, one is shifted, and the
        test is carried out, 2,000 times for every shift; for many runs by the normal approximation.
        """
        low, high = critical_values(n, m, self.alpha)
        if math.isnan(low):
            return _never
        if is_large((n, m)):
            return lambda shift: self.approximate(shift)(n, m)
        rng = np.random.default_rng(0)
        spread = _draw_spreads(rng, self.freedom)
        xs = spread * _draw_again(rng, self.first, n)
        ys = spread * _draw_again(rng, self.second, m)

        def power(shift: float) -> float:
            found = [place_pairwise(xs + way * shift, ys).statistic for way in (1.0, -1.0)]
            return float(min((found[0] >= high - 1e-9).mean(), (found[1] <= low + 1e-9).mean()))

        return power

    def approximate(self, shift: float) -> Callable[[int, int], float]:
        """Return how often n runs against m find the shift, by the normal approximation."""
        laws = _smooth(self.first), _smooth(self.second)
        bound = float(stats.norm.isf(self.alpha / 2))
        spreads = _list_spreads(self.freedom)
        ways = [
            (way, [place_shifted(*laws, way * shift / spread) for spread in spreads])
            for way in (1.0, -1.0)
        ]

        def power(n: int, m: int) -> float:
            scale = np.array([len(laws[0]) / n, len(laws[1]) / m])
            found = []
            for way, placed in ways:
                gaps = way * np.array([float(one.gap[0]) for one in placed])
                variances = np.array([one.variances[:, 0] for one in placed]) @ scale
                statistics = gaps / np.sqrt(np.maximum(variances, ROUNDING**2))
                found.append(float(stats.norm.sf(bound - statistics).mean()))
            return min(found)

        return power


@dataclass(frozen=True, eq=False)
class Pairs:
    """Paired differences, tested by signed ranks.

    Attributes:
        residuals: With the variance of a difference.
        alpha: Level of the test.
    """

    residuals: Array
    alpha: float

    @classmethod
    def seen(cls, differences: Values, alpha: float) -> Pairs | None:
        """Return what is known of the pairs; None if no spread is."""
        residuals = _residuals(differences)
        return None if residuals is None or not residuals.any() else cls(residuals, alpha)

    @property
    def width(self) -> float:
        """Range of the residuals, twice: those of a group count once."""
        return 2 * float(np.ptp(self.residuals))

    def power(self, n: int) -> Power:
        """Return how often n pairs find a mean difference; as of two groups."""
        freedom = len(self.residuals) - 1
        if n > COUNTED_RUNS:
            return lambda shift: self._power_of_many(shift, n)
        bound = _signed_rank_bound(n, self.alpha)
        rng = np.random.default_rng(0)
        draws = _draw_spreads(rng, freedom) * _draw_again(rng, self.residuals, n)

        def power(shift: float) -> float:
            found = []
            for way in (1.0, -1.0):
                moved = draws + way * shift
                ranks = np.argsort(np.argsort(np.abs(moved), axis=1), axis=1) + 1
                found.append(float((way * (np.sign(moved) * ranks).sum(axis=1) >= bound).mean()))
            return min(found)

        return power

    def _power_of_many(self, shift: float, n: int) -> float:
        """Return the same by the sum over Walsh averages, which is that of the signed ranks."""
        law = np.sort(_smooth(self.residuals))
        bound = float(stats.norm.isf(self.alpha / 2)) * math.sqrt(n * (n + 1) * (2 * n + 1) / 6)
        found = []
        for way in (1.0, -1.0):
            powers = []
            for spread in _list_spreads(len(self.residuals) - 1):
                moved = np.sort(way * law) + shift / spread
                above = 1 - np.searchsorted(moved, -moved) / len(moved)
                projected = 2 * above - 1
                mean = n * (n - 1) / 2 * projected.mean() + n * np.sign(moved).mean()
                error = math.sqrt(n**3 * projected.var() + ROUNDING)
                powers.append(float(stats.norm.sf((bound - mean) / error)))
            found.append(float(np.mean(powers)))
        return min(found)


def _never(_: float) -> float:
    """Return the power of so few runs that no outcome is significant."""
    return 0.0


def _residuals(values: Values) -> Array | None:
    """Return residuals with the variance of a run; None where that is unknown."""
    found = np.asarray(values, dtype=np.float64)
    n = len(found)
    return (found - found.mean()) * math.sqrt(n / (n - 1)) if n > 1 else None


def _width(residuals: Array) -> float:
    """Return the bandwidth of Silverman's rule, in standard deviations."""
    return float(1.06 * len(residuals) ** -0.2)


def _draw_again(rng: np.random.Generator, residuals: Array, n: int) -> Array:
    """Return repetitions of a group, n runs a row.

    A smoothed bootstrap (Silverman and Young, Biometrika 74, 1987), since few residuals have no
    tails.
    """
    width = _width(residuals)
    drawn = rng.choice(residuals, size=(SIMULATIONS, n))
    drawn = drawn + width * residuals.std() * rng.standard_normal(drawn.shape)
    found: Array = drawn / math.sqrt(1 + width**2)
    return found


def _smooth(residuals: Array) -> Array:
    """Return the law that ``_draw_again`` draws from, as equally likely places.

    Many residuals are the law.
    """
    if len(residuals) > COUNTED_RUNS:
        return residuals
    count, width = max(1, PLACES // len(residuals)), _width(residuals)
    kernel = stats.norm.ppf((np.arange(count) + 0.5) / count)
    places = residuals[:, None] + width * residuals.std() * kernel
    found: Array = places.ravel() / math.sqrt(1 + width**2)
    return found


def _draw_spreads(rng: np.random.Generator, freedom: float) -> Array:
    """Return the spread of each repetition, as a multiple of the one that was seen.

    Few runs do not tell their spread: each repetition has one that is compatible with them, so
    that 80 % is the mean over what it may be.
    """
    found: Array = np.sqrt(freedom / rng.chisquare(freedom, size=(SIMULATIONS, 1)))
    return found


def _list_spreads(freedom: float) -> Array:
    """Return spreads as ``_draw_spreads`` draws them, equally likely ones.

    Many runs tell theirs.
    """
    if freedom > COUNTED_RUNS:
        return np.ones(1)
    places = (np.arange(SPREADS) + 0.5) / SPREADS
    found: Array = np.sqrt(freedom / stats.chi2.ppf(places, freedom))
    return found


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
