"""Confidence intervals of means and their differences: t based, as percentile bootstraps fail.

At n = 3 a percentile bootstrap of nominally 95 % covers 79 % of the time, Welch's interval 97 %.
No variance is pooled over arms: searched and random ones differ up to a hundredfold. Every
interval is that of a linear contrast of arm means, each with its own variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from analysis.statistics.counter import counted
from analysis.statistics.sample import LEVEL, Values


class Interval(NamedTuple):
    """An estimate with its confidence interval; NaN limits where there is no interval.

    Attributes:
        estimate: The value itself.
        low: Lower limit.
        high: Upper limit.
        method: What was computed, or why there is nothing.
    """

    estimate: float
    low: float
    high: float
    method: str


@dataclass(frozen=True)
class Difference:
    """A difference of means and what its t statistic rests on.

    Attributes:
        estimate: The difference.
        error: Its standard error; NaN where there is none.
        freedom: Degrees of freedom.
        method: What was computed, or why there is no error.
    """

    estimate: float
    error: float
    freedom: float
    method: str

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the two-sided t interval."""
        if math.isnan(self.error):
            return Interval(self.estimate, math.nan, math.nan, f"no interval: {self.method}")
        half = float(stats.t.ppf(0.5 + level / 2, self.freedom)) * self.error
        return Interval(self.estimate, self.estimate - half, self.estimate + half, self.method)

    def p_above(self, bound: float) -> float:
        """Return the one-sided p for the claim that the true difference exceeds ``bound``."""
        if math.isnan(self.error):
            return math.nan
        return float(stats.t.sf((self.estimate - bound) / self.error, self.freedom))

    def p_below(self, bound: float) -> float:
        """Return the one-sided p for the claim that it falls below ``bound``."""
        if math.isnan(self.error):
            return math.nan
        return float(stats.t.cdf((self.estimate - bound) / self.error, self.freedom))

    @counted
    def p(self) -> float:
        """Return the two-sided p of no difference."""
        return min(1.0, 2 * min(self.p_above(0.0), self.p_below(0.0)))


def contrast(arms: Sequence[tuple[float, Values]], method: str) -> Difference:
    """Return a weighted sum of means, each arm with its own variance.

    The degrees of freedom are Satterthwaite's (1946); for two arms that is Welch.

    Args:
        arms: Weight and values of each; an arm of weight 0 does not enter.
        method: Name of the interval.
    """
    return combine([(weight, estimate_mean(x)) for weight, x in arms if weight], method)


def combine(estimates: Sequence[tuple[float, Difference]], method: str) -> Difference:
    """Return a weighted sum of independent estimates, each with its own error.

    Args:
        estimates: Weight and estimate of each; the latter is a difference from 0.
        method: Name of the interval.
    """
    estimate = sum(weight * one.estimate for weight, one in estimates)
    for _, one in estimates:
        if math.isnan(one.error):
            return _unknown(estimate, one.method)
    parts = [((weight * one.error) ** 2, one.freedom) for weight, one in estimates]
    variance = sum(part for part, _ in parts)
    # Subnormal variances would make the degrees of freedom 0 / 0.
    if variance < 1e-24:
        return _unknown(estimate, "no spread between runs")
    freedom = variance**2 / sum(part**2 / its for part, its in parts)
    return Difference(estimate, math.sqrt(variance), freedom, method)


def estimate_mean(x: Values) -> Difference:
    """Return a mean with its error, as a difference from 0."""
    values = np.asarray(x, dtype=np.float64)
    if len(values) == 0:
        return _unknown(math.nan, "no values on one side")
    if len(values) == 1:
        return _unknown(float(values[0]), "one value has no spread")
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    return Difference(float(values.mean()), error, len(values) - 1, "t")


def mean_difference(x: Values, y: Values) -> Difference:
    """Return the difference of means x - y with Welch's error and degrees of freedom."""
    return contrast([(1.0, x), (-1.0, y)], "Welch")


def paired_difference(differences: Values) -> Difference:
    """Return the mean of paired differences with its t error."""
    return contrast([(1.0, differences)], "paired t")


def stratified_difference(tasks: Sequence[tuple[Values, Values]]) -> Difference:
    """Return the task-averaged difference of means x - y; the tasks share no run.

    Args:
        tasks: Both samples on each task.
    """
    share = 1 / len(tasks) if tasks else math.nan
    arms = [arm for x, y in tasks for arm in ((share, x), (-share, y))]
    return contrast(arms, "Welch over tasks") if arms else _unknown(math.nan, "no tasks")


def welch(x: Values, y: Values, level: float = LEVEL) -> Interval:
    """Return the difference of means x - y with Welch's interval."""
    return mean_difference(x, y).interval(level)


def mean_interval(x: Values, level: float = LEVEL) -> Interval:
    """Return a mean with its t interval."""
    return contrast([(1.0, x)], "t").interval(level)


def ratio_interval(
    ratio: float, at: Callable[[float], Difference], level: float = LEVEL
) -> Interval:
    """Return a ratio of contrasts with Fieller's interval (1954).

    It holds every value at which numerator - value * denominator is not told apart from 0.

    Args:
        ratio: The estimate.
        at: That contrast, for a value. The interval is bounded if the denominator's own does not
            hold 0.
        level: Of confidence.
    """

    def excess(value: float) -> float:
        found = at(value).interval(level)
        return max(found.low, -found.high)

    if math.isnan(at(ratio).error):
        return Interval(ratio, math.nan, math.nan, f"no interval: {at(ratio).method}")
    ends = []
    for way in (-1.0, 1.0):
        far = 1.0
        while excess(ratio + way * far) < 0:
            far *= 2
        ends.append(optimize.brentq(excess, ratio, ratio + way * far, xtol=1e-12))
    return Interval(ratio, float(ends[0]), float(ends[1]), "Fieller")


def pooled_deviation(x: Values, y: Values) -> float:
    """Return the standard deviation of a run, the mean of both variances; NaN without spread.

    A scale for effects only: no interval rests on it.
    """
    if min(len(x), len(y)) < 2:
        return math.nan
    return math.sqrt((float(np.var(x, ddof=1)) + float(np.var(y, ddof=1))) / 2)


def standardise(estimate: float, deviation: float) -> float:
    """Return an effect in standard deviations; NaN without spread."""
    return estimate / deviation if deviation > 1e-12 else math.nan


def _unknown(estimate: float, why: str) -> Difference:
    return Difference(estimate, math.nan, math.nan, why)
