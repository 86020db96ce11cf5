"""Where the parts of a drawn cell go, so that no line runs through a node or an operation.

Columns are longest-path levels. Each intermediate node has a row to itself, with its incoming
operations as pills left of it. A line changes its height only in the gap right of its source's
column; from there it runs along the row of its target. Lengths are in inches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.architectures.alignment import mark, number_alike, own_numbering, renumber
from harness.api import CellGraph
from harness.interfaces.graph import Edge

NODE = 0.125
PILL_WIDTH, PILL_HEIGHT = 0.76, 0.24
GAP, LINK = 0.30, 0.07
INPUT_WIDTH, OUTPUT_WIDTH = 0.54, 0.40
ROW_SPACE, PILL_SPACE = 0.17, 0.06

# The state of an edge that is compared with nothing.
PLAIN = "plain"

Point = tuple[float, float]


@dataclass(frozen=True)
class Pill:
    """An operation on its way from one node to another.

    Attributes:
        edge: Source, target and operation, in the numbering of the layout.
        state: ``plain``; in a difference ``same``, ``new`` or ``gone``.
        centre: Of the pill.
    """

    edge: Edge
    state: str
    centre: Point


@dataclass(frozen=True)
class MarkedCell:
    """What is drawn of a cell.

    Attributes:
        inputs: How many of the nodes are inputs.
        labels: What stands in each node: its number in the architecture's own text.
        edges: Of the cell, and those that are gone, each with its state.
        outputs: Nodes that make up the output.
    """

    inputs: int
    labels: Mapping[int, str]
    edges: tuple[tuple[Edge, str], ...]
    outputs: tuple[int, ...]


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
    labels: Mapping[int, str]
    inputs: int
    pills: tuple[Pill, ...]
    outputs: tuple[int, ...]
    output: Point
    width: float
    height: float

    def moved(self, right: float, up: float) -> CellLayout:
        """Return the same layout with its origin elsewhere."""

        def move(point: Point) -> Point:
            return point[0] + right, point[1] + up

        return replace(
            self,
            nodes={node: move(point) for node, point in self.nodes.items()},
            pills=tuple(replace(pill, centre=move(pill.centre)) for pill in self.pills),
            output=move(self.output),
        )


def mark_cell(
    graph: CellGraph, before: CellGraph | None = None, *, is_difference: bool = True
) -> MarkedCell:
    """Return a cell numbered like ``before``; with what is new and gone, or as it is."""
    numbers = number_alike(graph, before) if before else own_numbering(graph)
    moved = renumber(graph, numbers)
    last = graph.inputs + graph.nodes
    edges = [(edge, PLAIN) for edge in moved.edges]
    if before and is_difference:
        edges = [(edge, state) for edge, state in mark(moved, before) if max(edge[:2]) < last]
    own = {new: str(old) for old, new in enumerate(numbers)}
    labels = own | dict(enumerate(input_names(graph.inputs)))
    return MarkedCell(graph.inputs, labels, tuple(edges), moved.outputs)


def input_names(inputs: int) -> list[str]:
    """Return what stands in a cell's inputs."""
    return ["c(k-2)", "c(k-1)"] if inputs == 2 else ["in"] * inputs


def lay_out(cell: MarkedCell) -> CellLayout:
    """Place what is drawn of a cell."""
    levels = _levels(cell)
    incoming = {
        node: [(edge, state) for edge, state in cell.edges if edge[1] == node]
        for node in sorted(cell.labels)[cell.inputs :]
    }
    rows, height = _rows(incoming)
    pitch = GAP + PILL_WIDTH + LINK + 2 * NODE
    columns = {node: INPUT_WIDTH - NODE + level * pitch for node, level in levels.items()}
    nodes = {node: (columns[node], rows[node]) for node in incoming}
    for place in range(cell.inputs):
        nodes[place] = (INPUT_WIDTH / 2, height * (1 - (place + 1) / (cell.inputs + 1)))
    right = max(columns.values()) + NODE + GAP + OUTPUT_WIDTH
    return CellLayout(
        nodes=nodes,
        labels=cell.labels,
        inputs=cell.inputs,
        pills=tuple(_pills(incoming, nodes)),
        outputs=cell.outputs,
        output=(right - OUTPUT_WIDTH / 2, height / 2),
        width=right,
        height=height,
    )


def _levels(cell: MarkedCell) -> dict[int, int]:
    levels = dict.fromkeys(range(cell.inputs), 0)
    for node in sorted(cell.labels)[cell.inputs :]:
        before = [levels[source] for (source, target, _), _ in cell.edges if target == node]
        levels[node] = 1 + max(before, default=0)
    return levels


def _rows(incoming: Mapping[int, Sequence[tuple[Edge, str]]]) -> tuple[dict[int, float], float]:
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


def _pills(
    incoming: Mapping[int, Sequence[tuple[Edge, str]]], nodes: Mapping[int, Point]
) -> Iterator[Pill]:
    for node, edges in incoming.items():
        x, y = nodes[node]
        for place, (edge, state) in enumerate(edges):
            rise = ((len(edges) - 1) / 2 - place) * (PILL_HEIGHT + PILL_SPACE)
            yield Pill(edge, state, (x - NODE - LINK - PILL_WIDTH / 2, y + rise))
