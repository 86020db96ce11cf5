"""Weisfeiler-Lehman subtree kernel of cells (Shervashidze et al., JMLR 2011).

The graph has the operations as nodes: one per edge of the cell, one per input, one for the output.
A node is refined by what comes *before* it; the successors would give other numbers. The inputs
and the output are in every cell, so cells without a common operation still score about 0.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from harness.api import CellGraph

Matrix = NDArray[np.float64]

REFINEMENTS = 2


def compare(first: Sequence[CellGraph], second: Sequence[CellGraph]) -> dict[str, Matrix]:
    """Return the normalised kernel of all pairs after h = 0, 1, 2 refinements: ``wl_h``.

    Each an array (len(first), len(second)) in [0, 1]: the cosine of the counts of all labels that
    nodes had so far.
    """
    vocabulary: dict[Hashable, int] = {}
    counts = [_count_labels(cell, vocabulary) for cell in (*first, *second)]
    found, product = {}, np.zeros((len(first), len(second)))
    squares = np.zeros(len(counts))
    for refinement in range(REFINEMENTS + 1):
        features = _features([count[refinement] for count in counts], len(vocabulary))
        product += (features[: len(first)] @ features[len(first) :].T).toarray()
        squares += (features * features).sum(axis=1)
        scale = np.sqrt(np.outer(squares[: len(first)], squares[len(first) :]))
        found[f"wl_{refinement}"] = product / scale
    return found


def _count_labels(cell: CellGraph, vocabulary: dict[Hashable, int]) -> list[Counter[int]]:
    """Count the labels after each refinement; a label's number stands for it in all cells."""

    def number(label: Hashable) -> int:
        return vocabulary.setdefault(label, len(vocabulary))

    before = _predecessors(cell)
    names = [
        *(f"input {place}" for place in range(cell.inputs)),
        *(operation for _, _, operation in cell.edges),
        "output",
    ]
    labels = [number(("label", name)) for name in names]
    counts = [Counter(labels)]
    for _ in range(REFINEMENTS):
        labels = [
            number((label, tuple(sorted(labels[place] for place in places))))
            for label, places in zip(labels, before, strict=True)
        ]
        counts.append(Counter(labels))
    return counts


def _predecessors(cell: CellGraph) -> list[list[int]]:
    """Return which places come before each: the inputs, then the edges, then the output."""
    into: dict[int, list[int]] = {node: [node] for node in range(cell.inputs)}
    for place, (_, target, _) in enumerate(cell.edges):
        into.setdefault(target, []).append(cell.inputs + place)
    return [
        *([] for _ in range(cell.inputs)),
        *(into.get(source, []) for source, _, _ in cell.edges),
        [place for node in cell.outputs for place in into.get(node, [])],
    ]


def _features(counts: Sequence[Counter[int]], labels: int) -> sparse.csr_array:
    entries = [(row, *item) for row, count in enumerate(counts) for item in count.items()]
    rows, columns, values = zip(*entries, strict=True)
    return sparse.csr_array(
        (np.array(values, dtype=float), (rows, columns)), shape=(len(counts), labels)
    )
