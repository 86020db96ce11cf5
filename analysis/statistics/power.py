"""What a design can show: its smallest p, its capacity, the smallest shift that it finds.

And the other way round, the smallest design that finds a shift.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence

from analysis.statistics.placing import ENUMERATED
from analysis.statistics.relabelling import COUNTED_RUNS, FEWEST_FOR_T, is_large
from analysis.statistics.repetitions import Groups, Pairs, Power
from analysis.statistics.sample import ALPHA, DRAWS, Values

POWER = 0.8
# More runs are not looked for.
MOST_RUNS = 10_000
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

    The larger of both directions.

    Args:
        x: Of one group.
        y: Of the other.
        alpha: Level, already divided by the family's size where Holm's first step matters.

    Returns:
        None where no shift is found, or no spread is known.
    """
    groups = Groups.seen(x, y, alpha)
    return _solve(groups.power(len(x), len(y)), groups.width) if groups else None


def detectable_paired_shift(differences: Values, alpha: float = ALPHA) -> float | None:
    """Return the mean difference that the signed ranks find in 80 % of repetitions; see above."""
    pairs = Pairs.seen(differences, alpha)
    return _solve(pairs.power(len(differences)), pairs.width) if pairs else None


def find_equal_runs(groups: Groups, shift: float) -> int | None:
    """Return the fewest runs of either group that find the shift in 80 % of repetitions."""
    return _find_along(groups, shift, lambda n: (n, n))


def find_runs(groups: Groups, shift: float, others: int) -> tuple[int, int] | None:
    """Return the fewest runs of the first group beside those of the second that find the shift.

    Where no number of runs does, the second group grows as well, and the first with it by the
    share of the spreads that spends the fewest runs (Neyman, 1934).

    Args:
        groups: What is known of the runs.
        shift: To be found in 80 % of repetitions.
        others: Runs of the second group as planned.

    Returns:
        The runs of both groups; None where 10,000 are too few.
    """
    first = _find_first(groups, shift, others)
    if first is not None:
        return first, others
    spread = groups.second.std()
    ratio = groups.first.std() / spread if spread > 0 else math.inf

    def widen(m: int) -> tuple[int, int]:
        return math.ceil(min(MOST_RUNS, max(FEWEST_FOR_T, m * ratio))), m

    grown = _find_along(groups, shift, widen, max(others, FEWEST_FOR_T))
    first = _find_first(groups, shift, grown) if grown else None
    return (first, grown) if first is not None and grown else None


def find_pairs(pairs: Pairs, shift: float) -> int | None:
    """Return the fewest pairs that find the mean difference in 80 % of repetitions."""
    return _fewest(lambda n: pairs.power(n)(shift) >= POWER)


def _find_first(groups: Groups, shift: float, others: int) -> int | None:
    # Beside fewer than ten, the test of so many has no approximation, and they would add nothing.
    most = MOST_RUNS if others >= FEWEST_FOR_T else COUNTED_RUNS
    return _find_along(groups, shift, lambda n: (n, others), most=most)


def _find_along(
    groups: Groups,
    shift: float,
    sizes: Callable[[int], tuple[int, int]],
    start: int = 1,
    most: int = MOST_RUNS,
) -> int | None:
    """Return the smallest number whose sizes of both groups find the shift."""
    approximate = groups.approximate(shift)
    guess = _fewest(lambda n: approximate(*sizes(n)) >= POWER, start, most)
    return _fewest(lambda n: groups.power(*sizes(n))(shift) >= POWER, start, most, guess or most)


def _fewest(
    is_enough: Callable[[int], bool], start: int = 1, most: int = MOST_RUNS, guess: int = 0
) -> int | None:
    """Return a number that is enough while the one before is not, by doubling steps and bisection.

    Args:
        is_enough: Of a number.
        start: The smallest one.
        most: The largest one.
        guess: Where to begin.

    Returns:
        None if the largest is not enough.
    """
    low, high, step = start - 1, max(start, guess), 1
    if is_enough(high):
        while high - step > low and is_enough(high - step):
            high, step = high - step, 2 * step
        low = max(low, high - step)
    else:
        low, high = high, min(high + step, most)
        while low < most and not is_enough(high):
            step *= 2
            low, high = high, min(high + step, most)
        if low >= most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _solve(power: Power, width: float) -> float | None:
    """Return the smallest shift of that power; None beyond a hundred times the residuals.

    Args:
        power: Of a shift.
        width: Range of the residuals.
    """
    low, high = 0.0, width
    while power(high) < POWER:
        low, high = high, 2 * high
        if high > 100 * width:
            return None
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high
