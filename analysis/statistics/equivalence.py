"""Claims of "no worse" and "as good": tests against a margin that was declared beforehand.

There is no default margin. One taken from the same data would call noisy experiments equivalent
more easily.
"""

from __future__ import annotations

import math

from analysis.statistics.counter import counted
from analysis.statistics.intervals import Difference, mean_difference
from analysis.statistics.sample import Values


@counted
def against_margin(difference: Difference, margin: float) -> tuple[float, float]:
    """Test a difference (candidate - standard) against a margin; NaN where it has no error.

    Args:
        difference: In percentage points.
        margin: In percentage points, positive.

    Returns:
        The one-sided p for "worse by less than the margin", and the larger p of the two one-sided
        tests: "within the margin either way", which amounts to a 90 % interval.
    """
    below, above = difference.p_above(-margin), difference.p_below(margin)
    return below, math.nan if math.isnan(below) else max(below, above)


def has_assay_sensitivity(standard: Values, random: Values, margin: float) -> bool:
    """Tell whether the experiment can tell good from bad at all.

    The standard must beat random architectures by more than the margin, with the lower limit of
    the 95 % interval above zero; otherwise "equivalent" could be said of anything.
    """
    found = mean_difference(standard, random).interval()
    return found.estimate > margin and found.low > 0
