"""Every measure of how alike two graphs are, what it says, and all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.similarity import edges, histograms, paths, subtrees
from harness.api import BlockChain, CellGraph

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """What is measured.

    Attributes:
        title: As printed.
        equal: Its value for equal cells.
        is_aligned: Whether it is free of how intermediate nodes are numbered.
    """

    title: str
    equal: float
    is_aligned: bool = True

    @property
    def is_distance(self) -> bool:
        """Whether less is more alike."""
        return self.equal == 0.0


CELL_METRICS: Mapping[str, Metric] = {
    "edge_jaccard_aligned": Metric("edges, aligned (Jaccard)", 1.0),
    "edit_distance_aligned": Metric("edit distance, aligned", 0.0),
    "wiring_jaccard_aligned": Metric("wiring, aligned (Jaccard)", 1.0),
    "path_jaccard": Metric("paths (Jaccard)", 1.0),
    "path_hamming": Metric("paths (Hamming)", 0.0),
    "wl_0": Metric("Weisfeiler-Lehman, h = 0", 1.0),
    "wl_1": Metric("Weisfeiler-Lehman, h = 1", 1.0),
    "wl_2": Metric("Weisfeiler-Lehman, h = 2", 1.0),
    "op_jsd": Metric("operations (Jensen-Shannon, bits)", 0.0),
    "op_tv": Metric("operations (total variation)", 0.0),
    "edge_jaccard": Metric("edges as numbered (Jaccard)", 1.0, is_aligned=False),
    "edge_match": Metric("edges as numbered (match)", 1.0, is_aligned=False),
    "wiring_jaccard": Metric("wiring as numbered (Jaccard)", 1.0, is_aligned=False),
    "edit_distance": Metric("edit distance as numbered", 0.0, is_aligned=False),
}
# What "structure similarity" means where one number has to do.
PRIMARY = "edge_jaccard_aligned"

Graph = CellGraph | BlockChain


def compare_cells(first: Sequence[CellGraph], second: Sequence[CellGraph]) -> dict[str, Matrix]:
    """Return every metric of all pairs, each an array (len(first), len(second)).

    Raises:
        ValueError: If a list is empty or the cells differ in their number of inputs.
    """
    if not first or not second:
        raise ValueError("Expected at least one cell on either side.")
    found: dict[str, Matrix] = {}
    for family in (edges, paths, subtrees, histograms):
        found |= family.compare(first, second)
    return {name: found[name] for name in CELL_METRICS}
