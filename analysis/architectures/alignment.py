"""What changed from one graph to another: edges that are new, gone, or the same.

The order of a cell's intermediate nodes means nothing, so cells are compared at the numbering under
which most edges agree; among those that keep every edge pointing to a higher number, so that the
result can be drawn beside the other cell. Blocks of a chain are compared place by place.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

from analysis.architectures.chains import read_stages
from analysis.architectures.edges import ALIGNED_NODES
from harness.api import BlockChain, CellGraph
from harness.interfaces.graph import Edge

SAME, NEW, GONE = "same", "new", "gone"

Numbering = tuple[int, ...]


def number_alike(graph: CellGraph, reference: CellGraph) -> Numbering:
    """Return the numbering under which most edges agree; the cell's own among equals."""
    own, inputs = own_numbering(graph), graph.inputs
    if graph.nodes > ALIGNED_NODES:
        return own
    wanted = Counter(reference.edges)

    def agreement(numbers: Numbering) -> int:
        moved = renumber(graph, numbers).edges
        is_ordered = all(source < target for source, target, _ in moved)
        return (Counter(moved) & wanted).total() if is_ordered else -1

    orders = itertools.permutations(own[inputs:])
    return max((own[:inputs] + order for order in orders), key=agreement)


def own_numbering(graph: CellGraph) -> Numbering:
    """Return the numbering that changes nothing."""
    return tuple(range(graph.inputs + graph.nodes))


def renumber(graph: CellGraph, numbers: Numbering) -> CellGraph:
    """Return a cell whose node ``k`` is called ``numbers[k]``."""
    edges = sorted((numbers[source], numbers[target], op) for source, target, op in graph.edges)
    outputs = tuple(sorted(numbers[node] for node in graph.outputs))
    return CellGraph(graph.inputs, graph.nodes, tuple(edges), outputs)


def mark(graph: CellGraph, reference: CellGraph) -> list[tuple[Edge, str]]:
    """Return the edges of either, each with what it is in ``graph``; both as numbered."""
    return _mark(graph.edges, reference.edges)


def list_changes(
    graph: CellGraph | BlockChain, reference: CellGraph | BlockChain
) -> list[tuple[str, str]]:
    """Return each operation of either graph with what it is in the first.

    Raises:
        ValueError: If a cell is to be compared with a chain.
    """
    if isinstance(graph, CellGraph) and isinstance(reference, CellGraph):
        moved = renumber(graph, number_alike(graph, reference))
        return [(operation, state) for (_, _, operation), state in mark(moved, reference)]
    if isinstance(graph, BlockChain) and isinstance(reference, BlockChain):
        marked = _mark(_list_layers(graph), _list_layers(reference))
        return [(block, state) for (_, _, block), state in marked]
    raise ValueError("A cell cannot be compared with a chain of blocks.")


def _mark(edges: Sequence[Edge], reference: Sequence[Edge]) -> list[tuple[Edge, str]]:
    left = Counter(reference)
    marked = []
    for edge in edges:
        is_known = left[edge] > 0
        left[edge] -= is_known
        marked.append((edge, SAME if is_known else NEW))
    gone = [(edge, GONE) for edge, count in left.items() for _ in range(count)]
    return sorted(marked + gone)


def _list_layers(chain: BlockChain) -> list[Edge]:
    return [
        (number, place, layer.block)
        for number, stage in enumerate(read_stages(chain))
        for place, layer in enumerate(stage.layers)
    ]
