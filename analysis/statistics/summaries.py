"""Scores pooled over tasks: interquartile mean, optimality gap, performance profile, bootstrap.

The vocabulary is that of Agarwal et al. (NeurIPS 2021). Scores are normalised first: 0 is the mean
of random architectures, 1 the best that is known, on each task.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL, Array, Values

# Percentile intervals of fewer pooled runs cover far less than they say.
BOOTSTRAP_RUNS = 20
RESAMPLES = 2000


def normalised(x: Values, random: float, best: float) -> Array:
    """Return scores on the scale from random (0) to best (1); NaN where these are equal."""
    values = np.asarray(x, dtype=np.float64)
    span = best - random
    return (values - random) / span if abs(span) > 1e-12 else np.full_like(values, math.nan)


def interquartile_mean(x: Values) -> float:
    """Return the mean of the middle half, values at its ends counting by their share.

    Unlike a trimmed mean that drops whole values it also trims three of them.
    """
    values = np.sort(np.asarray(x, dtype=np.float64).ravel())
    n = len(values)
    if n == 0:
        return math.nan
    places = np.arange(n)
    shares = np.minimum(places + 1, 0.75 * n) - np.maximum(places, 0.25 * n)
    shares = np.clip(shares, 0, None)
    return float((shares * values).sum() / shares.sum())


def optimality_gap(x: Values, goal: float = 1.0) -> float:
    """Return by how much normalised scores miss the goal on average, none exceeding it."""
    values = np.asarray(x, dtype=np.float64).ravel()
    return float(goal - np.minimum(values, goal).mean()) if len(values) else math.nan


def performance_profile(tasks: Sequence[Values], thresholds: Values) -> Array:
    """Return the share of all runs whose normalised score exceeds each threshold."""
    scores = np.concatenate([np.asarray(task, dtype=np.float64) for task in tasks])
    shares: Array = (scores[:, None] > np.asarray(thresholds)[None, :]).mean(axis=0)
    return shares


def resampled(tasks: Sequence[Values], rng: np.random.Generator, draws: int = RESAMPLES) -> Array:
    """Return bootstrap samples, runs drawn again within each task; shape (draws, runs)."""
    return np.concatenate(
        [
            np.asarray(task, dtype=np.float64)[rng.integers(len(task), size=(draws, len(task)))]
            for task in tasks
        ],
        axis=1,
    )


def stratified_bootstrap(
    tasks: Sequence[Values],
    statistic: Callable[[Array], float],
    rng: np.random.Generator,
    level: float = LEVEL,
) -> Interval:
    """Return a statistic of pooled scores with its stratified percentile bootstrap interval.

    Below 20 runs in all there is no interval, because it would cover far less than it says.

    Args:
        tasks: Scores of the runs on each task.
        statistic: Of the pooled scores.
        rng: Draws the samples.
        level: Nominal coverage.
    """
    pooled = np.concatenate([np.asarray(task, dtype=np.float64) for task in tasks] or [np.empty(0)])
    estimate = statistic(pooled) if len(pooled) else math.nan
    if len(pooled) < BOOTSTRAP_RUNS:
        why = f"no interval: {len(pooled)} pooled runs, a bootstrap needs {BOOTSTRAP_RUNS}"
        return Interval(estimate, math.nan, math.nan, why)
    found = [statistic(sample) for sample in resampled(tasks, rng)]
    low, high = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(
        estimate, float(low), float(high), f"percentile bootstrap of {len(pooled)} pooled runs"
    )
