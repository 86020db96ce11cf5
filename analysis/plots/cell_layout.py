"""Where the parts of a drawn cell go, so that no line runs through a node or an operation.

Columns are longest-path levels. Each intermediate node has a row to itself, with its incoming
operations as pills left of it. A line changes its height only in the gap right of its source's
column; from there it runs along the row of its target. Lengths are in inches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.similarity.alignment import SAME, mark, number_alike, own_numbering, renumber
from harness.api import CellGraph
from harness.interfaces.graph import Edge

NODE = 0.125
PILL_WIDTH, PILL_HEIGHT = 0.67, 0.24
GAP, LINK = 0.30, 0.07
INPUT_WIDTH, OUTPUT_WIDTH = 0.54, 0.40
ROW_SPACE, PILL_SPACE = 0.17, 0.06

Point = tuple[float, float]


@dataclass(frozen=True)
class Pill:
    """An operation on its way from one node to another.

    Attributes:
        edge: Source, target and operation, in the numbering of the layout.
        state: ``same``, ``new`` or ``gone``, against the cell compared with.
        centre: Of the pill.
    """

    edge: Edge
    state: str
    centre: Point


@dataclass(frozen=True)
class CellLayout:
    """A cell ready to be drawn.

    Attributes:
        nodes: Centre of each node.
        labels: What stands in each node: its number in the architecture's own text.
        inputs: How many of the nodes are inputs.
        pills: Of every edge.
        outputs: Nodes that make up the output.
        output: Centre of the output.
        width: Of the whole.
        height: Of the whole; the origin is at the lower left.
    """

    nodes: dict[int, Point]
    labels: dict[int, str]
    inputs: int
    pills: tuple[Pill, ...]
    outputs: tuple[int, ...]
    output: Point
    width: float
    height: float


def lay_out(graph: CellGraph, reference: CellGraph | None = None) -> CellLayout:
    """Place a cell; edges that ``reference`` has and it lacks are placed as ``gone``."""
    numbers = number_alike(graph, reference) if reference else own_numbering(graph)
    graph = renumber(graph, numbers)
    edges = _marked(graph, reference)
    levels = _levels(graph, [edge for edge, _ in edges])
    incoming = {
        node: [(edge, state) for edge, state in edges if edge[1] == node]
        for node in range(graph.inputs, graph.inputs + graph.nodes)
    }
    rows, height = _rows(incoming)
    pitch = GAP + PILL_WIDTH + LINK + 2 * NODE
    columns = {node: INPUT_WIDTH - NODE + level * pitch for node, level in levels.items()}
    nodes = {node: (columns[node], rows[node]) for node in incoming}
    for place in range(graph.inputs):
        nodes[place] = (INPUT_WIDTH / 2, height * (1 - (place + 1) / (graph.inputs + 1)))
    right = max(columns.values()) + NODE + GAP + OUTPUT_WIDTH
    return CellLayout(
        nodes=nodes,
        labels=_labels(graph.inputs, numbers),
        inputs=graph.inputs,
        pills=tuple(_pills(incoming, nodes)),
        outputs=graph.outputs,
        output=(right - OUTPUT_WIDTH / 2, height / 2),
        width=right,
        height=height,
    )


def _marked(graph: CellGraph, reference: CellGraph | None) -> list[tuple[Edge, str]]:
    """Return all edges to draw, each with what it is against the reference."""
    if reference is None:
        return [(edge, SAME) for edge in graph.edges]
    last = graph.inputs + graph.nodes
    return [(edge, state) for edge, state in mark(graph, reference) if max(edge[:2]) < last]


def _levels(graph: CellGraph, edges: list[Edge]) -> dict[int, int]:
    levels = dict.fromkeys(range(graph.inputs), 0)
    for node in range(graph.inputs, graph.inputs + graph.nodes):
        before = [levels[source] for source, target, _ in edges if target == node]
        levels[node] = 1 + max(before, default=0)
    return levels


def _rows(incoming: dict[int, list[tuple[Edge, str]]]) -> tuple[dict[int, float], float]:
    """Return the height of each node, the first on top, and the whole height."""
    tall = {
        node: max(1, len(edges)) * (PILL_HEIGHT + PILL_SPACE) + ROW_SPACE
        for node, edges in incoming.items()
    }
    height = sum(tall.values())
    rows, top = {}, height
    for node, size in tall.items():
        rows[node] = top - size / 2
        top -= size
    return rows, height


def _pills(incoming: dict[int, list[tuple[Edge, str]]], nodes: dict[int, Point]) -> Iterator[Pill]:
    for node, edges in incoming.items():
        x, y = nodes[node]
        for place, (edge, state) in enumerate(edges):
            rise = ((len(edges) - 1) / 2 - place) * (PILL_HEIGHT + PILL_SPACE)
            yield Pill(edge, state, (x - NODE - LINK - PILL_WIDTH / 2, y + rise))


def _labels(inputs: int, numbers: tuple[int, ...]) -> dict[int, str]:
    names = ["c(k-2)", "c(k-1)"] if inputs == 2 else ["in"] * inputs
    own = {new: str(old) for old, new in enumerate(numbers)}
    return {**own, **dict(enumerate(names))}
