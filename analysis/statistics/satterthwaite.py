"""Differences of independent estimates, each with an error and degrees of freedom of its own."""

from __future__ import annotations

import math

import numpy as np

from analysis.statistics.intervals import Difference
from analysis.statistics.sample import Values


def subtract(first: Difference, second: Difference, method: str = "Welch") -> Difference:
    """Return first - second with Satterthwaite's degrees of freedom.

    For two means this is Welch's t, and it needs no single value: summaries are enough.

    Args:
        first: An estimate with its error.
        second: Independent of it.
        method: What the result is called.
    """
    estimate = first.estimate - second.estimate
    for one in (first, second):
        if math.isnan(one.error):
            return Difference(estimate, math.nan, math.nan, one.method)
    parts = [one.error**2 for one in (first, second)]
    # Subnormal variances would make the degrees of freedom 0 / 0.
    if sum(parts) < 1e-24:
        return Difference(estimate, math.nan, math.nan, "no spread between runs")
    freedoms = (first.freedom, second.freedom)
    freedom = sum(parts) ** 2 / sum(
        part**2 / its for part, its in zip(parts, freedoms, strict=True) if part
    )
    return Difference(estimate, math.sqrt(sum(parts)), freedom, method)


def estimate_mean(values: Values) -> Difference:
    """Return the mean of values with its error, as a difference from 0."""
    if len(values) < 2:
        return Difference(float(np.mean(values)), math.nan, math.nan, "one value has no spread")
    sd = float(np.std(values, ddof=1))
    if sd < 1e-12:
        return Difference(float(np.mean(values)), math.nan, math.nan, "no spread between runs")
    return summarised_mean(float(np.mean(values)), sd, len(values))


def summarised_mean(mean: float, sd: float | None, n: int | None) -> Difference:
    """Return a mean with its error from the summary that a paper prints.

    Args:
        mean: Of n values.
        sd: Their standard deviation; None if not stated.
        n: How many; None if not stated.
    """
    if sd is None or n is None or n < 2:
        return Difference(mean, math.nan, math.nan, "no spread between searches is published")
    return Difference(mean, sd / math.sqrt(n), n - 1, "t")
