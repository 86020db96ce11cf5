"""What a ranking is used for: how many of the source's best are good on the target.

Of equal scores the earlier row comes first; how many were passed over that way is counted.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.statistics.correlations import share, top
from analysis.statistics.sample import LEVEL, quantised

Curve = NDArray[np.float64]


class Overlap(NamedTuple):
    """The architectures that are among the best k of both scorings.

    Of equals the earlier one is taken.
    """

    k: Annotated[int, "Size of either set."]
    overlap: Annotated[float, "Share of k that is in both."]
    chance: Annotated[float, "Expected share under a random ranking, k / m."]
    chance_low: Annotated[float, "Lower end of the central 95 % of shares under a random ranking."]
    chance_high: Annotated[float, "Its upper end."]
    p: Annotated[
        float,
        "Probability of at least this overlap under a random ranking (hypergeometric).",
    ]
    tied_source: Annotated[int, "Architectures outside the set whose source score equals the k-th."]
    tied_target: Annotated[int, "The same on the target."]


def top_k_overlap(source: ArrayLike, target: ArrayLike, k: int) -> Overlap:
    """Return how many of the best k on the source are among the best k on the target."""
    s, t = quantised(source), quantised(target)
    _check(k, len(s))
    common = len(np.intersect1d(top(s, k), top(t, k)))
    chance = stats.hypergeom(len(s), k, k)
    tail = (1 - LEVEL) / 2
    return Overlap(
        k=k,
        overlap=common / k,
        chance=k / len(s),
        chance_low=float(chance.ppf(tail)) / k,
        chance_high=float(chance.ppf(1 - tail)) / k,
        p=float(chance.sf(common - 1)),
        tied_source=_passed_over(s, k),
        tied_target=_passed_over(t, k),
    )


def overlap_curve(source: ArrayLike, target: ArrayLike) -> Curve:
    """Return the top-k overlap for k = 1 to m, shape (m,)."""
    size = len(quantised(source))
    places = np.empty((2, size), dtype=np.int64)
    for row, scores in zip(places, (source, target), strict=True):
        row[top(scores, size)] = np.arange(size)
    # An architecture is in both sets from the worse of its two places on.
    entered = np.bincount(places.max(axis=0), minlength=size)
    return np.asarray(np.cumsum(entered) / np.arange(1, size + 1))


def precision_at_k(source: ArrayLike, target: ArrayLike, k: int, fraction: float) -> float:
    """Return the share of the source's best k that are among a fraction of the target's best."""
    size = len(quantised(source))
    _check(k, size)
    good = top(target, share(size, fraction))
    return len(np.intersect1d(top(source, k), good)) / k


def target_ranks_at_k(source: ArrayLike, target: ArrayLike, k: int) -> tuple[int, int]:
    """Return the best and the worst target rank among the source's best k; 1 is the best of all.

    BR@K and WR@K of Ning et al. (NeurIPS 2021); equals share the better rank.
    """
    t = quantised(target)
    _check(k, len(t))
    ranks = 1 + (t[None, :] > t[top(source, k), None]).sum(axis=1)
    return int(ranks.min()), int(ranks.max())


def regret_curve(source: ArrayLike, target: ArrayLike) -> Curve:
    """Return the regret of verifying the source's best k on the target, for k = 1 to m, shape (m,).

    (best of all - best of the k) / (best of all - mean of all): 0 is the optimum, 1 an average
    architecture. k = 1 is the transfer decision itself; k = 10 is "proxy, then verify 10".
    """
    t = quantised(target)
    best = np.maximum.accumulate(t[top(source, len(t))])
    scale = float(t.max() - t.mean())
    return (t.max() - best) / scale if scale > 0 else np.full(len(t), math.nan)


def _passed_over(scores: NDArray[np.float64], k: int) -> int:
    """Return how many architectures outside the best k score as the k-th does."""
    last = scores[top(scores, k)[-1]]
    return int((scores >= last).sum()) - k


def _check(k: int, size: int) -> None:
    if not 1 <= k <= size:
        raise ValueError(f"k = {k}: expected 1 to {size}, the number of architectures")
