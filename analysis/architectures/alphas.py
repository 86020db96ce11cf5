"""How alike and how decided architecture parameters are, before anything is derived from them.

The edges of a super-network are fixed, so they are compared place by place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.architectures.histograms import entropy

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


def normalised_entropy(share: Array) -> Array:
    """Return H(p) / log K over the last axis: 1 is uniform, 0 decided."""
    return np.asarray(entropy(share) / np.log2(share.shape[-1]))


def margin(share: Array) -> Array:
    """Return the largest share less the second largest, over the last axis."""
    top = np.sort(share, axis=-1)
    return np.asarray(top[..., -1] - top[..., -2])
