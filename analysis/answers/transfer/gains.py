"""What searching is worth: every arm against random architectures of the same target."""

from __future__ import annotations

import math
from itertools import chain
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.answers.arms import best_of_runs, finite, group_rows
from analysis.answers.keys import ARM_KEY, ArmKey
from analysis.answers.transfer.gaps import select_random
from analysis.arms import RANDOM
from analysis.loading.rows import frame
from analysis.statistics.effects import a12_interval
from analysis.statistics.intervals import Difference, Interval, combine, estimate_mean, welch

SIZES = ["params", "macs"]


class Gain(NamedTuple):
    """What an arm gains over random architectures of its target, in percentage points."""

    n: Annotated[int, "Runs with an accuracy."]
    n_random: Annotated[int, "Random architectures with one."]
    gain: Annotated[float, "Mean of the runs less mean of the random architectures."]
    low: Annotated[float, "Lower limit of its 95 % interval."]
    high: Annotated[float, "Upper limit."]
    interval: Annotated[str, "How that was computed, or why there is none."]
    relative_improvement: Annotated[
        float,
        "The gain in percent of the random mean (Yang et al., ICLR 2020).",
    ]
    a12: Annotated[
        float,
        "Probability that a run is better than a random architecture, ties counting half.",
    ]
    a12_low: Annotated[float, "Lower limit of its 95 % interval."]
    a12_high: Annotated[float, "Upper limit."]
    adjusted_gain: Annotated[float, "The gain at equal size, see `size_adjusted_gain`."]
    adjusted_low: Annotated[float, "Lower limit of its 95 % interval."]
    adjusted_high: Annotated[float, "Upper limit."]
    adjusted_interval: Annotated[str, "How that was computed, or why there is none."]
    outside: Annotated[float, "Share of networks that are smaller or larger than all random ones."]
    best_gain: Annotated[
        float | None,
        "Expected best of `BEST_OF` runs less that of as many random architectures, both chosen "
        "by validation; None where that is unknown on a side, or runs are fewer.",
    ]
    best_low: Annotated[float | None, "Lower limit of its 95 % interval."]
    best_high: Annotated[float | None, "Upper limit."]


def relative_improvement(x: list[float], random: list[float]) -> float:
    """Return by how many percent the mean of ``x`` exceeds that of random architectures.

    Yang et al., ICLR 2020. NaN where there is no mean or the denominator is not positive.
    """
    if not x or not random or np.mean(random) <= 0:
        return math.nan
    return float(100 * (np.mean(x) - np.mean(random)) / np.mean(random))


def gain_table(units: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return every arm's gain over random architectures of its target, as ``Gain``.

    Args:
        units: Independent observations.
        runs: With the parameters and multiply-adds of what was trained.
    """
    key = [*ARM_KEY, "unit"]
    sized = units.merge(runs.groupby(key, sort=False)[SIZES].mean().reset_index(), on=key)
    rows = []
    for arm_key, group in group_rows(sized[sized["arm"] != RANDOM], ARM_KEY):
        floor = select_random(sized, str(arm_key[0]), str(arm_key[-1]))
        if len(floor):
            rows.append((ArmKey(*arm_key), _gain(group, floor)))
    return frame((ArmKey, Gain), rows)


def size_adjusted_gain(group: pd.DataFrame, floor: pd.DataFrame) -> Interval:
    """Return an arm's mean accuracy less what its networks' sizes alone lead one to expect.

    The expectation is accuracy ~ log parameters + log multiply-adds, fitted to random architectures
    of the same target by least squares. The interval holds the spread of the arm's residuals and
    the error of the fit at the arm's mean size, with Satterthwaite's degrees of freedom; without
    the sizes it would be Welch's.

    Args:
        group: Columns ``value``, ``params``, ``macs``; one row per unit.
        floor: The same of random architectures.
    """
    arm, random = (_with_sizes(table) for table in (group, floor))
    if len(arm) == 0 or len(random) == 0:
        return _unknown(math.nan, "no networks of known size on one side")
    x, at = _design(random), _design(arm)
    centre = x[:, 1:].mean(axis=0)
    x[:, 1:] -= centre
    at[:, 1:] -= centre
    y = random["value"].to_numpy(float)
    slopes, _, rank, _ = np.linalg.lstsq(x, y, rcond=1e-9)
    freedom = len(random) - int(rank)
    if rank < 2:
        return _unknown(math.nan, "random architectures are all of one size")
    if freedom < 1:
        return _unknown(math.nan, "too few random architectures to fit")
    residuals = estimate_mean(arm["value"].to_numpy(float) - at @ slopes)
    where = at.mean(axis=0)
    leverage = float(where @ np.linalg.pinv(x.T @ x, rcond=1e-12, hermitian=True) @ where)
    noise = float(((y - x @ slopes) ** 2).sum()) / freedom
    expected = Difference(0.0, math.sqrt(noise * leverage), freedom, "least squares")
    return combine([(1.0, residuals), (-1.0, expected)], "least squares, Satterthwaite").interval()


def outside(group: pd.DataFrame, floor: pd.DataFrame) -> float:
    """Return the share of an arm's networks that are smaller or larger than all random ones."""
    arm, random = (_with_sizes(table) for table in (group, floor))
    if len(arm) == 0 or len(random) == 0:
        return math.nan
    beyond = (arm[SIZES] < random[SIZES].min()) | (arm[SIZES] > random[SIZES].max())
    return float(beyond.any(axis=1).mean())


def best_gain(group: pd.DataFrame, floor: pd.DataFrame) -> Interval | None:
    """Return the expected best of ``BEST_OF`` runs less that of as many random architectures."""
    best = [best_of_runs(side) for side in (group, floor)]
    if best[0] is None or best[1] is None:
        return None
    return combine([(1.0, best[0]), (-1.0, best[1])], "jackknife, Satterthwaite").interval()


def _gain(group: pd.DataFrame, floor: pd.DataFrame) -> Gain:
    x, random = finite(group), finite(floor)
    best = best_gain(group, floor)
    values = (
        (len(x), len(random), *welch(x, random), relative_improvement(x, random)),
        a12_interval(x, random)[:3],
        (*size_adjusted_gain(group, floor), outside(group, floor)),
        best[:3] if best else [None] * 3,
    )
    return Gain._make(chain.from_iterable(values))


def _with_sizes(table: pd.DataFrame) -> pd.DataFrame:
    sizes = table[["value", *SIZES]].astype(float)
    is_known = sizes["value"].notna() & (sizes[SIZES] > 0).all(axis=1)
    return sizes[is_known]


def _design(table: pd.DataFrame) -> NDArray[np.float64]:
    return np.column_stack([np.ones(len(table)), np.log(table[SIZES].to_numpy(float))])


def _unknown(estimate: float, why: str) -> Interval:
    return Interval(estimate, math.nan, math.nan, f"no interval: {why}")
