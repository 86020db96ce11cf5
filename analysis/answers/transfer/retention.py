"""How much of what direct search gains over random a transfer keeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd

from analysis.answers.arms import finite
from analysis.answers.keys import ArmKey
from analysis.answers.transfer.gaps import Pairs, planned_arms
from analysis.arms import DIRECT, RANDOM
from analysis.loading.rows import frame
from analysis.statistics.intervals import (
    Difference,
    Interval,
    contrast,
    mean_difference,
    ratio_interval,
)
from analysis.statistics.sample import LEVEL

NOT_ESTIMABLE = "not estimable: direct search's gain is not told apart from 0"


class Retention(NamedTuple):
    """How much of direct search's gain over random architectures an arm keeps."""

    n: Annotated[int, "Runs of the arm with an accuracy."]
    n_direct: Annotated[int, "Of direct search."]
    n_random: Annotated[int, "Random architectures."]
    retention: Annotated[float, "Gain of the arm over that of direct search."]
    low: Annotated[float, "Lower limit of its 95 % interval (Fieller)."]
    high: Annotated[float, "Upper limit."]
    g: Annotated[
        float,
        "Squared relative half-width of the interval of direct search's gain; from 1 on the "
        "ratio is not estimable.",
    ]
    interval: Annotated[str, "Its method, or why there is none."]


def estimate_retention(
    x: Sequence[float], direct: Sequence[float], random: Sequence[float], level: float = LEVEL
) -> tuple[Interval, float]:
    """Return (mean x - mean random) / (mean direct - mean random) with Fieller's interval, and g.

    1: nothing is lost; 0: the proxy is as good as random; below 0 it harms. Every arm has its own
    variance. Not estimable unless the interval of direct search's gain lies above 0, which is so
    for g >= 1, the squared relative half-width of that interval.
    """
    if min(len(x), len(direct), len(random)) == 0:
        return _unknown("not estimable: an arm has no finished run"), math.nan
    gain = mean_difference(direct, random)
    ratio = math.nan
    if gain.estimate > 0:
        ratio = (float(np.mean(x)) - float(np.mean(random))) / gain.estimate
    if math.isnan(gain.error):
        return Interval(ratio, math.nan, math.nan, f"no interval: {gain.method}"), math.nan
    limits = gain.interval(level)
    g = ((limits.high - gain.estimate) / gain.estimate) ** 2 if gain.estimate else math.inf
    if limits.high < 0:
        return _unknown("not estimable: direct search does worse than random"), g
    if limits.low <= 0:
        return _unknown(NOT_ESTIMABLE), g

    def at(ratio: float) -> Difference:
        return contrast([(1.0, x), (-ratio, direct), (ratio - 1.0, random)], "Fieller")

    return ratio_interval(ratio, at, level), g


def retention_table(units: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the retention of every arm that transfers, where all three arms were planned."""
    rows = []
    for key, chosen in planned_arms(units, pairs, DIRECT, RANDOM):
        x, direct, random = (finite(table) for table in chosen)
        found, g = estimate_retention(x, direct, random)
        sizes = len(x), len(direct), len(random)
        rows.append((key, Retention(*sizes, *found[:3], g, found.method)))
    return frame((ArmKey, Retention), rows)


def _unknown(why: str) -> Interval:
    return Interval(math.nan, math.nan, math.nan, why)
