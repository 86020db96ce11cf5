"""How many random architectures one would have to train for the same accuracy.

Where a table of the whole space is at hand that is looked up; else it is estimated from the random
arm, which cannot tell more than its own best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.answers.arms import finite, group_rows
from analysis.answers.keys import ARM_KEY, ArmKey
from analysis.answers.transfer.gaps import select_random
from analysis.answers.transfer.populations import (
    equivalent_draws,
    normalised_regret,
    percentile_rank,
)
from analysis.arms import RANDOM
from analysis.loading.rows import frame
from analysis.statistics.best_of import best_weights
from analysis.statistics.intervals import Interval, mean_interval
from analysis.statistics.sample import LEVEL

# A percentile bootstrap says too little below this many runs in all (its coverage is poor).
ENOUGH_RUNS = 20
RESAMPLES = 2000


class Equivalent(NamedTuple):
    """What an arm is worth in random architectures of its target."""

    n: Annotated[int, "Runs with an accuracy."]
    n_random: Annotated[int, "Random architectures with one."]
    draws: Annotated[
        float,
        "Least number of random architectures the best of which is expected to reach the arm's "
        "mean; 0 where one is expected to do better, infinite where none reaches it: of the "
        "random arm, or of the space.",
    ]
    low: Annotated[float, "Lower limit of its 95 % interval."]
    high: Annotated[float, "Upper limit."]
    interval: Annotated[str, "How that was computed, or why there is none."]
    architectures: Annotated[
        int,
        "Size of the space whose accuracies were looked up; 0 if the draws are estimated from "
        "the random arm.",
    ] = 0
    regret: Annotated[
        float | None,
        "(best of the space - mean of the arm) / (best - mean of the space): 0 is the optimum, "
        "1 an average architecture. None unless looked up, as the others below.",
    ] = None
    regret_low: Annotated[float | None, "Lower limit of its 95 % t interval over runs."] = None
    regret_high: Annotated[float | None, "Upper limit."] = None
    percentile: Annotated[
        float | None,
        "Mean percentage of the space's architectures that are worse than a run's.",
    ] = None


def sample_draws(
    accuracies: NDArray[np.float64], samples: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the least n whose expected best reaches each accuracy.

    0 below the sample's mean, infinite beyond its best.

    Args:
        accuracies: Shape (B,).
        samples: Random architectures for each, shape (B, R).
    """
    size = samples.shape[1]
    weights = np.stack([best_weights(size, draws) for draws in range(1, size + 1)])
    expected = np.sort(samples, axis=1) @ weights.T
    # The weights add up to 1 but for rounding, which must not cost a draw.
    reached = expected >= accuracies[:, None] - 1e-9
    draws = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)
    is_worse = accuracies < samples.mean(axis=1) - 1e-9
    return np.where(is_worse, 0.0, draws)


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


def equivalent_table(
    units: pd.DataFrame, populations: Mapping[str, NDArray[np.float64]], seed: int = 0
) -> pd.DataFrame:
    """Return what every arm is worth in random architectures, as ``Equivalent``.

    Args:
        units: Independent observations.
        populations: Accuracies of the whole space, by target, where they are known.
        seed: Of the bootstrap where they are not.
    """
    rows: list[tuple[ArmKey, Equivalent]] = []
    for arm_key, group in group_rows(units[units["arm"] != RANDOM], ARM_KEY):
        key = ArmKey(*arm_key)
        values, floor = finite(group), finite(select_random(units, key.method, key.target))
        space = populations.get(key.target)
        if space is not None and values:
            found = _look_up(values, space)
        elif floor:
            rng = np.random.default_rng([seed, len(rows)])
            found = equivalent_budget(values, floor, rng)
        else:
            continue
        rows.append((key, Equivalent(len(values), len(floor), *found)))
    return frame((ArmKey, Equivalent), rows)


def _look_up(values: list[float], space: NDArray[np.float64]) -> tuple[Any, ...]:
    """Look an arm's mean up among all architectures; its limits are those of the mean."""
    mean = mean_interval(values)
    limits = mean[:3]
    draws = (equivalent_draws(one, space) for one in limits)
    # The better the accuracy, the lower the regret.
    regret, regret_high, regret_low = (normalised_regret(one, space) for one in limits)
    percentile = float(np.mean([percentile_rank(value, space) for value in values]))
    regrets = regret, regret_low, regret_high
    return *draws, f"looked up; {mean.method}", len(space), *regrets, percentile
