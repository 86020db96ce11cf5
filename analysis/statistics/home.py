"""Home advantage: do searches on a task find what is good for that task?

In a design with both directions the search on A is ``direct`` on A and ``transferred`` on B, so
that a test stratified by target cancels. Here every search is one observation: how much better its
network does on A than on B, each in its own standard deviations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.statistics.exact import exact_rank_p
from analysis.statistics.intervals import Interval, welch
from analysis.statistics.sample import Array, Values


@dataclass(frozen=True)
class HomeAdvantage:
    """Searches on A against searches on B, all trained on both.

    Attributes:
        p: Exact, two-sided, of no home advantage.
        advantage: Sum of the two transfer gaps in standard deviations, with Welch's interval.
        source_p: Exact p of the companion question, whether one source finds better cells.
        source: Mean difference of A- and B-searched runs summed over both targets.
        on_a: Advantage at home of each A-searched run: y(A) / s_A - y(B) / s_B.
        on_b: The same of each B-searched run.
    """

    p: float
    advantage: Interval
    source_p: float
    source: Interval
    on_a: Array
    on_b: Array


def home_advantage(a: tuple[Values, Values], b: tuple[Values, Values]) -> HomeAdvantage:
    """Test the home advantage of searches.

    Args:
        a: Accuracies on A and on B of the runs searched on A, in the same order.
        b: The same of the runs searched on B.
    """
    rows_a, rows_b = (np.asarray(side, dtype=np.float64).reshape(2, -1) for side in (a, b))
    scale = _deviations(np.concatenate([rows_a, rows_b], axis=1))
    if np.isnan(scale).any():
        nothing = Interval(math.nan, math.nan, math.nan, "no interval: no spread between runs")
        return HomeAdvantage(math.nan, nothing, math.nan, nothing, np.empty(0), np.empty(0))
    (a_on_a, a_on_b), (b_on_a, b_on_b) = rows_a / scale, rows_b / scale
    ours, theirs = a_on_a - a_on_b, b_on_a - b_on_b
    both_a, both_b = a_on_a + a_on_b, b_on_a + b_on_b
    return HomeAdvantage(
        exact_rank_p(ours, theirs),
        welch(ours, theirs),
        exact_rank_p(both_a, both_b),
        welch(both_a, both_b),
        ours,
        theirs,
    )


def _deviations(rows: Array) -> Array:
    """Return the standard deviation over all runs on each target, as a column; NaN if none."""
    if rows.shape[1] < 2:
        return np.full((2, 1), math.nan)
    found: Array = rows.std(axis=1, ddof=1, keepdims=True)
    return np.where(found > 1e-12, found, math.nan)
