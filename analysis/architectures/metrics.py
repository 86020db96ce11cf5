"""Every measure of how alike two graphs are, what it says, and all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.architectures import chains, edges, histograms, paths, subtrees
from harness.api import BlockChain, CellGraph, Graphs

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """What is measured.

    Attributes:
        title: As printed.
        equal: Its value for equal cells.
    """

    title: str
    equal: float

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
}
CHAIN_METRICS: Mapping[str, Metric] = {
    "layer_edit": Metric("layers, weighted edits (share)", 0.0),
    "layer_hamming": Metric("layers by place (share that differ)", 0.0),
    "kernel_jsd": Metric("kernels (Jensen-Shannon, bits)", 0.0),
    "expansion_jsd": Metric("expansions (Jensen-Shannon, bits)", 0.0),
    "depth_difference": Metric("layers of a stage (difference)", 0.0),
    "width_difference": Metric("width of a stage (difference, log2)", 0.0),
}
METRICS = {**CELL_METRICS, **CHAIN_METRICS}
# What "structure similarity" means where one number has to do: of cells, of chains.
PRIMARY = ("edge_jaccard_aligned", "layer_edit")

# The mean over an architecture's cells; histograms of different cells are never put together.
MEAN = "mean"

Graph = CellGraph | BlockChain


def compare_architectures(
    first: Sequence[Graphs], second: Sequence[Graphs]
) -> dict[str, dict[str, Matrix]]:
    """Return every metric of all pairs by cell, and the mean over cells if there are several.

    Raises:
        ValueError: If a list is empty, or the architectures cannot be compared with each other.
    """
    names = list(first[0]) if first else []
    if any(list(graphs) != names for graphs in (*first, *second)):
        raise ValueError("Architectures with different cells cannot be compared with each other.")
    found = {
        name: compare_graphs(
            [graphs[name] for graphs in first], [graphs[name] for graphs in second]
        )
        for name in names
    }
    if len(found) > 1:
        metrics = next(iter(found.values()))
        cells = list(found.values())
        found[MEAN] = {name: np.mean([cell[name] for cell in cells], axis=0) for name in metrics}
    return found


def primary_of(metrics: Iterable[str]) -> str:
    """Return which of the metrics stands for all of them."""
    return next(name for name in PRIMARY if name in metrics)


def distance(name: str, values: Matrix) -> Matrix:
    """Return a metric with values in [0, 1] as a distance: 0 for equal graphs."""
    return values if METRICS[name].is_distance else 1 - values


def compare_graphs(first: Sequence[Graph], second: Sequence[Graph]) -> dict[str, Matrix]:
    """Return every metric of all pairs, of cells or of chains.

    Raises:
        ValueError: If a list is empty, or the graphs cannot be compared with each other.
    """
    graphs = (*first, *second)
    cells = [graph for graph in graphs if isinstance(graph, CellGraph)]
    if len(cells) == len(graphs):
        return compare_cells(cells[: len(first)], cells[len(first) :])
    blocks = [graph for graph in graphs if isinstance(graph, BlockChain)]
    if len(blocks) == len(graphs):
        return compare_chains(blocks[: len(first)], blocks[len(first) :])
    raise ValueError("A cell cannot be compared with a chain of blocks.")


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


def compare_chains(first: Sequence[BlockChain], second: Sequence[BlockChain]) -> dict[str, Matrix]:
    """Return every metric of all pairs, each an array (len(first), len(second)).

    Raises:
        ValueError: If a list is empty.
    """
    if not first or not second:
        raise ValueError("Expected at least one chain on either side.")
    found = chains.compare(first, second)
    return {name: found[name] for name in CHAIN_METRICS}
