"""Where spread comes from: searches that end elsewhere, or trainings that end elsewhere.

Several trainings of one architecture are sub-samples of one search, no independent evidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.statistics.sample import Values


@dataclass(frozen=True)
class VarianceComponents:
    """Variances of an arm, in squared percentage points.

    Attributes:
        search: Between searches; at least 0. NaN for less than two.
        evaluation: Between trainings of one architecture, pooled. NaN if each has one.
        searches: Number of searches.
        trainings: Number of trainings.
        icc: Intraclass correlation of single trainings, ICC(1,1); NaN unless balanced.
    """

    search: float
    evaluation: float
    searches: int
    trainings: int
    icc: float


def variance_components(groups: Sequence[Values]) -> VarianceComponents:
    """Separate the variance between searches from that between trainings.

    Args:
        groups: Accuracies of the trainings of each search's architecture.
    """
    values = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    sizes = np.array([len(group) for group in values])
    freedom = int((sizes - 1).sum())
    squares = [float(((group - group.mean()) ** 2).sum()) for group in values]
    evaluation = sum(squares) / freedom if freedom else math.nan
    means = np.array([group.mean() for group in values])
    if len(values) < 2:
        return VarianceComponents(math.nan, evaluation, len(values), int(sizes.sum()), math.nan)
    between = float(means.var(ddof=1))
    repeated = [square / (n - 1) / n for square, n in zip(squares, sizes, strict=True) if n > 1]
    # Where a search has one training, the pooled variance stands in for its own.
    noise = [
        square / (n - 1) / n if n > 1 else evaluation
        for square, n in zip(squares, sizes, strict=True)
    ]
    search = max(0.0, between - float(np.mean(noise))) if repeated else math.nan
    icc = _icc(between, evaluation, sizes)
    return VarianceComponents(search, evaluation, len(values), int(sizes.sum()), icc)


def optimal_trainings(found: VarianceComponents, search_cost: float, training_cost: float) -> float:
    """Return how many trainings per search spend a budget best; at least 1.

    The standard answer of two-stage sampling, before rounding. NaN where a variance or a cost is
    unknown; infinite where searches do not differ.
    """
    if math.isnan(found.search) or math.isnan(found.evaluation) or not training_cost > 0:
        return math.nan
    if math.isnan(search_cost):
        return math.nan
    if found.search <= 0:
        return math.inf if found.evaluation > 0 else 1.0
    ratio = found.evaluation / found.search * search_cost / training_cost
    return max(1.0, math.sqrt(ratio))


def _icc(
    between: float,
    evaluation: float,
    sizes: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int_]],
) -> float:
    """Return ICC(1,1) of a balanced design by its mean squares."""
    repeats = int(sizes[0])
    if repeats < 2 or any(int(size) != repeats for size in sizes):
        return math.nan
    mean_square = between * repeats
    total = mean_square + (repeats - 1) * evaluation
    return (mean_square - evaluation) / total if total > 0 else math.nan
