"""Cells as labelled graphs: what similarity and drawing work on, whatever the space."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Edge = tuple[int, int, str]


@dataclass(frozen=True)
class CellGraph:
    """A cell: an acyclic graph whose edges carry operations.

    Nodes are numbered inputs first, then intermediate nodes in topological order.

    Attributes:
        inputs: Number of input nodes (two in DARTS, one in NAS-Bench-201).
        nodes: Number of intermediate nodes.
        edges: (source, target, operation), a multiset, sorted.
        outputs: Nodes whose values make up the cell's output, sorted.
    """

    inputs: int
    nodes: int
    edges: tuple[Edge, ...]
    outputs: tuple[int, ...]

    def canonical(self) -> Self:
        """Return the same graph under the numbering whose sorted edges come first.

        Exact over all numberings of the intermediate nodes, so equal canonical forms mean equal
        cells; the inputs are not interchangeable. Meant for up to six intermediate nodes.
        """
        inner = range(self.inputs, self.inputs + self.nodes)
        fixed = tuple(range(self.inputs))
        return min(
            (self._renumbered(fixed + order) for order in itertools.permutations(inner)),
            key=lambda graph: (graph.edges, graph.outputs),
        )

    def _renumbered(self, number: tuple[int, ...]) -> Self:
        edges = sorted((number[source], number[target], op) for source, target, op in self.edges)
        outputs = tuple(sorted(number[node] for node in self.outputs))
        return type(self)(self.inputs, self.nodes, tuple(edges), outputs)

    def to_json(self) -> dict[str, Any]:
        """Return plain containers for a record."""
        return {
            "kind": "cell",
            "inputs": self.inputs,
            "nodes": self.nodes,
            "edges": [list(edge) for edge in self.edges],
            "outputs": list(self.outputs),
        }


@dataclass(frozen=True)
class BlockChain:
    """A network that is a chain of blocks, each described by what distinguishes it.

    Attributes:
        blocks: One text per block, e.g. ``mbconv k3 e6``; ``zero`` where there is none.
        stages: How many of the blocks each stage has, in turn; empty where stages mean nothing.
    """

    blocks: tuple[str, ...]
    stages: tuple[int, ...] = ()

    def canonical(self) -> Self:
        """Return the chain itself: the order of blocks means something."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Return plain containers for a record."""
        document: dict[str, Any] = {"kind": "chain", "blocks": list(self.blocks)}
        return {**document, "stages": list(self.stages)} if self.stages else document


# An architecture may be several cells: DARTS has a "normal" and a "reduce" one.
Graphs = Mapping[str, CellGraph | BlockChain]


def graph_from_json(document: Mapping[str, Any]) -> CellGraph | BlockChain:
    """Read back what ``to_json`` of either kind returned.

    Raises:
        ValueError: If an edge or an output is at a node that is not there; other exceptions if the
            document has another shape.
    """
    if document["kind"] == "chain":
        return BlockChain(tuple(document["blocks"]), tuple(document.get("stages", ())))
    edges = tuple((int(source), int(target), str(op)) for source, target, op in document["edges"])
    graph = CellGraph(document["inputs"], document["nodes"], edges, tuple(document["outputs"]))
    nodes = range(graph.inputs + graph.nodes)
    used = (*graph.outputs, *(node for edge in edges for node in edge[:2]))
    for node in used:
        if type(node) is not int or node not in nodes:
            raise ValueError(f"a cell of {len(nodes)} nodes has no node {node!r}")
    return graph
