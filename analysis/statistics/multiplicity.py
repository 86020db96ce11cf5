"""Several comparisons at once: Holm for verdicts, the false discovery rate for exploration."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.statistics.counter import counted
from analysis.statistics.sample import DRAWS, Array, Values, quantised


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values; a missing one counts as 1 and stays missing."""
    filled = [1.0 if math.isnan(value) else value for value in p]
    adjusted = [math.nan] * len(p)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=filled.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * filled[index]))
        adjusted[index] = math.nan if math.isnan(p[index]) else highest
    return adjusted


def false_discovery_rate(p: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's adjusted p-values: exploratory, always labelled FDR.

    A missing one counts as 1 and stays missing.
    """
    filled = [1.0 if math.isnan(value) else value for value in p]
    adjusted = [math.nan] * len(p)
    lowest = 1.0
    for rank, index in reversed(list(enumerate(sorted(range(len(p)), key=filled.__getitem__), 1))):
        lowest = min(lowest, len(p) / rank * filled[index])
        adjusted[index] = math.nan if math.isnan(p[index]) else lowest
    return adjusted


@counted
def max_t(
    methods: Sequence[Values], control: Values, rng: np.random.Generator, draws: int = DRAWS // 10
) -> list[float]:
    """Return step-down adjusted p-values of methods against one control (Westfall, Young 1993).

    Two-sided, by relabelling all runs; more powerful than Holm because the comparisons share the
    control. The statistic is Welch's t. Adjusted p-values are (1 + hits) / (B + 1).

    Args:
        methods: Scores of each method, at least two.
        control: Scores of the control, at least two.
        rng: Draws the relabellings.
        draws: Their number B.
    """
    samples = [quantised(one) for one in (*methods, control)]
    pool, ends = np.concatenate(samples), np.cumsum([len(one) for one in samples])
    observed = _statistics(pool[None], ends)[0]
    order = np.argsort(-observed, kind="stable")
    drawn = _statistics(pool[rng.random((draws, len(pool))).argsort(axis=1)], ends)[:, order]
    # Step down: each is compared with the largest of those that are no larger than itself.
    maxima = np.maximum.accumulate(drawn[:, ::-1], axis=1)[:, ::-1]
    hits = (maxima >= observed[order] - 1e-9).sum(axis=0)
    stepped = np.maximum.accumulate((1 + hits) / (draws + 1))
    adjusted = np.empty(len(order))
    adjusted[order] = stepped
    return [float(value) for value in adjusted]


def _statistics(pools: Array, ends: Array) -> Array:
    """Return Welch's |t| of every method against the last sample, for every relabelling."""
    groups = np.split(pools, ends[:-1], axis=1)
    means = [group.mean(axis=1) for group in groups]
    errors = [group.var(axis=1, ddof=1) / group.shape[1] for group in groups]
    columns = []
    for mean, error in zip(means[:-1], errors[:-1], strict=True):
        scale = np.sqrt(error + errors[-1])
        gap = np.abs(mean - means[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            columns.append(np.where(gap < 1e-12, 0.0, gap / scale))
    return np.stack(columns, axis=1)
