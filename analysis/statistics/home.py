"""Home advantage: do searches on a task find what is good for that task?

In a design with both directions the search on A is ``direct`` on A and ``transferred`` on B, so
that a test stratified by target cancels. Here every search is one observation: how much better its
network does on A than on B, each in its own standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.statistics.intervals import Interval, welch
from analysis.statistics.relabelling import rank_test
from analysis.statistics.sample import Array, Values


@dataclass(frozen=True)
class HomeAdvantage:
    """Searches on A against searches on B, all trained on both.

    Attributes:
        on_a: Advantage at home of each A-searched run: y(A) / s_A - y(B) / s_B.
        on_b: The same of each B-searched run.
        source: Which source finds better cells: mean difference of A- and B-searched runs summed
            over both targets, in standard deviations, with Welch's interval.
        source_p: p of that companion question.
    """

    on_a: Array
    on_b: Array
    source: Interval
    source_p: float


def home_advantage(a: tuple[Values, Values], b: tuple[Values, Values]) -> HomeAdvantage | None:
    """Return the home advantage of every search; None where runs on a task do not differ.

    Args:
        a: Accuracies on A and on B of the runs searched on A, in the same order.
        b: The same of the runs searched on B.
    """
    rows_a, rows_b = (np.asarray(side, dtype=np.float64).reshape(2, -1) for side in (a, b))
    both = np.concatenate([rows_a, rows_b], axis=1)
    scale = both.std(axis=1, ddof=1, keepdims=True) if both.shape[1] > 1 else np.zeros((2, 1))
    if scale.min() < 1e-12:
        return None
    (a_on_a, a_on_b), (b_on_a, b_on_b) = rows_a / scale, rows_b / scale
    sums_a, sums_b = a_on_a + a_on_b, b_on_a + b_on_b
    return HomeAdvantage(
        a_on_a - a_on_b,
        b_on_a - b_on_b,
        welch(sums_a, sums_b),
        rank_test(sums_a, sums_b).p,
    )
