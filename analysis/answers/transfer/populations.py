"""Where a found architecture stands among all of a space whose accuracies are known.

``population`` holds the target's test accuracy of every architecture, in percent, higher is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.sample import RESOLUTION_DIGITS

Population = Sequence[float] | NDArray[np.float64]
# Beyond this many draws no random search is worth naming.
MOST_DRAWS = 10**9


def normalised_regret(accuracy: float, population: Population) -> float:
    """Return (best - accuracy) / (best - mean): 0 is the optimum, 1 an average architecture."""
    values = np.asarray(population, dtype=np.float64)
    return _share(values.max() - accuracy, values.max() - values.mean())


def range_regret(accuracy: float, population: Population) -> float:
    """Return (best - accuracy) / (best - worst): 0 is the optimum, 1 the worst architecture."""
    values = np.asarray(population, dtype=np.float64)
    return _share(values.max() - accuracy, values.max() - values.min())


def rank(accuracy: float, population: Population) -> int:
    """Return the place among all, 1 for the best; equals share the better place."""
    return 1 + int((_quantised(population) > round(accuracy, RESOLUTION_DIGITS)).sum())


def percentile_rank(accuracy: float, population: Population) -> float:
    """Return the percentage of architectures that are worse, equals counting half."""
    values, own = _quantised(population), round(accuracy, RESOLUTION_DIGITS)
    worse = (values < own).sum() + 0.5 * (values == own).sum()
    return float(100 * worse / len(values))


def all_worse_probability(place: int, size: int, draws: int) -> float:
    """Return the probability that all of ``draws`` random architectures are worse.

    Yu et al., ICLR 2020: (1 - place / size) ^ draws, drawn with replacement.
    """
    return float((1 - place / size) ** draws)


def expected_best(population: Population, draws: int) -> float:
    """Return the expected best of ``draws`` random architectures, drawn with replacement.

    Exact by order statistics: each value times the probability that it is the best.
    """
    values = np.sort(np.asarray(population, dtype=np.float64))
    steps = np.arange(len(values) + 1) / len(values)
    return float(values @ np.diff(steps**draws))


def equivalent_draws(accuracy: float, population: Population) -> float:
    """Return the least number of draws whose best is expected to reach an accuracy.

    Perfect selection is assumed: whoever draws knows which is best. Infinite where even the best
    architecture does not reach it, or only beyond a billion draws.
    """
    values = np.sort(np.asarray(population, dtype=np.float64))
    if math.isnan(accuracy) or len(values) == 0:
        return math.nan
    if expected_best(values, MOST_DRAWS) < accuracy:
        return math.inf
    low, high = 0, 1
    while expected_best(values, high) < accuracy:
        low, high = high, min(MOST_DRAWS, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        if expected_best(values, middle) < accuracy:
            low = middle
        else:
            high = middle
    return float(high)


def _quantised(population: Population) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.asarray(population, dtype=np.float64)
    return values.round(RESOLUTION_DIGITS)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else math.nan
