"""NAS-Bench-201 (Dong and Yang, ICLR 2020): one cell of four nodes, an operation on every edge."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from typing_extensions import override

from harness.api import (
    NB201_EDGES,
    NB201_NODES,
    NB201_OPERATIONS,
    Architecture,
    CellGraph,
    Decision,
    Inventory,
    OperationKey,
    Scale,
    TaskShape,
    WeightSharingSpace,
    format_nb201,
    parse_nb201,
)

if TYPE_CHECKING:
    from torch import nn


class Nb201(WeightSharingSpace):
    """Each of the six edges between four nodes carries one of five operations, ``none`` included.

    Node 0 is the cell's input, node 3 its output, and a node is the sum of its incoming edges. An
    architecture's choices stand in the order of its text: edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3.

    The channels of a scale are C, its cells are N, the cells of each of the three stages: the
    published networks have C = 16 and N = 5. 341 of the 15,625 cells do not connect input and
    output; they can be built, and their networks see nothing.
    """

    has_drop_path = False
    has_auxiliary_head = False

    def __init__(self) -> None:
        self.decisions = tuple(
            Decision(f"edge_{source}_{target}", NB201_OPERATIONS) for source, target in NB201_EDGES
        )
        self.fan_in = tuple(
            tuple(index for index, (_, target) in enumerate(NB201_EDGES) if target == node)
            for node in range(1, NB201_NODES + 1)
        )

    @override
    def build(self, architecture: Architecture, shape: TaskShape, scale: Scale) -> nn.Module:
        from harness.networks.nb201.nb201_network import Network

        self.require(shape, scale)
        return Network(_list_edges(architecture), shape, scale)

    @override
    def supernet(self, shape: TaskShape, scale: Scale, *, channel_share: int = 1) -> nn.Module:
        from harness.networks.nb201.nb201_network import Supernet

        self.require_supernet(shape, scale, channel_share)
        return Supernet(self.edges, shape, scale, channel_share=channel_share)

    @override
    def unsupported(self, shape: TaskShape, scale: Scale) -> str | None:
        return next(_list_obstacles(shape, scale), None)

    @override
    def graph(self, architecture: Architecture) -> dict[str, CellGraph]:
        edges = tuple(sorted(_list_edges(architecture)))
        return {"cell": CellGraph(1, NB201_NODES, edges, (NB201_NODES,))}

    @override
    def inventory(self, shape: TaskShape, scale: Scale) -> Inventory:
        from harness.networks.nb201.nb201_inventory import list_supernet

        return list_supernet(self.edges, shape, scale)

    @override
    def layers(
        self, architecture: Architecture, shape: TaskShape, scale: Scale
    ) -> tuple[OperationKey, ...]:
        from harness.networks.nb201.nb201_inventory import list_network

        operations = [operation for _, _, operation in _list_edges(architecture)]
        return list_network(operations, shape, scale)

    @override
    def operation(self, key: OperationKey) -> nn.Module:
        from harness.networks.nb201.nb201_inventory import make_alone

        return make_alone(key)

    @override
    def to_text(self, architecture: Architecture) -> str:
        return _to_text(architecture)

    @override
    def from_text(self, text: str) -> Architecture:
        return _from_text(text)


def _list_edges(architecture: Architecture) -> list[tuple[int, int, str]]:
    """Return source, target and operation of each edge, in the order of the text."""
    return [
        (source, target, NB201_OPERATIONS[choice])
        for (source, target), choice in zip(NB201_EDGES, architecture, strict=True)
    ]


# A table of results is searched thousands of times a second.
@functools.cache
def _to_text(architecture: Architecture) -> str:
    edges = tuple(sorted(_list_edges(architecture)))
    return format_nb201(CellGraph(1, NB201_NODES, edges, (NB201_NODES,)))


@functools.lru_cache(maxsize=15_625)
def _from_text(text: str) -> Architecture:
    cell = parse_nb201(text)
    chosen = {(source, target): operation for source, target, operation in cell.edges}
    return tuple(NB201_OPERATIONS.index(chosen[edge]) for edge in NB201_EDGES)


def _list_obstacles(shape: TaskShape, scale: Scale) -> Iterator[str]:
    """Yield why there is no network for this task at this scale."""
    channels, height, width = shape.inputs
    if min(shape.inputs) < 1 or height % 4 or width % 4:
        yield (
            f"A NAS-Bench-201 network halves its images twice, so both sides must be divisible by "
            f"4, not {height}x{width} with {channels} channels."
        )
    if scale.channels < 1 or scale.cells < 1:
        yield (
            "A NAS-Bench-201 network has at least 1 initial channel and 1 cell in each stage, not "
            f"{scale.channels} and {scale.cells}."
        )
    if scale.auxiliary:
        yield "A NAS-Bench-201 network has no auxiliary head."
