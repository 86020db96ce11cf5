"""What is simulated: every test that decides and every interval that is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from analysis.calibration import coverage, found, levels
from analysis.calibration.laws import NORMAL, SKEWED, Law
from analysis.calibration.rates import COVERAGE, FOUND, LEVELS, Design, Quantity, Rate, measure

# Searches of a method, and random architectures (or direct searches) that they are held against.
SEARCHES, OTHERS = 5, (5, 8, 24)
PAIRS = (8, 12)
RATIOS = (0.1, 1.0, 3.0, 10.0)
FAILING = 0.2
# Searches behind a published mean.
PUBLISHED = (4, 500)


def calibrate(
    simulations: int, seed: int = 0, laws: Sequence[Law] = (NORMAL, SKEWED)
) -> Iterator[Rate]:
    """Yield a rate for each quantity, design and law.

    Args:
        simulations: Of each; fewer where one takes long.
        seed: Of all draws.
        laws: How accuracies are spread.
    """
    for quantity in list_quantities(laws):
        yield from measure(quantity, simulations, seed)


def list_quantities(laws: Sequence[Law]) -> list[Quantity]:
    """Return what is simulated, and in which designs."""
    cells = _cross(laws, OTHERS, RATIOS)
    failing = [one._replace(failing=FAILING) for one in cells if one.ratio in {1.0, 3.0}]
    both = [*cells, *failing]
    equal = [one for one in cells if one.m == SEARCHES]
    few = [one for one in cells if one.m < max(OTHERS)]
    pairs = [Design(n, n, ratio, law) for n, ratio, law in product(PAIRS, RATIOS[1:3], laws)]
    failing_pairs = [one._replace(failing=FAILING) for one in pairs]
    alone = [Design(n, 0, 1.0, law) for n, law in product(OTHERS, laws)]
    failing_alone = [one._replace(failing=FAILING) for one in alone]
    published = _cross(laws, PUBLISHED, (1.0,))
    moderate = [one for one in cells if one.ratio in {1.0, 3.0}]
    sized = [one for one in moderate if one.m > SEARCHES]
    return [
        Quantity(LEVELS, "declared family, any false rejection", levels.try_family, both),
        Quantity(LEVELS, "studentised rank sum", levels.try_ranks, both),
        Quantity(LEVELS, "the same over two tasks", levels.try_strata, both),
        Quantity(LEVELS, "the same of whole runs on two tasks", levels.try_whole_runs, few, 2),
        Quantity(LEVELS, "signed ranks of pairs", levels.try_pairs, [*pairs, *failing_pairs]),
        Quantity(LEVELS, "home advantage", levels.try_home, equal),
        Quantity(LEVELS, "non-inferiority at the margin", levels.try_non_inferiority, equal),
        Quantity(LEVELS, "equivalence at the margin", levels.try_equivalence, equal),
        Quantity(COVERAGE, "mean, t", coverage.cover_mean, [*alone, *failing_alone]),
        Quantity(COVERAGE, "difference, Welch", coverage.cover_difference, both),
        Quantity(COVERAGE, "difference, paired t", coverage.cover_pairs, [*pairs, *failing_pairs]),
        Quantity(COVERAGE, "difference over two tasks, Welch", coverage.cover_strata, both),
        Quantity(COVERAGE, "A12 of equals, Newcombe 5", coverage.cover_even_chance, both),
        Quantity(COVERAGE, "A12 one SD apart, Newcombe 5", coverage.cover_chance, both),
        Quantity(COVERAGE, "retention, Fieller", coverage.cover_retention, both),
        Quantity(COVERAGE, "saving, Fieller", coverage.cover_saving, equal),
        Quantity(
            COVERAGE, "difference from a published mean", coverage.cover_difference, published
        ),
        Quantity(COVERAGE, "best of 4, jackknife", coverage.cover_best, alone),
        Quantity(COVERAGE, "gain of the best of 4, jackknife", coverage.cover_best_gain, cells),
        Quantity(COVERAGE, "gain at equal size", coverage.cover_adjusted_gain, sized, 8),
        Quantity(FOUND, "detectable shift", found.find_shift, moderate, 30),
        Quantity(FOUND, "detectable shift of pairs", found.find_paired_shift, pairs, 30),
    ]


def _cross(laws: Sequence[Law], others: Sequence[int], ratios: Sequence[float]) -> list[Design]:
    return [Design(SEARCHES, m, ratio, law) for m, ratio, law in product(others, ratios, laws)]
