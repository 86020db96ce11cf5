"""Several methods over several tasks: Friedman by permutation, Nemenyi, which bars join whom.

Tasks are the blocks, each the mean over seeds; ranks run from 1 for the best.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.statistics.exact import sign_flip
from analysis.statistics.multiplicity import holm
from analysis.statistics.sample import Array, quantised

FEWEST_TASKS, FEWEST_METHODS = 5, 3


def task_ranks(scores: Array) -> Array:
    """Return ranks within each task, 1 the best, midranks for ties.

    Args:
        scores: One row per task, one column per method.
    """
    ranks: Array = stats.rankdata(-quantised(np.asarray(scores)), axis=1)
    return ranks


def diagram_refusal(methods: int, tasks: int) -> str:
    """Return why no critical-difference diagram may be shown; empty if it may."""
    if tasks < FEWEST_TASKS or methods < FEWEST_METHODS:
        return (
            f"a critical-difference diagram needs {FEWEST_TASKS} tasks and {FEWEST_METHODS} "
            f"methods; here are {tasks} and {methods}"
        )
    return ""


def pairwise_p(scores: Array) -> Array:
    """Return Holm-adjusted exact sign-flip p-values of all pairs over tasks; shape (k, k)."""
    k = scores.shape[1]
    pairs = list(itertools.combinations(range(k), 2))
    adjusted = holm([sign_flip(scores[:, a] - scores[:, b]).p for a, b in pairs])
    table = np.ones((k, k))
    for (a, b), p in zip(pairs, adjusted, strict=True):
        table[a, b] = table[b, a] = p
    return table


def bars(ranks: Array, is_separated: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the maximal runs of methods, in the order of their ranks, that nothing separates.

    Args:
        ranks: Mean rank of each method.
        is_separated: Whether a pair differs, shape (k, k).

    Returns:
        First and last method of each bar.
    """
    order = np.argsort(ranks, kind="stable")
    found: list[tuple[int, int]] = []
    reached = -1
    for start in range(len(order)):
        end = start
        while (
            end + 1 < len(order)
            and not is_separated[order[start : end + 2], :][:, order[start : end + 2]].any()
        ):
            end += 1
        if end > start and end > reached:
            found.append((int(order[start]), int(order[end])))
        reached = max(reached, end)
    return found


def _spread(ranks: Array) -> Array:
    """Return the sum of squared rank sums, which orders as Friedman's statistic does."""
    squares: Array = (ranks.sum(axis=1) ** 2).sum(axis=1)
    return squares
