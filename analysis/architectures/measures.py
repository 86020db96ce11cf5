"""What one graph is, in numbers that can be averaged: shape of a cell, or of a chain."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict

import numpy as np

from analysis.architectures.chains import read_stages
from analysis.architectures.structure import measure
from harness.api import BlockChain, CellGraph


def measure_graph(graph: CellGraph | BlockChain) -> dict[str, float]:
    """Return the measures of one graph; NaN for what it does not have."""
    if isinstance(graph, CellGraph):
        found = asdict(measure(graph))
        del found["receptive_field"]  # depends on the stride at the cell's inputs
        return {name: math.nan if x is None else float(x) for name, x in found.items()}
    layers = [layer for stage in read_stages(graph) for layer in stage.layers]
    kept = [layer for layer in layers if not layer.is_removed]
    return {
        "layers": float(len(kept)),
        "kernel": _mean([layer.kernel for layer in kept]),
        "expansion": _mean([layer.expansion for layer in kept]),
    }


def count_operations(graph: CellGraph | BlockChain) -> Counter[str]:
    """Count the operations on a cell's edges, or the blocks in a chain's places."""
    if isinstance(graph, CellGraph):
        return Counter(operation for _, _, operation in graph.edges)
    return Counter(layer.block for stage in read_stages(graph) for layer in stage.layers)


def _mean(values: list[int | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else math.nan
