"""Which operations two cells use, whatever they connect: distances between their shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.api import CellGraph

Matrix = NDArray[np.float64]


def compare(first: Sequence[CellGraph], second: Sequence[CellGraph]) -> dict[str, Matrix]:
    """Return the distances of all pairs, each an array (len(first), len(second)) in [0, 1].

    ``op_jsd``: Jensen-Shannon divergence of the operations' shares, in bits; not its square root.
    ``op_tv``: total variation, half the sum of absolute differences.
    Cells without edges have no shares: NaN.
    """
    counts = [Counter(op for _, _, op in cell.edges) for cell in (*first, *second)]
    names = sorted(set().union(*counts)) or [""]
    shares = np.array([[count[name] for name in names] for count in counts], dtype=float)
    with np.errstate(invalid="ignore"):
        shares /= shares.sum(axis=1, keepdims=True)
    left, right = shares[: len(first), None], shares[None, len(first) :]
    return {
        "op_jsd": jensen_shannon(left, right),
        "op_tv": np.abs(left - right).sum(axis=2) / 2,
    }


def jensen_shannon(first: Matrix, second: Matrix) -> Matrix:
    """Return the divergence in bits of distributions over the last axis; the others broadcast."""
    mixture = (first + second) / 2
    found = entropy(mixture) - (entropy(first) + entropy(second)) / 2
    return np.asarray(np.clip(found, 0.0, 1.0))  # rounding may leave it


def entropy(shares: Matrix) -> Matrix:
    """Return the entropy in bits of distributions over the last axis."""
    logarithms = np.log2(np.where(shares > 0, shares, 1.0))
    return np.asarray(-(shares * logarithms).sum(axis=-1))
