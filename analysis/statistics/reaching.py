"""How long searches take to a quality; those that never reach it are right-censored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.statistics.curves import Curve, Curves

# Shares of the way from the cold searches' start to their best: fixed before anything is looked at.
SHARES = (0.5, 0.8, 0.95)


@dataclass(frozen=True)
class Reaching:
    """When each of some searches reached a quality.

    Attributes:
        costs: Where it was reached, or where the search ended without.
        reached: Whether it was.
    """

    costs: tuple[float, ...]
    reached: tuple[bool, ...]

    @property
    def median(self) -> float:
        """Kaplan and Meier's median cost; infinite if fewer than half ever get there."""
        if not any(self.reached):
            return math.inf
        survival = stats.ecdf(self.censored).sf
        below = survival.probabilities <= 0.5
        return float(survival.quantiles[below][0]) if below.any() else math.inf

    @property
    def censored(self) -> stats.CensoredData:
        """The costs as scipy's survival statistics take them."""
        done = [cost for cost, its in zip(self.costs, self.reached, strict=True) if its]
        ended = [cost for cost, its in zip(self.costs, self.reached, strict=True) if not its]
        return stats.CensoredData(uncensored=done, right=ended)

    @property
    def expected(self) -> float:
        """Expected running time: what all searches cost together, a success (ERT, COCO)."""
        return expected_running_time(self.costs, self.reached)


def reaching(curves: Curves, quality: float) -> Reaching:
    """Return when each curve first is at a quality or above."""
    found = [_first(curve, quality) for curve in curves]
    return Reaching(tuple(cost for cost, _ in found), tuple(its for _, its in found))


def time_ratio(warm: Reaching, cold: Reaching) -> float:
    """Return the median cost of the cold searches in units of the warm ones'; NaN if unknown."""
    if not math.isfinite(warm.median) or not math.isfinite(cold.median) or warm.median <= 0:
        return math.nan
    return cold.median / warm.median


def log_rank_p(warm: Reaching, cold: Reaching) -> float:
    """Return the log-rank p of equal times; NaN if no search on either side got there."""
    if not any(warm.reached + cold.reached) or min(len(warm.costs), len(cold.costs)) < 2:
        return math.nan
    # Where all get there at one cost the statistic is 0 / 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(stats.logrank(warm.censored, cold.censored).pvalue)


def expected_running_time(costs: Sequence[float], reached: Sequence[bool]) -> float:
    """Return the sum of all costs over the number of successes; infinite without a success."""
    return sum(costs) / sum(reached) if any(reached) else math.inf


def thresholds(cold: Curves, shares: Sequence[float] = SHARES) -> list[float]:
    """Return qualities between the cold searches' mean start and the best that one ended with.

    The first candidate of a search is random, so the start stands for the random mean.
    """
    start = float(np.mean([curve.values[0] for curve in cold]))
    best = max(float(curve.values[-1]) for curve in cold)
    return [start + share * (best - start) for share in shares]


def _first(curve: Curve, quality: float) -> tuple[float, bool]:
    # Thresholds are computed: the best search itself must not miss its own by rounding.
    good = curve.values >= quality - 1e-9
    return (float(curve.costs[good][0]), True) if good.any() else (curve.end, False)
