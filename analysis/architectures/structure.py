"""How one cell is wired: depth, width, paths, receptive field, and kinds of operations.

A path leads from an input to one of the nodes that make up the output. An edge whose operation is
``none`` carries nothing, so no path takes it and no node counts it as an input. No value depends on
how the intermediate nodes are numbered.

Depth and width are those of Shu, Wang and Cai (ICLR 2020).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from typing import Any

from harness.api import CellGraph

NONE, SKIP, NOISE = "none", "skip_connect", "noise"

# Side of the square of its input that one output pixel of an operation sees, at stride 1. A
# separable convolution applies its depthwise kernel twice; a dilated one has dilation 2.
EXTENTS: Mapping[str, int] = {
    SKIP: 1,
    NOISE: 1,
    "avg_pool_3x3": 3,
    "max_pool_3x3": 3,
    "sep_conv_3x3": 5,
    "sep_conv_5x5": 9,
    "sep_conv_7x7": 13,
    "dil_conv_3x3": 5,
    "dil_conv_5x5": 9,
    "conv_7x1_1x7": 7,
    "nor_conv_1x1": 1,
    "nor_conv_3x3": 3,
}

# An input's number and the operations on the way.
Route = tuple[int, tuple[str, ...]]


@dataclass(frozen=True)
class CellStructure:
    """What is known of a cell by its graph alone.

    Attributes:
        depth: Connections on the longest path, that into a concatenation included; None if no
            path leads to the output.
        width: Sum over intermediate nodes of the share of their inputs that are inputs of the
            cell, in units of the cell's channels.
        skip_ratio: Share of ``skip_connect`` among the edges.
        parameter_free_ratio: Share of skips, pools and noise; by name, though a skip of stride 2
            has weights.
        none_ratio: Share of ``none``.
        paths: Number of paths.
        distinct_paths: The same, paths of one input with equal operations counted once.
        receptive_field: Side in pixels of what the output sees of an input; None if there is no
            path or an operation of unknown extent on one.
    """

    depth: int | None
    width: float
    skip_ratio: float
    parameter_free_ratio: float
    none_ratio: float
    paths: int
    distinct_paths: int
    receptive_field: int | None

    def to_json(self) -> dict[str, Any]:
        """Return plain containers."""
        return asdict(self)


def measure(cell: CellGraph, *, input_stride: int = 1) -> CellStructure:
    """Return every measure of one cell.

    Args:
        cell: Its graph.
        input_stride: Of the operations at the cell's inputs; 2 in a reduction cell.
    """
    routes = list_routes(cell)
    return CellStructure(
        depth=depth(cell),
        width=width(cell),
        skip_ratio=skip_ratio(cell),
        parameter_free_ratio=_share(cell, is_parameter_free),
        none_ratio=_share(cell, lambda operation: operation == NONE),
        paths=routes.total(),
        distinct_paths=len(routes),
        receptive_field=receptive_field(cell, input_stride=input_stride),
    )


def list_routes(cell: CellGraph) -> Counter[Route]:
    """Count the paths of a cell by their input and the operations along them.

    Parallel edges are different paths, and so are paths to different output nodes.
    """
    incoming = _incoming(cell)
    order = TopologicalSorter(
        {node: [source for source, _ in edges] for node, edges in incoming.items()}
    )
    reaching: dict[int, Counter[Route]] = {}
    for node in order.static_order():
        here: Counter[Route] = Counter([(node, ())] if node < cell.inputs else [])
        for source, operation in incoming[node]:
            for (start, operations), number in reaching[source].items():
                here[start, (*operations, operation)] += number
        reaching[node] = here
    return sum((reaching[node] for node in cell.outputs), Counter[Route]())


def depth(cell: CellGraph) -> int | None:
    """Return the number of connections on the longest path, or None if there is no path.

    The connection into the concatenation is one of them; a cell whose output is a single node, as
    in NAS-Bench-201, has none.
    """
    lengths = [len(operations) for _, operations in list_routes(cell)]
    return max(lengths) + (len(cell.outputs) > 1) if lengths else None


def width(cell: CellGraph) -> float:
    """Return the total width of the nodes next to the inputs, in units of the cell's channels.

    A node that takes only some of its inputs from the cell's inputs counts by that share.
    """
    shares = (
        sum(source < cell.inputs for source, _ in edges) / len(edges)
        for node, edges in _incoming(cell).items()
        if node >= cell.inputs and edges
    )
    return float(sum(shares))


def receptive_field(cell: CellGraph, *, input_stride: int = 1) -> int | None:
    """Return the side of what one output pixel sees of an input: the largest over all paths.

    Args:
        cell: Its graph.
        input_stride: Of the operations at the cell's inputs; everything after them then sees
            pixels that lie so far apart.
    """
    routes = list_routes(cell)
    if not routes or any(name not in EXTENTS for _, names in routes for name in names):
        return None
    return max(_extent(operations, input_stride) for _, operations in routes)


def skip_ratio(cell: CellGraph) -> float:
    """Return the share of ``skip_connect`` among the edges."""
    return _share(cell, lambda operation: operation == SKIP)


def is_parameter_free(operation: str) -> bool:
    """Tell whether an operation is a skip, a pool or noise; ``none`` is no operation."""
    return operation in (SKIP, NOISE) or "_pool_" in operation


def _extent(operations: tuple[str, ...], input_stride: int) -> int:
    growth = [EXTENTS[operation] - 1 for operation in operations]
    return 1 + sum(growth[:1]) + input_stride * sum(growth[1:])


def _share(cell: CellGraph, is_counted: Callable[[str], bool]) -> float:
    counted = [is_counted(operation) for _, _, operation in cell.edges]
    return sum(counted) / len(counted) if counted else 0.0


def _incoming(cell: CellGraph) -> dict[int, list[tuple[int, str]]]:
    """Return source and operation of the edges into each node, ``none`` left out."""
    incoming: dict[int, list[tuple[int, str]]] = {
        node: [] for node in range(cell.inputs + cell.nodes)
    }
    for source, target, operation in cell.edges:
        if operation != NONE:
            incoming[target].append((source, operation))
    return incoming
