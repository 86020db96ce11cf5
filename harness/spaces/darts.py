"""DARTS (Liu, Simonyan and Yang, ICLR 2019): a normal and a reduction cell of four nodes each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from harness.api import (
    Architecture,
    CellGraph,
    ConfigError,
    Decision,
    Gates,
    Inventory,
    OperationKey,
    Scale,
    TaskShape,
    WeightSharingSpace,
    format_genotype,
    parse_genotype,
    show,
)
from harness.networks.image_size import count_halvings, has_large_images

if TYPE_CHECKING:
    from torch import nn

# The official order; ties are broken by it.
OPERATIONS = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
CELLS = ("normal", "reduce")
INPUTS = 2
OUTPUTS = (2, 3, 4, 5)
EDGES_PER_NODE = 2


class Darts(WeightSharingSpace):
    """Each node of a cell takes two of the states before it, each through one operation.

    An architecture chooses for each node a pair of distinct predecessors (the first node has only
    one such pair, so there is nothing to choose) and an operation other than ``none`` for each of
    the two, the lower predecessor's first. The order inside a node carries no meaning: a genotype
    is printed by predecessor, and read in any order.
    """

    def __init__(self) -> None:
        self.decisions = tuple(_list_decisions())
        edges = [(cell, source, target) for cell, target in _NODES for source in range(target)]
        self.edges = tuple(
            Decision(f"{cell}_{source}_{target}", OPERATIONS) for cell, source, target in edges
        )
        self._index = {edge: index for index, edge in enumerate(edges)}
        self.fan_in = tuple(
            tuple(self._index[cell, source, target] for source in range(target))
            for cell, target in _NODES
        )

    @override
    def build(self, architecture: Architecture, shape: TaskShape, scale: Scale) -> nn.Module:
        from harness.networks.cells.cell_network import CellNetwork

        self.require(shape, scale)
        return CellNetwork(self.graph(architecture), shape, scale)

    @override
    def supernet(self, shape: TaskShape, scale: Scale, *, channel_share: int = 1) -> nn.Module:
        from harness.networks.fused import FusedCellSupernet

        self.require_supernet(shape, scale, channel_share)
        return FusedCellSupernet(self.edges, shape, scale, channel_share=channel_share)

    @override
    def unsupported(self, shape: TaskShape, scale: Scale) -> str | None:
        return next(_list_obstacles(shape, scale), None)

    @override
    def derive(self, probabilities: Sequence[NDArray[np.float64]]) -> Architecture:
        # Without ``none``, whose share still weakens the edge; a diverged search must answer too.
        shares = [
            np.nan_to_num(np.asarray(edge, dtype=np.float64)[1:], nan=-np.inf)
            for edge in probabilities
        ]
        nodes = []
        for fan_in in self.fan_in:
            strength = np.array([shares[edge].max() for edge in fan_in])
            kept = np.argsort(-strength, kind="stable")[:2].tolist()
            nodes.append({source: int(shares[fan_in[source]].argmax()) for source in kept})
        return _encode(nodes)

    @override
    def gates_of(self, architecture: Architecture) -> Gates:
        chosen = {
            self._index[cell, source, target]: operation
            for cell, source, target, operation in _decode(architecture)
        }
        return Gates.one_hot(self.edges, [chosen.get(edge) for edge in range(len(self.edges))])

    @override
    def graph(self, architecture: Architecture) -> dict[str, CellGraph]:
        choices = list(_decode(architecture))
        return {
            name: CellGraph(
                INPUTS,
                len(OUTPUTS),
                tuple(
                    sorted(
                        (source, target, OPERATIONS[operation])
                        for cell, source, target, operation in choices
                        if cell == name
                    )
                ),
                OUTPUTS,
            )
            for name in CELLS
        }

    @override
    def inventory(self, shape: TaskShape, scale: Scale) -> Inventory:
        from harness.networks.cells.cell_inventory import list_supernet

        return list_supernet(self.edges, shape, scale)

    @override
    def layers(
        self, architecture: Architecture, shape: TaskShape, scale: Scale
    ) -> tuple[OperationKey, ...]:
        from harness.networks.cells.cell_inventory import list_network

        return list_network(self.graph(architecture), shape, scale)

    @override
    def operation(self, key: OperationKey) -> nn.Module:
        from harness.networks.cells.cell_inventory import make_alone

        return make_alone(key)

    @override
    def to_text(self, architecture: Architecture) -> str:
        return format_genotype(self.graph(architecture))

    @override
    def from_text(self, text: str) -> Architecture:
        cells = parse_genotype(text)
        for name in CELLS:
            _check_nodes(name, cells[name])
        return _encode([_read_node(name, target, cells[name]) for name, target in _NODES])


_NODES = tuple(itertools.product(CELLS, OUTPUTS))
_PAIRS = {target: list(itertools.combinations(range(target), 2)) for target in OUTPUTS}


def _list_decisions() -> Iterator[Decision]:
    for cell, target in _NODES:
        pairs = _PAIRS[target]
        if len(pairs) > 1:
            options = tuple(f"{first}-{second}" for first, second in pairs)
            yield Decision(f"{cell}_{target}_inputs", options)
        yield Decision(f"{cell}_{target}_first", OPERATIONS[1:])
        yield Decision(f"{cell}_{target}_second", OPERATIONS[1:])


def _decode(architecture: Architecture) -> Iterator[tuple[str, int, int, int]]:
    """Yield cell, source, target and operation of each edge, by node and then by source."""
    choices = iter(architecture)
    for cell, target in _NODES:
        pairs = _PAIRS[target]
        for source in pairs[next(choices) if len(pairs) > 1 else 0]:
            yield cell, source, target, 1 + next(choices)


def _encode(nodes: Sequence[Mapping[int, int]]) -> Architecture:
    """Return the architecture, given each node's two sources with an option for each."""
    choices: list[int] = []
    for (_, target), node in zip(_NODES, nodes, strict=True):
        pairs, sources = _PAIRS[target], sorted(node)
        if len(pairs) > 1:
            choices.append(pairs.index((sources[0], sources[1])))
        choices.extend(node[source] for source in sources)
    return tuple(choices)


def _list_obstacles(shape: TaskShape, scale: Scale) -> Iterator[str]:
    """Yield why there is no network for this task at this scale."""
    channels, height, width = shape.inputs
    images = f"images of {height}x{width}"
    if scale.cells < len(CELLS) + 1:
        yield (
            f"A DARTS network needs at least {len(CELLS) + 1} cells, two of them reduction "
            f"cells, not {scale.cells}."
        )
    if scale.channels < 1:
        yield f"A DARTS network needs at least 1 initial channel, not {scale.channels}."
    if scale.channels % 2 and has_large_images(shape):
        yield (
            f"A DARTS network for {images} halves its initial channels in the stem, so their "
            f"number must be even, not {scale.channels}."
        )
    if min(shape.inputs) < 1:
        yield f"There is nothing to see in {images} with {channels} channels."
    yield from _list_awkward_sides(shape, images)
    if scale.auxiliary:
        yield from _list_auxiliary_obstacles(shape, images)


def _list_awkward_sides(shape: TaskShape, images: str) -> Iterator[str]:
    halvings = count_halvings(shape)
    for side in shape.inputs[1:]:
        sizes = (side // 2**halving for halving in range(halvings))
        if odd := next((size for size in sizes if size % 2), None):
            yield (
                f"A DARTS network halves {images} {halvings} times and meets an odd side of {odd}; "
                f"both sides must be divisible by {2**halvings}."
            )


def _list_auxiliary_obstacles(shape: TaskShape, images: str) -> Iterator[str]:
    _, height, width = (side // 2 ** count_halvings(shape) for side in shape.inputs)
    # Sides that its pool, of 5 pixels and of stride 2 on large images and else 3, brings to 2.
    sides = (7, 8) if has_large_images(shape) else (8, 9, 10)
    if height not in sides or width not in sides:
        yield (
            f"DARTS' auxiliary head needs maps with sides of {sides[0]} to {sides[-1]} after the "
            f"second reduction cell, not the {height}x{width} of {images}."
        )


def _check_nodes(name: str, cell: CellGraph) -> None:
    """Refuse a cell that has not the nodes of a DARTS cell."""
    if cell.nodes != len(OUTPUTS):
        raise ConfigError(
            f"The {name} cell has {cell.nodes} nodes; a DARTS cell has {len(OUTPUTS)} nodes."
        )
    if cell.outputs != OUTPUTS:
        raise ConfigError(
            f"The {name} cell puts out the nodes {cell.outputs}; a DARTS cell puts out all of its "
            f"nodes, {OUTPUTS}."
        )


def _read_node(name: str, target: int, cell: CellGraph) -> dict[int, int]:
    """Return a node's sources with an option for each.

    Raises:
        ConfigError: If the space has no such node.
    """
    node = f"Node {target} of the {name} cell"
    edges = [(source, operation) for source, to, operation in cell.edges if to == target]
    if len(edges) != EDGES_PER_NODE:
        raise ConfigError(
            f"{node} has {len(edges)} edges; a DARTS node has {EDGES_PER_NODE} edges."
        )
    if edges[0][0] == edges[1][0]:
        raise ConfigError(
            f"{node} is fed by state {edges[0][0]} twice; a DARTS node takes two different states."
        )
    for _, operation in edges:
        if operation not in OPERATIONS[1:]:
            why = f", {_STRANGERS[operation]}" if operation in _STRANGERS else ""
            raise ConfigError(
                f"{node} has the operation {show(operation)}{why}; DARTS chooses from "
                f"{', '.join(OPERATIONS[1:])}."
            )
    return {source: OPERATIONS.index(operation) - 1 for source, operation in edges}


_STRANGERS = {
    "none": "which takes part in the search only, as a chosen edge must carry something",
    "noise": "which only the space S4 of RobustDARTS has, to see whether a search avoids it",
}
