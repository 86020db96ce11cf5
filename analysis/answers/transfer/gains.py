"""What searching is worth: every arm against random architectures of the same target."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.answers.arms import ARM_KEY, finite
from analysis.answers.transfer.gaps import select_random
from analysis.arms import RANDOM
from analysis.statistics.effects import a12_interval
from analysis.statistics.intervals import Interval, welch
from analysis.statistics.sample import LEVEL

GAIN_COLUMNS = [
    *ARM_KEY,
    "n",
    "n_random",
    "gain",
    "low",
    "high",
    "interval",
    "relative_improvement",
    "a12",
    "a12_low",
    "a12_high",
    "adjusted_gain",
    "adjusted_low",
    "adjusted_high",
    "adjusted_interval",
    "outside",
]
SIZES = ["params", "macs"]


def relative_improvement(x: list[float], random: list[float]) -> float:
    """Return by how many percent the mean of ``x`` exceeds that of random architectures.

    Yang et al., ICLR 2020. NaN where there is no mean or the denominator is not positive.
    """
    if not x or not random or np.mean(random) <= 0:
        return math.nan
    return float(100 * (np.mean(x) - np.mean(random)) / np.mean(random))


def gain_table(units: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return every arm's gain over random architectures of its target, as it is and at equal size.

    Args:
        units: Independent observations.
        runs: With the parameters and multiply-adds of what was trained.
    """
    key = [*ARM_KEY, "unit"]
    sized = units.merge(runs.groupby(key, sort=False)[SIZES].mean().reset_index(), on=key)
    rows = []
    for arm_key, group in sized[sized["arm"] != RANDOM].groupby(ARM_KEY, sort=False):
        floor = select_random(sized, str(arm_key[0]), str(arm_key[-1]))
        if len(floor):
            rows.append(dict(zip(ARM_KEY, arm_key, strict=True)) | _gain(group, floor))
    return pd.DataFrame(rows, columns=GAIN_COLUMNS)


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
    residuals = arm["value"].to_numpy(float) - at @ slopes
    estimate = float(residuals.mean())
    if len(arm) == 1:
        return _unknown(estimate, "one value has no spread")
    where = at.mean(axis=0)
    leverage = float(where @ np.linalg.pinv(x.T @ x, rcond=1e-12, hermitian=True) @ where)
    noise = float(((y - x @ slopes) ** 2).sum()) / freedom
    parts = (float(residuals.var(ddof=1)) / len(arm), noise * leverage)
    return _interval(estimate, parts, (len(arm) - 1, freedom))


def outside(group: pd.DataFrame, floor: pd.DataFrame) -> float:
    """Return the share of an arm's networks that are smaller or larger than all random ones."""
    arm, random = (_with_sizes(table) for table in (group, floor))
    if len(arm) == 0 or len(random) == 0:
        return math.nan
    beyond = (arm[SIZES] < random[SIZES].min()) | (arm[SIZES] > random[SIZES].max())
    return float(beyond.any(axis=1).mean())


def _gain(group: pd.DataFrame, floor: pd.DataFrame) -> dict[str, Any]:
    x, random = finite(group), finite(floor)
    found, adjusted = welch(x, random), size_adjusted_gain(group, floor)
    better = a12_interval(x, random)
    return {
        "n": len(x),
        "n_random": len(random),
        "gain": found.estimate,
        "low": found.low,
        "high": found.high,
        "interval": found.method,
        "relative_improvement": relative_improvement(x, random),
        "a12": better.estimate,
        "a12_low": better.low,
        "a12_high": better.high,
        "adjusted_gain": adjusted.estimate,
        "adjusted_low": adjusted.low,
        "adjusted_high": adjusted.high,
        "adjusted_interval": adjusted.method,
        "outside": outside(group, floor),
    }


def _with_sizes(table: pd.DataFrame) -> pd.DataFrame:
    sizes = table[["value", *SIZES]].astype(float)
    is_known = sizes["value"].notna() & (sizes[SIZES] > 0).all(axis=1)
    return sizes[is_known]


def _design(table: pd.DataFrame) -> NDArray[np.float64]:
    return np.column_stack([np.ones(len(table)), np.log(table[SIZES].to_numpy(float))])


def _interval(
    estimate: float, parts: tuple[float, float], freedoms: tuple[int, int], level: float = LEVEL
) -> Interval:
    variance = sum(parts)
    if variance < 1e-24:
        return _unknown(estimate, "no spread between runs")
    freedom = variance**2 / sum(part**2 / its for part, its in zip(parts, freedoms, strict=True))
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * math.sqrt(variance)
    return Interval(estimate, estimate - half, estimate + half, "least squares, Satterthwaite")


def _unknown(estimate: float, why: str) -> Interval:
    return Interval(estimate, math.nan, math.nan, f"no interval: {why}")
