"""Which ways lead through two cells: the sequences of operations from an input to the output.

The path encoding of White, Neiswanger and Savani (AAAI 2021), untruncated. A set: how many paths
have equal operations, and what they share, is lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.architectures.structure import Route, list_routes
from harness.api import CellGraph

Matrix = NDArray[np.float64]


def compare(first: Sequence[CellGraph], second: Sequence[CellGraph]) -> dict[str, Matrix]:
    """Compare the paths of all pairs, each result an array (len(first), len(second)).

    ``path_jaccard``: paths in common over paths of either. ``path_hamming``: paths of one only.
    Two cells without a path are equal.
    """
    places: dict[Route, int] = {}
    rows, columns = [], []
    for row, cell in enumerate((*first, *second)):
        for route in list_routes(cell):
            rows.append(row)
            columns.append(places.setdefault(route, len(places)))
    shape = (len(first) + len(second), max(1, len(places)))
    has = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    left, right = has[: len(first)], has[len(first) :]
    common = (left @ right.T).toarray()
    sizes: Matrix = left.sum(axis=1)[:, None] + right.sum(axis=1)[None, :]
    union = sizes - common
    return {
        "path_jaccard": np.where(union > 0, common / np.maximum(union, 1), 1.0),
        "path_hamming": union - common,
    }
