"""The tests and intervals in use, of thousands of samples at once: a row is a simulation.

They share the nulls and the placing with the functions that serve one comparison. That both say the
same, row by row, is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.statistics.best_of import best_weights
from analysis.statistics.effects import newcombe
from analysis.statistics.paired import signed_rank_test
from analysis.statistics.placing import is_enumerable, place_pairwise, sort_null, studentise
from analysis.statistics.relabelling import list_null, tail_p, weigh
from analysis.statistics.sample import LEVEL, Array, quantised

Pair = tuple[Array, Array]
Rows = NDArray[np.intp]
# Estimate, standard error and degrees of freedom, each of shape (B,); NaN where there is no error.
Estimates = tuple[Array, Array, Array]


def rank_p(x: Array, y: Array) -> Array:
    """Return the p of ``rank_test`` for each row of (B, n) against (B, m) values."""
    x, y = quantised(x), quantised(y)
    statistic, found = place_pairwise(x, y).statistic, np.empty(len(x))
    sizes = x.shape[1], y.shape[1]
    for (ties,), rows in _group_ties([(x, y)]):
        null = sort_null(ties, sizes[0])
        found[rows] = tail_p(statistic[rows], null, is_exact=is_enumerable(sizes))
    return found


def stratified_p(tasks: Sequence[Pair]) -> Array:
    """Return the p of ``stratified_rank_test`` for each row; a pair of arrays for each task."""
    tasks = [(quantised(x), quantised(y)) for x, y in tasks]
    sizes = tuple((x.shape[1], y.shape[1]) for x, y in tasks)
    statistic = studentise([place_pairwise(*task) for task in tasks], weigh(sizes))
    found = np.empty(len(statistic))
    for ties, rows in _group_ties(tasks):
        null, is_exact = list_null(ties, sizes)
        found[rows] = tail_p(statistic[rows], null, is_exact=is_exact)
    return found


def signed_rank_p(differences: Array) -> Array:
    """Return the p of ``signed_rank_test`` for each row of (B, n) differences."""
    d = quantised(differences)
    ranks = stats.rankdata(np.abs(d), axis=1) * (d != 0)
    # Rows with the same ranks and the same sum have the same p.
    keys = np.column_stack([np.sort(ranks, axis=1), (np.sign(d) * ranks).sum(axis=1)])
    _, first, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    found: Array = np.array([signed_rank_test(d[row]).p for row in first])[place.ravel()]
    return found


def _group_ties(tasks: Sequence[Pair]) -> Iterator[tuple[tuple[tuple[int, ...], ...], Rows]]:
    """Yield sizes of the groups of ties on each task, with the rows that have them."""
    ordered = [np.sort(np.concatenate(task, axis=1), axis=1) for task in tasks]
    is_new = [one[:, 1:] != one[:, :-1] for one in ordered]
    patterns, place = np.unique(np.concatenate(is_new, axis=1), axis=0, return_inverse=True)
    ends = np.cumsum([one.shape[1] for one in is_new])[:-1]
    for number, pattern in enumerate(patterns):
        ties = tuple(_count_groups(part) for part in np.split(pattern, ends))
        yield ties, np.flatnonzero(place.ravel() == number)


def _count_groups(is_new: Array) -> tuple[int, ...]:
    starts = np.append(0, np.flatnonzero(is_new) + 1)
    return tuple(np.diff(np.append(starts, len(is_new) + 1)).tolist())


def contrast_arms(arms: Sequence[tuple[float, Array]]) -> Estimates:
    """Return ``contrast`` of each row; values that are not finite are left out."""
    estimate, variance, spread = (np.zeros(len(arms[0][1])) for _ in range(3))
    for weight, values in arms:
        is_known = np.isfinite(values)
        count = is_known.sum(axis=1)
        kept = np.where(is_known, values, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = kept.sum(axis=1) / count
            squares = (np.where(is_known, values - mean[:, None], 0.0) ** 2).sum(axis=1)
            part = weight**2 * squares / (count - 1) / count
            part[count < 2] = np.nan
            spread = spread + part**2 / (count - 1)
        estimate, variance = estimate + weight * mean, variance + part
    return estimate, np.sqrt(variance), variance**2 / spread


def subtract_estimates(first: Estimates, second: Estimates) -> Estimates:
    """Return ``subtract`` of each row."""
    parts = first[1] ** 2, second[1] ** 2
    freedom = (parts[0] + parts[1]) ** 2 / (parts[0] ** 2 / first[2] + parts[1] ** 2 / second[2])
    return first[0] - second[0], np.sqrt(parts[0] + parts[1]), freedom


def limit(found: Estimates, level: float = LEVEL) -> Pair:
    """Return both limits of the t interval of each row."""
    half = stats.t.ppf(0.5 + level / 2, found[2]) * found[1]
    return found[0] - half, found[0] + half


def judge_cover(limits: Pair, truth: float) -> Array:
    """Return 1 where the interval holds the truth, 0 where not, NaN where there is none."""
    low, high = limits
    held = ((low <= truth) & (truth <= high)).astype(np.float64)
    held[np.isnan(low)] = np.nan
    return held


def limit_chance(x: Array, y: Array) -> Pair:
    """Return both limits of ``a12_interval`` of each row."""
    chance = place_pairwise(quantised(x), quantised(y)).gap + 0.5
    return _limit_each(chance, lambda one: newcombe(one, x.shape[1], y.shape[1]))


def _limit_each(estimates: Array, limits: Callable[[float], tuple[float, float]]) -> Pair:
    # Few runs have few estimates.
    values, place = np.unique(estimates.round(12), return_inverse=True)
    found = np.array([limits(float(one)) for one in values])[place.ravel()]
    return found[:, 0], found[:, 1]


def estimate_best(validation: Array, test: Array, k: int) -> Estimates:
    """Return ``best_of_difference`` of each row, where no two validation accuracies are equal."""
    size = test.shape[1]
    ordered = np.take_along_axis(test, np.argsort(validation, axis=1), axis=1)
    short = best_weights(size - 1, k)
    # Column i leaves the i-th out.
    left = np.array([np.insert(short, row, 0.0) for row in range(size)]).T
    error = np.sqrt((size - 1) * (ordered @ left).var(axis=1))
    freedom = np.full(len(test), float(max(1, size // k)))
    return ordered @ best_weights(size, k), error, freedom


def measure_home(a: Array, b: Array) -> Pair:
    """Return the home advantages of ``home_advantage`` of each row.

    Args:
        a: Accuracies of searches on A: on A and on B, shape (2, B, n).
        b: The same of searches on B.
    """
    scale = np.concatenate([a, b], axis=2).std(axis=2, ddof=1, keepdims=True)
    (a_on_a, a_on_b), (b_on_a, b_on_b) = a / scale, b / scale
    return a_on_a - a_on_b, b_on_a - b_on_b
