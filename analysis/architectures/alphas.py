"""How alike and how decided architecture parameters are, before anything is derived from them.

The edges of a super-network are fixed, so they are compared place by place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.architectures.histograms import entropy, jensen_shannon

Array = NDArray[np.float64]


def shares(alphas: Array) -> Array:
    """Return the softmax over the last axis: each operation's share of its edge."""
    with np.errstate(invalid="ignore"):  # a diverged search has no shares
        grown = np.exp(alphas - np.nanmax(alphas, axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def without(share: Array, place: int) -> Array:
    """Return the shares of the other operations, made to add up to one."""
    kept = np.delete(share, place, axis=-1)
    return np.asarray(kept / kept.sum(axis=-1, keepdims=True))


def divergence(first: Sequence[Array], second: Sequence[Array]) -> float:
    """Return the Jensen-Shannon divergence in bits of operations' shares, averaged over edges.

    Args:
        first: The shares on each edge.
        second: Likewise, on the same edges.
    """
    pairs = zip(first, second, strict=True)
    return float(np.mean([jensen_shannon(one, other) for one, other in pairs]))


def existence_divergence(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the Jensen-Shannon divergence in bits of whether edges exist, averaged over them.

    Args:
        first: One less the share of ``none`` on each edge.
        second: Likewise, on the same edges.
    """
    one, other = (np.array([[x, 1 - x] for x in strengths]) for strengths in (first, second))
    return float(np.mean(jensen_shannon(one, other)))


def normalised_entropy(share: Array) -> Array:
    """Return H(p) / log K over the last axis: 1 is uniform, 0 decided."""
    return np.asarray(entropy(share) / np.log2(share.shape[-1]))


def margin(share: Array) -> Array:
    """Return the largest share less the second largest, over the last axis."""
    top = np.sort(share, axis=-1)
    return np.asarray(top[..., -1] - top[..., -2])
