"""Claims of "no worse" and "as good": tests against a margin that was declared beforehand.

There is no default margin. One taken from the same data would call noisy experiments equivalent
more easily.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.statistics.counter import counted
from analysis.statistics.intervals import Difference, mean_difference
from analysis.statistics.sample import Values


@dataclass(frozen=True)
class Equivalence:
    """Tests of a difference against a margin.

    Attributes:
        margin: In percentage points, positive.
        non_inferior_p: One-sided p for "worse by less than the margin".
        equivalent_p: The larger p of the two one-sided tests: "within the margin either way".
        low: Lower limit of the 90 % interval that the two one-sided tests amount to.
        high: Upper limit.
    """

    margin: float
    non_inferior_p: float
    equivalent_p: float
    low: float
    high: float


@counted
def against_margin(difference: Difference, margin: float) -> Equivalence:
    """Test a difference (candidate - standard) against a margin; NaN where it has no error."""
    below, above = difference.p_above(-margin), difference.p_below(margin)
    both = math.nan if math.isnan(below) else max(below, above)
    narrow = difference.interval(0.90)
    return Equivalence(margin, below, both, narrow.low, narrow.high)


def has_assay_sensitivity(standard: Values, random: Values, margin: float) -> bool:
    """Tell whether the experiment can tell good from bad at all.

    The standard must beat random architectures by more than the margin, with the lower limit of
    the 95 % interval above zero; otherwise "equivalent" could be said of anything.
    """
    found = mean_difference(standard, random).interval()
    return found.estimate > margin and found.low > 0
