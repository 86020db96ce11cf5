"""The super-network of DARTS cells, one module for each edge and operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from typing_extensions import override

from harness.api import Decision, Gates, Scale, TaskShape
from harness.networks.cells.cells import CellPlace, make_preprocessing, make_stems, plan_cells
from harness.networks.mixed import MixedOperation
from harness.networks.operations import make_operation, zeros_after

CellFunction = Callable[[Tensor, Tensor, Gates], Tensor]


class CellSupernet(nn.Module):
    """All cells of a space at once, called as ``supernet(images, gates)``.

    Normal cells share the first half of the gates, reduction cells the second half. Batch
    normalisation inside cells has no parameters of its own, so that a gate's weight cannot be
    undone by the layer after it.

    Args:
        edges: The normal cell's edges, then the reduction cell's; in each the edges are listed
            node by node, and node i has one from each of the 2 + i states before it.
        shape: Of the task.
        scale: Channels and cells; a super-network has no auxiliary head.
        channel_share: PC-DARTS' K; divides the channels.
    """

    def __init__(
        self, edges: Sequence[Decision], shape: TaskShape, scale: Scale, *, channel_share: int = 1
    ) -> None:
        super().__init__()
        self.edges_per_cell = len(edges) // 2
        normal, reduction = edges[: self.edges_per_cell], edges[self.edges_per_cell :]
        nodes = len(list_sources(self.edges_per_cell))
        places, channels = plan_cells(shape, scale, nodes, nodes)
        self.stem, self.second_stem = make_stems(shape, scale.channels)
        self.cells = nn.ModuleList(
            MixedCell(reduction if place.is_reduction else normal, place, channel_share)
            for place in places
        )
        self.is_reduction = tuple(place.is_reduction for place in places)
        self.classifier = nn.Linear(channels, shape.classes)

    @override
    def forward(self, images: Tensor, gates: Gates) -> Tensor:
        normal = take_gates(gates, slice(self.edges_per_cell))
        reduction = take_gates(gates, slice(self.edges_per_cell, None))
        first = self.stem(images)
        second = self.second_stem(first)
        cells = self.choose_cells(gates, first)
        for cell, is_reduction in zip(cells, self.is_reduction, strict=True):
            first, second = second, cell(first, second, reduction if is_reduction else normal)
        logits: Tensor = self.classifier(second.mean(dim=(2, 3)))
        return logits

    def choose_cells(self, gates: Gates, stem: Tensor) -> Iterable[CellFunction]:
        """Return what computes each cell of ``stem``: the plain implementation, the cells."""
        return self.cells


class MixedCell(nn.Module):
    """One cell of a super-network: every node sums gated edges from all states before it."""

    def __init__(self, edges: Sequence[Decision], place: CellPlace, channel_share: int) -> None:
        super().__init__()
        self.sources = list_sources(len(edges))
        self.stride = 2 if place.is_reduction else 1
        self.preprocessing = make_preprocessing(place, affine=False)
        self.edges = nn.ModuleList()
        for source, edge in zip(
            (source for sources in self.sources for source in sources), edges, strict=True
        ):
            stride = self.stride if source < 2 else 1
            width = place.channels // channel_share
            operations = (
                make_operation(name, width, stride, affine=False, normalise_pools=True)
                for name in edge.options
            )
            self.edges.append(MixedOperation(operations, stride, channel_share=channel_share))

    @override
    def forward(self, first: Tensor, second: Tensor, gates: Gates) -> Tensor:
        states = [self.preprocessing[0](first), self.preprocessing[1](second)]
        edges = enumerate(cast("Iterable[MixedOperation]", self.edges))
        for sources in self.sources:
            total: Tensor | None = None
            for source in sources:
                index, edge = next(edges)
                active = None if gates.active is None else gates.active[index]
                probed = gates.probed[index] if gates.probed else ()
                if edge.is_idle(active, probed):
                    continue
                term = edge(states[source], gates.weights[index], active, probed, gates.probe)
                total = term if total is None else total + term
            states.append(zeros_after(states[0], self.stride) if total is None else total)
        return torch.cat(states[2:], dim=1)


def take_gates(gates: Gates, part: slice) -> Gates:
    """Return the gates of some of the edges."""
    active = None if gates.active is None else gates.active[part]
    return Gates(gates.weights[part], active, gates.probed[part], gates.probe)


def list_sources(edges: int) -> list[range]:
    """Return each node's predecessors in a cell of that many edges: two inputs and every node."""
    sources: list[range] = []
    while edges > 0:
        sources.append(range(2 + len(sources)))
        edges -= len(sources[-1])
    return sources
