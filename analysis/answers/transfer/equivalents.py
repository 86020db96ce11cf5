"""How many random architectures one would have to train for the same accuracy.

Where a table of the whole space is at hand the answer is exact; here it is estimated from the
random arm, which cannot tell more than its own best.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.answers.arms import ARM_KEY, finite
from analysis.answers.transfer.gaps import select_random
from analysis.arms import RANDOM
from analysis.statistics.best_of import best_weights
from analysis.statistics.intervals import Interval
from analysis.statistics.sample import LEVEL

EQUIVALENT_COLUMNS = [*ARM_KEY, "n", "n_random", "draws", "low", "high", "interval"]
# A percentile bootstrap says too little below this many runs in all (its coverage is poor).
ENOUGH_RUNS = 20
RESAMPLES = 2000


def sample_draws(
    accuracies: NDArray[np.float64], samples: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the least n whose expected best reaches each accuracy; infinite beyond the sample.

    Args:
        accuracies: Shape (B,).
        samples: Random architectures for each, shape (B, R).
    """
    size = samples.shape[1]
    weights = np.stack([best_weights(size, draws) for draws in range(1, size + 1)])
    expected = np.sort(samples, axis=1) @ weights.T
    # The weights add up to 1 but for rounding, which must not cost a draw.
    reached = expected >= accuracies[:, None] - 1e-9
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)


def equivalent_budget(
    x: list[float], random: list[float], rng: np.random.Generator, level: float = LEVEL
) -> Interval:
    """Return the random-search equivalent of an arm's mean, from the random arm.

    The interval resamples runs and random architectures alike; only given from 20 runs on.
    """
    if not x or not random:
        return Interval(math.nan, math.nan, math.nan, "no values on one side")
    own, floor = np.asarray(x), np.asarray(random)
    estimate = float(sample_draws(own.mean(keepdims=True), floor[None])[0])
    if len(own) + len(floor) < ENOUGH_RUNS:
        why = f"no interval: fewer than {ENOUGH_RUNS} runs in all"
        return Interval(estimate, math.nan, math.nan, why)
    means = own[rng.integers(len(own), size=(RESAMPLES, len(own)))].mean(axis=1)
    samples = floor[rng.integers(len(floor), size=(RESAMPLES, len(floor)))]
    found = np.sort(sample_draws(means, samples))
    # No interpolation: half of infinity is none.
    low, high = (found[round(q * (RESAMPLES - 1))] for q in (0.5 - level / 2, 0.5 + level / 2))
    method = f"percentile bootstrap of runs and random architectures, {RESAMPLES} resamples"
    return Interval(estimate, float(low), float(high), method)


def equivalent_table(units: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return the random-search equivalent of every arm, from the random arm of its target."""
    rows: list[dict[str, Any]] = []
    for key, group in units[units["arm"] != RANDOM].groupby(ARM_KEY, sort=False):
        floor = select_random(units, str(key[0]), str(key[-1]))
        if len(floor) == 0:
            continue
        rng = np.random.default_rng([seed, len(rows)])
        found = equivalent_budget(finite(group), finite(floor), rng)
        rows.append(dict(zip(ARM_KEY, key, strict=True)) | _row(group, floor, found))
    return pd.DataFrame(rows, columns=EQUIVALENT_COLUMNS)


def _row(group: pd.DataFrame, floor: pd.DataFrame, found: Interval) -> dict[str, Any]:
    return {
        "n": len(finite(group)),
        "n_random": len(finite(floor)),
        "draws": found.estimate,
        "low": found.low,
        "high": found.high,
        "interval": found.method,
    }
