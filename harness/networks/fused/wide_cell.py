"""A mixed cell in wide and few kernels, the way a GPU does it fastest.

As in ``fused_cell`` all edges that leave a state run together. Here every layer is one kernel over
the channels of all of them, and a gate is the weight of its operation's last batch normalisation.
Nothing is computed twice, so it keeps more than the fused implementation. While a graph is
captured, what does not wait for each other runs side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn
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
    part,
    select,
)
from harness.networks.fused.side_by_side import run_side_by_side
from harness.networks.fused.wide_layers import (
    filter_channels,
    mix_channels,
    normalise_channels,
    preprocess,
)


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
        states = [preprocess(module, inputs, statistics) for module, inputs in pairs]
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
        inputs = [state.relu() for _, state in separable]
        rows = [
            partial(bundle.run, row, positive, scalars, statistics)
            for (bundle, _), positive in zip(separable, inputs, strict=True)
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

    def run(
        self, row: int, positive: Tensor, scalars: Scalars, statistics: BatchStatistics
    ) -> Tensor:
        """Return one operation's gated outputs, shape (N, E * C, height, width).

        Args:
            row: Which operation.
            positive: The positive part of the state, shape (N, C, height, width).
            scalars: The gates.
            statistics: Notes those of every layer.
        """
        slots, columns, wide = self._rows[row], self._columns[row], positive
        for index in range(1, len(columns), 4):
            depthwise, pointwise, norms = columns[index : index + 3]
            wide = mix_channels(filter_channels(wide, depthwise), pointwise)
            is_last = index == len(columns) - 3
            gain = None
            if is_last:
                gain = select(slots, scalars).repeat_interleave(wide.shape[1] // len(slots))
            wide = normalise_channels(wide, norms, statistics, gain, is_positive=not is_last)
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

    @override
    def _normalise(
        self, inputs: Tensor, norms: Sequence[nn.BatchNorm2d], statistics: BatchStatistics
    ) -> Tensor:
        return normalise_channels(inputs, norms, statistics)


def _widen(bundle: Bundle) -> Bundle:
    return WideShared(bundle.rows, bundle.stride) if isinstance(bundle, SharedBundle) else bundle
