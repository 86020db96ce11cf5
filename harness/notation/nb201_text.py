"""Reads and prints the notation of NAS-Bench-201 cells (Dong and Yang, ICLR 2020).

``|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|``: the nodes 1, 2
and 3 in turn, joined by ``+``; of each node the operations on the edges from every node before it,
as ``operation~predecessor``. Node 0 is the input and node 3 the output. Six digits say the same:
the place of each operation in the official order, edge by edge as in the text (``330034``).
"""

from __future__ import annotations

import re
from itertools import combinations

from harness.errors import ConfigError
from harness.interfaces.graph import BlockChain, CellGraph
from harness.interfaces.source import show

# The official order.
NB201_OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NB201_NODES = 3
# (source, target) in the order of the text.
NB201_EDGES = tuple(sorted(combinations(range(NB201_NODES + 1), 2), key=lambda edge: edge[::-1]))
_FORM = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"


def parse_nb201(text: str) -> CellGraph:
    """Return the cell that a text names; the edges of a node may come in any order.

    Raises:
        ConfigError: If the text is no NAS-Bench-201 cell; the message says which node is wrong.
    """
    if re.fullmatch(rf"\s*[0-{len(NB201_OPERATIONS) - 1}]{{{len(NB201_EDGES)}}}\s*", text):
        digits = zip(NB201_EDGES, text.strip(), strict=True)
        chosen = ((s, t, NB201_OPERATIONS[int(digit)]) for (s, t), digit in digits)
        return CellGraph(1, NB201_NODES, tuple(sorted(chosen)), (NB201_NODES,))
    blocks = [block.strip() for block in text.strip().split("+")]
    if len(blocks) != NB201_NODES:
        raise ConfigError(
            f"{show(text)} has {len(blocks)} nodes joined by '+'; expected {NB201_NODES}: {_FORM}."
        )
    edges = [edge for place, block in enumerate(blocks) for edge in _read_node(place + 1, block)]
    return CellGraph(1, NB201_NODES, tuple(sorted(edges)), (NB201_NODES,))


def format_nb201(cell: CellGraph | BlockChain) -> str:
    """Return the text that ``parse_nb201`` reads as ``cell``.

    Raises:
        ConfigError: If the cell is none of NAS-Bench-201; the message says why.
    """
    if not isinstance(cell, CellGraph) or (cell.inputs, cell.nodes) != (1, NB201_NODES):
        raise ConfigError(f"Expected a cell of one input and {NB201_NODES} nodes; given {cell}.")
    operations = {(source, target): operation for source, target, operation in cell.edges}
    if cell.outputs != (NB201_NODES,) or sorted(operations) != sorted(NB201_EDGES):
        raise ConfigError(
            f"The cell {cell} cannot be printed: expected one edge between any two nodes, "
            f"and the output {NB201_NODES}."
        )
    if len(cell.edges) != len(NB201_EDGES):
        raise ConfigError(f"The cell {cell} cannot be printed: it has parallel edges.")
    nodes = (
        "".join(f"|{operations[source, target]}~{source}" for source in range(target)) + "|"
        for target in range(1, NB201_NODES + 1)
    )
    return "+".join(nodes)


def _read_node(node: int, block: str) -> list[tuple[int, int, str]]:
    if len(block) < 2 or not block.startswith("|") or not block.endswith("|"):
        raise ConfigError(f"Node {node} is {show(block)}; expected it between '|': {_FORM}.")
    items = block[1:-1].split("|")
    if len(items) != node:
        raise ConfigError(
            f"Node {node} has {len(items)} edges in {show(block)}; expected {node}, one from each "
            "node before it."
        )
    found = {}
    for item in items:
        operation, source = _read_edge(node, item.strip())
        if source in found:
            raise ConfigError(
                f"Node {node} has two edges from node {source} in {show(block)}; expected one from "
                "each node before it."
            )
        found[source] = operation
    return [(source, node, operation) for source, operation in found.items()]


def _read_edge(node: int, item: str) -> tuple[str, int]:
    operation, tilde, source = item.partition("~")
    if operation not in NB201_OPERATIONS:
        raise ConfigError(
            f"Node {node} has the operation {show(operation)}; expected one of "
            f"{', '.join(NB201_OPERATIONS)}."
        )
    if not tilde or source not in map(str, range(node)):
        raise ConfigError(
            f"Node {node} has the edge {show(item)}; expected operation~predecessor, a predecessor "
            f"from 0 to {node - 1}."
        )
    return operation, int(source)
