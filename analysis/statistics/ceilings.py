"""How well a ranking agrees with itself: what two trainings of the same architectures leave open.

``trials`` holds one column a training: shape (m, k), NaN where an architecture has fewer.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.correlations import Scores, kendall
from analysis.statistics.sample import quantised

Trials = NDArray[np.float64]


@dataclass(frozen=True)
class Ceiling:
    """Rank agreement of source and target, beside that of two trainings on the target.

    All on the same architectures and by one training a side, so that the two can be compared.

    Attributes:
        trials: Columns of the target that every architecture has.
        tau: Mean tau-b of a training on the source with one on the target; NaN without the former.
        ceiling: Mean tau-b between two trainings on the target.
    """

    trials: int
    tau: float
    ceiling: float

    @property
    def ratio(self) -> float:
        """What share of the attainable agreement there is, at most 1.

        Trainings on the source may be less noisy than those on the target; then the source ranks
        a training better than another one does.
        """
        return float(np.minimum(1.0, self.tau / self.ceiling)) if self.ceiling > 0 else math.nan


def noise_ceiling(source: Trials | None, target: Trials) -> Ceiling:
    """Return how well trainings on the source rank those on the target, and these each other.

    A training is never compared with itself, should both sides share it.

    Args:
        source: Single trainings of the source's score; None where these are not known.
        target: Single trainings on the target.
    """
    columns = _complete(target)
    sources = [] if source is None else _complete(source)
    across = itertools.product(sources, columns)
    return Ceiling(
        trials=len(columns),
        tau=_mean([kendall(a, b) for a, b in across if not np.array_equal(a, b)]),
        ceiling=_mean([kendall(a, b) for a, b in itertools.combinations(columns, 2)]),
    )


def reliability(trials: Trials) -> float:
    """Return ICC(1, 1): the share of a single training's variance that is the architecture's.

    One-way analysis of variance; unequal numbers of trainings enter by their effective mean.
    """
    known = trials[(~np.isnan(trials)).sum(axis=1) > 0]
    counts = (~np.isnan(known)).sum(axis=1).astype(float)
    squares, freedom = _within(known)
    if len(known) < 2 or freedom == 0:
        return math.nan
    means, grand = np.nanmean(known, axis=1), np.nanmean(known)
    between = float((counts * (means - grand) ** 2).sum()) / (len(known) - 1)
    within = squares / freedom
    effective = (counts.sum() - (counts**2).sum() / counts.sum()) / (len(known) - 1)
    total = between + (effective - 1) * within
    return float((between - within) / total) if total > 0 else math.nan


def spearman_brown(single: float, averaged: float) -> float:
    """Return the reliability of a mean of ``averaged`` trainings from that of one."""
    return averaged * single / (1 + (averaged - 1) * single)


def attenuation(correlation: float, reliability_s: float, reliability_t: float) -> float:
    """Return what a Spearman correlation would be without noise on either side (Spearman 1904).

    At most 1: beyond, the reliabilities are estimated too low.
    """
    product = reliability_s * reliability_t
    return float(np.minimum(1.0, correlation / math.sqrt(product))) if product > 0 else math.nan


def _complete(trials: Trials) -> list[Scores]:
    return [quantised(column) for column in trials.T if not np.isnan(column).any()]


def _within(trials: Trials) -> tuple[float, float]:
    """Return the sum of squares within architectures and its degrees of freedom."""
    counts = (~np.isnan(trials)).sum(axis=1)
    repeated = trials[counts > 1]
    if len(repeated) == 0:
        return 0.0, 0.0
    squares = float(np.nansum((repeated - np.nanmean(repeated, axis=1, keepdims=True)) ** 2))
    return squares, float((counts[counts > 1] - 1).sum())


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
