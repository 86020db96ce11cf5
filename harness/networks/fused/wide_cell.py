"""A mixed cell in wide and few kernels, the way a GPU does it fastest.

As in ``fused_cell`` all edges that leave a state run together. Here every layer is the library's
own kernel over the channels of all of them, and a gate is the weight of its operation's last batch
normalisation. Nothing is computed twice, so it keeps more than the fused implementation, and it can
be differentiated as often as the plain one. While a graph is captured, what does not wait for each
other runs side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d
from typing_extensions import override

from harness.api import Gates
from harness.networks.cells.cell_supernet import MixedCell
from harness.networks.fused.batch_statistics import BatchStatistics
from harness.networks.fused.fused_cell import INPUTS, FusedCell
from harness.networks.fused.fused_edges import (
    Bundle,
    Scalars,
    SeparableBundle,
    SharedBundle,
    Slot,
    Terms,
    normalise,
    part,
    select,
)
from harness.networks.fused.side_by_side import run_side_by_side
from harness.networks.operations import EvenConvolution


class WideCell(FusedCell):
    """Computes what a cell does under dense gates, with the cell's own modules.

    Args:
        cell: Without partial channels.
    """

    def __init__(self, cell: MixedCell) -> None:
        super().__init__(cell)
        self._separable = [
            [WideSeparable(b.rows) for b in bundles if isinstance(b, SeparableBundle)]
            for bundles in self._bundles
        ]
        self._others = [
            [_widen(b) for b in bundles if not isinstance(b, SeparableBundle)]
            for bundles in self._bundles
        ]
        inner = range(INPUTS, len(self._slots))
        self._rounds = [range(INPUTS), *(range(source, source + 1) for source in inner)]

    @override
    def __call__(self, first: Tensor, second: Tensor, gates: Gates) -> Tensor:
        tracks = any(norm.track_running_stats for norm in self.norms)
        statistics = BatchStatistics(is_tracking=tracks)
        pairs = zip(self.cell.preprocessing, (first, second), strict=True)
        states = [module(inputs) for module, inputs in pairs]
        scalars = [weights.to(states[0].dtype).unbind() for weights in gates.weights]
        terms: list[list[Tensor]] = [[] for _ in self.cell.sources]
        for sources in self._rounds:
            states += [
                self._add_up(terms[source - INPUTS], states[0])
                for source in sources
                if source >= INPUTS
            ]
            for node, term in self._run(sources, states, scalars, statistics):
                terms[node].append(term)
        statistics.update()
        return torch.cat(states[INPUTS:], dim=1)

    def _run(
        self,
        sources: range,
        states: Sequence[Tensor],
        scalars: Scalars,
        statistics: BatchStatistics,
    ) -> Terms:
        """Return what all edges that leave some states give to their nodes."""
        separable = [(each, states[s]) for s in sources for each in self._separable[s]]
        inputs = [bundle.expand(state) for bundle, state in separable]
        rows = [
            partial(bundle.run, row, wide, scalars, statistics)
            for (bundle, _), wide in zip(separable, inputs, strict=True)
            for row in range(bundle.count)
        ]
        others = [
            partial(bundle.run, states[s], scalars, statistics)
            for s in sources
            for bundle in self._others[s]
        ]
        outputs, terms = run_side_by_side(rows, others, inputs)
        for bundle, _ in separable:
            own = [outputs.pop(0) for _ in range(bundle.count)]
            terms.append(bundle.part(self._add_up(own, own[0])))
        return [pair for found in terms for pair in found]


class WideSeparable:
    """Separable and dilated convolutions that the same E edges offer.

    Args:
        rows: For each operation its slots, in one order of edges.

    Attributes:
        count: How many operations.
    """

    def __init__(self, rows: Sequence[Sequence[Slot]]) -> None:
        self.count = len(rows)
        self._rows = rows
        self._columns = [
            list(zip(*(cast("nn.Sequential", slot.operation) for slot in slots), strict=True))
            for slots in rows
        ]  # ReLU, depthwise, pointwise, norm, ...

    def expand(self, state: Tensor) -> Tensor:
        """Return the positive part of a state, once for every edge."""
        return state.relu().repeat(1, len(self._rows[0]), 1, 1)

    def run(self, row: int, wide: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Tensor:
        """Return one operation's gated outputs, shape (N, E * C, height, width).

        Args:
            row: Which operation.
            wide: What ``expand`` returned.
            scalars: The gates.
            statistics: Notes those of every layer.
        """
        slots, columns = self._rows[row], self._columns[row]
        for index in range(1, len(columns), 4):
            depthwise, pointwise, norms = columns[index : index + 3]
            if index > 1:
                wide = wide.relu_()
            wide = _mix_channels(_filter(wide, depthwise), pointwise)
            gain: Tensor | None = None
            if index == len(columns) - 3:
                channels = wide.shape[1] // len(slots)
                gain = select(slots, scalars).repeat_interleave(channels)
            wide = normalise(wide, cast("Sequence[nn.BatchNorm2d]", norms), statistics, gain)
        return wide

    def part(self, wide: Tensor) -> Terms:
        """Return what each node gets of the sum of the operations."""
        return part(wide, self._rows[0])


class WideShared(SharedBundle):
    """Pools and identities: one product of matrices mixes them for all nodes."""

    @override
    def run(self, state: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Terms:
        maps = [self._make_map(state, slots, statistics) for slots in self.rows]
        mixed = self._gates(scalars) @ torch.stack(maps).flatten(1)
        return list(zip(self._nodes, mixed.view(-1, *maps[0].shape).unbind(), strict=True))


def _widen(bundle: Bundle) -> Bundle:
    return WideShared(bundle.rows, bundle.stride) if isinstance(bundle, SharedBundle) else bundle


def _filter(inputs: Tensor, modules: Sequence[nn.Module]) -> Tensor:
    """Convolve each edge's channels by its own depthwise module."""
    convolutions = cast("Sequence[nn.Conv2d]", modules)
    weight = torch.cat([module.weight for module in convolutions])
    first = convolutions[0]
    if isinstance(first, EvenConvolution):
        inputs = inputs[:, :, ::2, ::2]
    return conv2d(
        inputs, weight, None, first.stride, first.padding, first.dilation, groups=len(weight)
    )


def _mix_channels(inputs: Tensor, modules: Sequence[nn.Module]) -> Tensor:
    """Convolve each edge's channels by its own 1x1 module: a product of matrices for each."""
    weight = torch.stack([cast("nn.Conv2d", module).weight.flatten(1) for module in modules])
    count, channels, height, width = inputs.shape
    pixels = inputs.reshape(count, len(modules), channels // len(modules), height * width)
    return (weight @ pixels).view(count, -1, height, width)
