"""Confidence intervals of means and their differences: t based, as percentile bootstraps fail.

At n = 3 a percentile bootstrap of nominally 95 % covers 79 % of the time, Welch's interval 97 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.statistics.counter import counted
from analysis.statistics.sample import LEVEL, Values


@dataclass(frozen=True)
class Interval:
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


def mean_difference(x: Values, y: Values) -> Difference:
    """Return the difference of means x - y with Welch's error and degrees of freedom."""
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if min(len(a), len(b)) == 0:
        return _unknown(math.nan, "no values on one side")
    difference = float(a.mean() - b.mean())
    if min(len(a), len(b)) == 1:
        return _unknown(difference, "one value on a side has no spread")
    parts = [float(side.var(ddof=1)) / len(side) for side in (a, b)]
    # Subnormal variances would make the degrees of freedom 0 / 0.
    if sum(parts) < 1e-24:
        return _unknown(difference, "no spread between runs")
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
    return _known(difference, math.sqrt(sum(parts)), freedom, "Welch")


def paired_difference(differences: Values) -> Difference:
    """Return the mean of paired differences with its t error."""
    return _mean(differences, "paired t")


def welch(x: Values, y: Values, level: float = LEVEL) -> Interval:
    """Return the difference of means x - y with Welch's interval."""
    return mean_difference(x, y).interval(level)


def paired_t(differences: Values, level: float = LEVEL) -> Interval:
    """Return the mean of paired differences with its t interval."""
    return paired_difference(differences).interval(level)


def mean_interval(x: Values, level: float = LEVEL) -> Interval:
    """Return a mean with its t interval."""
    return _mean(x, "t").interval(level)


def stratified_difference(
    tasks: Sequence[tuple[Values, Values]], *, standardised: bool = False
) -> Difference:
    """Return the task-averaged difference of means x - y, each task pooling its own variance.

    The degrees of freedom are the sum of n + m - 2 over tasks.

    Args:
        tasks: Both samples on each task.
        standardised: Divide each task by its pooled standard deviation first, where spreads differ
            between tasks; the answer then is in standard deviations.
    """
    if not tasks or any(min(len(x), len(y)) == 0 for x, y in tasks):
        return _unknown(math.nan, "no values on one side of a task")
    parts = [_pooled(x, y) for x, y in tasks]
    freedom = sum(len(x) + len(y) - 2 for x, y in tasks)
    if standardised and any(sd < 1e-12 or math.isnan(sd) for _, sd, _ in parts):
        return _unknown(math.nan, "no spread between runs of a task")
    scales = [sd if standardised else 1.0 for _, sd, _ in parts]
    estimate = float(np.mean([part[0] / scale for part, scale in zip(parts, scales, strict=True)]))
    if freedom == 0 or any(math.isnan(sd) for _, sd, _ in parts):
        return _unknown(estimate, "one value on a side has no spread")
    squares = sum(
        (sd / scale) ** 2 * share for (_, sd, share), scale in zip(parts, scales, strict=True)
    )
    error = math.sqrt(squares) / len(tasks)
    return _known(estimate, error, float(freedom), "stratified t")


def stratified_t(
    tasks: Sequence[tuple[Values, Values]], level: float = LEVEL, *, standardised: bool = False
) -> Interval:
    """Return the interval of ``stratified_difference``."""
    return stratified_difference(tasks, standardised=standardised).interval(level)


def pooled_deviation(x: Values, y: Values) -> float:
    """Return the standard deviation within both samples; NaN without degrees of freedom."""
    return _pooled(x, y)[1]


def _pooled(x: Values, y: Values) -> tuple[float, float, float]:
    """Return difference, pooled deviation and 1 / n + 1 / m."""
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    difference = float(a.mean() - b.mean()) if min(len(a), len(b)) else math.nan
    freedom = len(a) + len(b) - 2
    if freedom <= 0 or min(len(a), len(b)) == 0:
        return difference, math.nan, math.nan
    squares = float(((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum())
    return difference, math.sqrt(squares / freedom), 1 / len(a) + 1 / len(b)


def _mean(x: Values, method: str) -> Difference:
    values = np.asarray(x, dtype=np.float64)
    if len(values) == 0:
        return _unknown(math.nan, "no values")
    if len(values) == 1:
        return _unknown(float(values[0]), "one value has no spread")
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    return _known(float(values.mean()), error, len(values) - 1, method)


def _known(estimate: float, error: float, freedom: float, method: str) -> Difference:
    if error < 1e-12:
        return _unknown(estimate, "no spread between runs")
    return Difference(estimate, error, freedom, method)


def _unknown(estimate: float, why: str) -> Difference:
    return Difference(estimate, math.nan, math.nan, why)
