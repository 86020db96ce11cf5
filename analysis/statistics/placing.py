"""By how much one sample is better than another, under many labellings at once.

Brunner and Munzel's statistic of one task, or of runs that are scored on several tasks each.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.sample import DRAWS, Array, Values, quantised

# Up to so many relabellings all are enumerated; beyond, random ones are drawn.
ENUMERATED = 200_000
# Elements of the largest temporary array.
CHUNK = 500_000
ROUNDING = 1e-9

Mask = NDArray[np.bool_]
Sizes = tuple[int, int]


@dataclass(frozen=True)
class Placed:
    """By how much the first sample is better, under each of B labellings.

    Attributes:
        gap: P(first better) - 1/2, ties counting half; a sum over tasks. Shape (B,).
        variances: What each sample adds to the variance of the gap; shape (2, B).
    """

    gap: Array
    variances: Array

    @property
    def statistic(self) -> Array:
        """Brunner and Munzel's statistic; huge for separated samples; shape (B,)."""
        return studentise([self], [1.0])


def place_pairwise(x: Array, y: Array) -> Placed:
    """Place many pairs of samples, a row each, of shapes (B, n) and (B, m)."""
    wins = (x[:, :, None] > y[:, None, :]) + 0.5 * (x[:, :, None] == y[:, None, :])
    n, m = wins.shape[1:]
    beaten = (wins.sum(axis=2), n - wins.sum(axis=1))
    return _summarise([(one.sum(axis=1), (one**2).sum(axis=1)) for one in beaten], (n, m))


def place_shifted(x: Values, y: Values, shift: float) -> Placed:
    """Place the runs of ``x``, each better by ``shift``, against those of ``y``; shape (1,)."""
    scores = quantised([*np.asarray(x) + shift, *y])
    return place_runs(scores[None], label_as_given((len(x), len(y))))


@lru_cache(maxsize=32)
def place_relabelled(ties: tuple[int, ...], n: int) -> Placed:
    """Place one task's runs under relabelling: that depends on the sizes of groups of ties only."""
    scores = np.repeat(np.arange(len(ties), dtype=np.float64), ties)[None]
    return place_runs(scores, list_labellings((n, sum(ties) - n)))


@lru_cache(maxsize=32)
def sort_null(ties: tuple[int, ...], n: int) -> Array:
    """Return the statistics of all labellings of one task, ascending."""
    found: Array = np.sort(place_relabelled(ties, n).statistic)
    return found


def place_runs(scores: Array, masks: Mask) -> Placed:
    """Place the first sample's runs against the others.

    Args:
        scores: Of all runs on each task, shape (tasks, runs).
        masks: Which runs are the first sample's, shape (B, runs), equally many in each row.
    """
    rows = max(1, CHUNK // masks.shape[1])
    parts = [_place_some(scores, masks[at : at + rows]) for at in range(0, len(masks), rows)]
    return Placed(
        np.concatenate([part.gap for part in parts]),
        np.concatenate([part.variances for part in parts], axis=1),
    )


def _place_some(scores: Array, masks: Mask) -> Placed:
    # How many of the other sample each run beats, ties counting half.
    beaten = np.zeros(masks.shape)
    for task in scores:
        order = np.argsort(task, kind="stable")
        is_new = np.append(True, task[order][1:] != task[order][:-1])
        starts, group = np.flatnonzero(is_new), np.cumsum(is_new) - 1
        sizes = np.diff(np.append(starts, len(task)))
        is_first = masks[:, order]
        first = is_first.astype(np.float64)
        if len(starts) < len(task):
            first = np.add.reduceat(first, starts, axis=1)
        below = np.cumsum(first, axis=1) - first / 2
        if len(starts) < len(task):
            below = below[:, group]
        everyone = (np.cumsum(sizes) - sizes / 2)[group]
        won = np.where(is_first, everyone - below, below)
        if len(scores) == 1:
            return _summarise_sides(won, is_first)
        beaten[:, order] += won
    return _summarise_sides(beaten, masks, tasks=len(scores))


def _summarise_sides(beaten: Array, masks: Mask, tasks: int = 1) -> Placed:
    n = int(masks[0].sum())
    total, squares = beaten.sum(axis=1), np.einsum("ij,ij->i", beaten, beaten)
    mine = beaten * masks
    own, own_squares = mine.sum(axis=1), np.einsum("ij,ij->i", mine, mine)
    sums = ((own, own_squares), (total - own, squares - own_squares))
    return _summarise(sums, (n, masks.shape[1] - n), tasks)


def _summarise(sums: Sequence[tuple[Array, Array]], sizes: Sizes, tasks: int = 1) -> Placed:
    """Return gap and variances from how many of the other sample each run beats.

    Args:
        sums: Of these numbers and of their squares, for both samples.
        sizes: Runs of both samples.
        tasks: Over which the numbers were added.
    """
    n, m = sizes
    variances = [
        np.maximum(squares - total**2 / size, 0.0) / ((size - 1) * size * other**2)
        if size > 1
        else np.zeros(len(total))
        for (total, squares), size, other in zip(sums, (n, m), (m, n), strict=True)
    ]
    return Placed(sums[0][0] / (n * m) - tasks / 2, np.array(variances))


def studentise(placed: Sequence[Placed], weights: Sequence[float]) -> Array:
    """Return the weighted sum of gaps over tasks that share no run, in its standard errors."""
    gap = np.sum([w * one.gap for one, w in zip(placed, weights, strict=True)], axis=0)
    variance = np.sum(
        [w**2 * one.variances.sum(axis=0) for one, w in zip(placed, weights, strict=True)], axis=0
    )
    # Separated samples have no variance: huge, and the more so the more targets agree.
    found: Array = np.where(np.abs(gap) < ROUNDING, 0.0, gap)
    found /= np.sqrt(np.maximum(variance, ROUNDING**2))
    return found


def label_as_given(sizes: Sizes) -> Mask:
    """Return the labelling in which the first sample's runs come first; shape (1, runs)."""
    return np.arange(sum(sizes))[None] < sizes[0]


def list_labellings(sizes: Sizes) -> Mask:
    """Return every way to choose the first sample, or random ones; shape (B, runs)."""
    n, runs = sizes[0], sum(sizes)
    if is_enumerable(sizes):
        chosen = np.array(list(itertools.combinations(range(runs), n)))
    else:
        keys = np.random.default_rng(0).random((DRAWS, runs), dtype=np.float32)
        chosen = np.argpartition(keys, n, axis=1)[:, :n]
    masks = np.zeros((len(chosen), runs), dtype=bool)
    np.put_along_axis(masks, chosen, values=True, axis=1)
    return masks


def is_enumerable(sizes: Sizes) -> bool:
    """Tell whether every labelling is looked at."""
    return math.comb(sum(sizes), sizes[0]) <= ENUMERATED
