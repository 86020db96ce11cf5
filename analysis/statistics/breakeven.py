"""From which total cost on a warm start is no longer ahead of a cold search."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.curves import Curves
from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL

RESAMPLES = 2000
# Below this many runs in all a percentile bootstrap is too narrow.
ENOUGH_RUNS = 20


def break_even(warm: Curves, cold: Curves, rng: np.random.Generator) -> Interval:
    """Return the first total cost at which the mean of the warm searches is not above the cold's.

    Infinite (right-censored) if the warm searches are ahead to their end. The interval resamples
    runs on both sides.

    Args:
        warm: Shifted by what their source searches cost.
        cold: Searches of the same target; a search that has ended keeps its answer.
        rng: Draws runs.
    """
    start = max(float(curve.costs[0]) for curve in (*warm, *cold))
    end = min(curve.end for curve in warm)
    ticks = np.concatenate([curve.costs for curve in (*warm, *cold)])
    grid = np.unique(np.concatenate([[start], ticks[(ticks > start) & (ticks <= end)]]))
    sides = [np.array([curve.at(grid) for curve in curves]) for curves in (warm, cold)]
    observed = [side.mean(axis=0, keepdims=True) for side in sides]
    estimate = float(_first_crossing(observed[0], observed[1], grid)[0])
    if min(len(side) for side in sides) < 2:
        return Interval(estimate, math.nan, math.nan, "no interval: one run on a side")
    means = [_resampled_means(side, rng) for side in sides]
    found = np.sort(_first_crossing(means[0], means[1], grid))
    # No interpolation: half of infinity is none.
    tail = round((1 - LEVEL) / 2 * (RESAMPLES - 1))
    method = f"percentile bootstrap of {len(warm)} + {len(cold)} runs"
    if len(warm) + len(cold) < ENOUGH_RUNS:
        method += ", too narrow for so few"
    return Interval(estimate, float(found[tail]), float(found[-1 - tail]), method)


def _first_crossing(
    warm: NDArray[np.float64], cold: NDArray[np.float64], grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    is_behind = warm <= cold
    return np.where(is_behind.any(axis=1), grid[is_behind.argmax(axis=1)], math.inf)


def _resampled_means(values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    size = len(values)
    counts = rng.multinomial(size, np.full(size, 1 / size), size=RESAMPLES)
    return np.asarray(counts @ values / size)
