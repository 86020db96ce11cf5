"""Which edges two cells share under the numbering of nodes that suits them best.

The order of a cell's intermediate nodes means nothing, so values are the best over all numberings:
exact, not a heuristic. All pairs are compared at once. An edge is a place in a vector
of zeros and ones (its k-th copy another place), the edges that two cells share are the product of
their vectors, and a numbering moves the ones of one cell to other places.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.api import CellGraph

Matrix = NDArray[np.float64]
Integers = NDArray[np.int64]

# All numberings of more nodes than this are too many to try.
ALIGNED_NODES = 6


def compare(first: Sequence[CellGraph], second: Sequence[CellGraph]) -> dict[str, Matrix]:
    """Compare the edges of all pairs, each result an array (len(first), len(second)).

    ``edge_jaccard_aligned``, ``wiring_jaccard_aligned``: edges in common over edges of either, as
    multisets; with and without their operations. ``edit_distance_aligned``: edges to replace,
    insert or delete. Outputs correspond to outputs as far as there are. NaN for cells of more than
    six intermediate nodes.

    Raises:
        ValueError: If the cells differ in their number of inputs.
    """
    codes = _encode([*first, *second])
    left, right = codes.part(0, len(first)), codes.part(len(first), len(codes.sizes))
    sizes = left.sizes[:, None] + right.sizes[None, :]
    if codes.nodes - codes.inputs > ALIGNED_NODES:
        unknown = np.full(sizes.shape, np.nan)
        best = _Agreement(unknown, unknown, unknown)
    else:
        best = _agree(left, right, _numberings(codes.inputs, codes.nodes))
    return {
        "edge_jaccard_aligned": _jaccard(best.edges, sizes),
        "wiring_jaccard_aligned": _jaccard(best.wiring, sizes),
        "edit_distance_aligned": sizes - best.both,
    }


@dataclass(frozen=True)
class _Codes:
    """Cells as flat arrays, one entry per edge (E) or per cell (N).

    Attributes:
        inputs: Of every cell.
        nodes: Of the largest cell, inputs included; smaller ones are padded.
        operations: Number of distinct operations.
        copies: The most equal edges that a cell has, with and without operation.
        row: (E,) the cell of each edge.
        edge: (E, 5) source, target, operation, which copy of the edge, which copy of the wire.
        outputs: (N, nodes) one where a node is an output.
        sizes: (N,) number of edges.
    """

    inputs: int
    nodes: int
    operations: int
    copies: tuple[int, int]
    row: Integers
    edge: Integers
    outputs: NDArray[np.float32]
    sizes: Matrix

    def part(self, start: int, stop: int) -> _Codes:
        """Return some of the cells, coded alike."""
        kept = (self.row >= start) & (self.row < stop)
        return replace(
            self,
            row=self.row[kept] - start,
            edge=self.edge[kept],
            outputs=self.outputs[start:stop],
            sizes=self.sizes[start:stop],
        )

    def vectors(self, numbering: Sequence[int]) -> tuple[NDArray[np.float32], ...]:
        """Return edges, wires and outputs as zeros and ones under a numbering of the nodes."""
        number = np.asarray(numbering)
        wire = number[self.edge[:, 0]] * self.nodes + number[self.edge[:, 1]]
        edge = wire * self.operations + self.edge[:, 2]
        places = self.nodes**2 * np.array([self.operations, 1]) * self.copies
        edges, wires = (np.zeros((len(self.sizes), width), np.float32) for width in places)
        edges[self.row, edge * self.copies[0] + self.edge[:, 3]] = 1
        wires[self.row, wire * self.copies[1] + self.edge[:, 4]] = 1
        outputs = np.zeros_like(self.outputs)
        outputs[:, number] = self.outputs
        return edges, wires, outputs


@dataclass(frozen=True)
class _Agreement:
    """The most that pairs have in common: edges, wires, and the sum of the two."""

    edges: Matrix
    wiring: Matrix
    both: Matrix


def _encode(cells: Sequence[CellGraph]) -> _Codes:
    inputs = cells[0].inputs
    if any(cell.inputs != inputs for cell in cells):
        raise ValueError("Cells of different numbers of inputs cannot be compared.")
    nodes = max(cell.inputs + cell.nodes for cell in cells)
    names = sorted({op for cell in cells for _, _, op in cell.edges})
    number = {name: place for place, name in enumerate(names)}
    rows, entries = [], []
    for place, cell in enumerate(cells):
        copies = zip(_copies(cell.edges), _copies(edge[:2] for edge in cell.edges), strict=True)
        for (source, target, operation), (copy, wire) in zip(cell.edges, copies, strict=True):
            rows.append(place)
            entries.append((source, target, number[operation], copy, wire))
    edge = np.array(entries, dtype=np.int64).reshape(-1, 5)
    outputs = np.zeros((len(cells), nodes), np.float32)
    for place, cell in enumerate(cells):
        outputs[place, list(cell.outputs)] = 1
    most = edge[:, 3:].max(axis=0, initial=0) + 1
    sizes = np.array([len(cell.edges) for cell in cells], dtype=float)
    row = np.array(rows, dtype=np.int64)
    copies_of = (int(most[0]), int(most[1]))
    return _Codes(
        inputs=inputs,
        nodes=nodes,
        operations=max(1, len(names)),
        copies=copies_of,
        row=row,
        edge=edge,
        outputs=outputs,
        sizes=sizes,
    )


def _copies(items: Iterable[Hashable]) -> list[int]:
    """Return how many equal items stand before each."""
    seen: Counter[Hashable] = Counter()
    found = []
    for item in items:
        found.append(seen[item])
        seen[item] += 1
    return found


def _numberings(inputs: int, nodes: int) -> list[tuple[int, ...]]:
    fixed = tuple(range(inputs))
    return [fixed + order for order in itertools.permutations(range(inputs, nodes))]


def _agree(left: _Codes, right: _Codes, numberings: Sequence[Sequence[int]]) -> _Agreement:
    """Return the best over numberings of the left cells, outputs on outputs first."""
    edges, wires, outputs = right.vectors(range(right.nodes))
    # Above what edges and wires together can reach, so that the outputs decide first.
    weight = np.float32(1 + 2 * max(left.sizes.max(initial=0), right.sizes.max(initial=0)))
    targets = edges.T.copy(), wires.T.copy(), weight * outputs.T
    best = [np.zeros((len(left.sizes), len(right.sizes)), np.float32) for _ in range(3)]
    for numbering in numberings:
        shared, wired, matched = (
            vector @ target for vector, target in zip(left.vectors(numbering), targets, strict=True)
        )
        for kept, found in zip(best, (shared, wired, shared + wired), strict=True):
            np.maximum(kept, found + matched, out=kept)
    return _Agreement(*(np.mod(kept, weight).astype(float) for kept in best))


def _jaccard(common: Matrix, sizes: Matrix) -> Matrix:
    """Return the share of common items; two empty sets are equal."""
    union = sizes - common
    is_empty = union == 0
    return np.where(is_empty, 1.0, common / np.where(is_empty, 1.0, union))
