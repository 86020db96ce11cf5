"""A mixed cell computed state by state: all edges that leave a state run together.

The plain implementation goes from node to node and from edge to edge; here a state's edges start as
soon as the state is known. What they share is computed once, and their convolutions stand side by
side in wide ones. Under sampled gates only what is active runs, one operation after another, and
keeps as little. Only sums and their order differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from harness.api import Gates
from harness.networks.cells.cell_supernet import MixedCell
from harness.networks.fused.batch_statistics import BatchStatistics
from harness.networks.fused.fused_edges import (
    Bundle,
    PoolBundle,
    ReductionBundle,
    SeparableBundle,
    SharedBundle,
    SingleBundle,
    Slot,
)
from harness.networks.fused.preprocessing import preprocess
from harness.networks.mixed import MixedOperation
from harness.networks.operations import FactorizedReduce, Zero, zeros_after
from harness.networks.probing import probe

INPUTS = 2


class FusedCell:
    """Computes what a cell does, with the cell's own modules.

    It is no module, and holds no tensors: weights and statistics are read from the cell's modules
    at every call. Their forward hooks are not called.

    Args:
        cell: Without partial channels.
    """

    def __init__(self, cell: MixedCell) -> None:
        self.cell = cell
        self.norms = [m for m in cell.modules() if isinstance(m, nn.BatchNorm2d)]
        self._places = [
            (state, node) for node, states in enumerate(cell.sources) for state in states
        ]
        self._edges = [cast("MixedOperation", edge) for edge in cell.edges]
        self._slots = [self._list_slots(source) for source in range(INPUTS + len(cell.sources))]
        strides = [cell.stride if source < INPUTS else 1 for source in range(len(self._slots))]
        self._bundles = list(map(_bundle, self._slots, strides))
        self._alone = {
            (slot.edge, slot.choice): _bundle_alone(slot, stride)
            for slots, stride in zip(self._slots, strides, strict=True)
            for slot in slots
        }

    def __call__(self, first: Tensor, second: Tensor, gates: Gates) -> Tensor:
        """Return the cell's output; every batch normalisation is in training mode."""
        tracks = any(norm.track_running_stats for norm in self.norms)
        statistics = BatchStatistics(is_tracking=tracks)
        states = list(map(preprocess, self.cell.preprocessing, (first, second)))
        scalars = [weights.to(states[0].dtype).unbind() for weights in gates.weights]
        terms: list[list[Tensor]] = [[] for _ in self.cell.sources]
        for source in range(len(self._slots)):
            if source >= INPUTS:
                total = self._add_up(terms[source - INPUTS], states[0])
                states.append(self._probe(total, source - INPUTS, states, gates))
            for bundle in self._choose_bundles(source, gates):
                for node, term in bundle.run(states[source], scalars, statistics):
                    terms[node].append(term)
        statistics.update()
        return torch.cat(states[INPUTS:], dim=1)

    def _list_slots(self, source: int) -> list[Slot]:
        """Return every operation that leaves a state, but ``none``."""
        return [
            Slot(edge, choice, node, operation)
            for edge, (state, node) in enumerate(self._places)
            for choice, operation in enumerate(self._edges[edge].operations)
            if state == source and not isinstance(operation, Zero)
        ]

    def _add_up(self, terms: Sequence[Tensor], state: Tensor) -> Tensor:
        if len(terms) < 2:
            return terms[0] if terms else zeros_after(state, self.cell.stride)
        total = terms[0] + terms[1]
        for term in terms[2:]:
            total += term
        return total

    def _choose_bundles(self, source: int, gates: Gates) -> Sequence[Bundle]:
        """Return what runs on a state."""
        if gates.active is None:
            return self._bundles[source]
        active = gates.active
        return [
            self._alone[slot.edge, slot.choice]
            for slot in self._slots[source]
            if slot.choice in active[slot.edge]
        ]

    def _probe(self, total: Tensor, node: int, states: Sequence[Tensor], gates: Gates) -> Tensor:
        """Return a node's sum such that dL/dweight of what its edges probe will be known."""
        for edge, (source, target) in enumerate(self._places if gates.probed else ()):
            if target == node and (look := self._edges[edge].look_at(gates.probed[edge])):
                weights = gates.weights[edge]
                total = probe(total, weights, look, (states[source],), gates.probe)
        return total


def _bundle_alone(slot: Slot, stride: int) -> Bundle:
    """Return what runs one operation on one edge."""
    kind = _describe(slot.operation)
    if kind.startswith("separable"):
        return SeparableBundle([[slot]])
    if kind in {"shared maximum", "shared average"}:
        return PoolBundle(slot, stride)
    return ReductionBundle([slot]) if kind == "reduction" else SingleBundle([slot])


def _bundle(slots: Sequence[Slot], stride: int) -> list[Bundle]:
    """Group operations of one kind."""
    rows: dict[str, list[Slot]] = {}
    for slot in slots:
        rows.setdefault(_describe(slot.operation), []).append(slot)
    separable: dict[tuple[int, ...], list[list[Slot]]] = {}
    shared: list[list[Slot]] = []
    bundles: list[Bundle] = []
    for kind, row in rows.items():
        if kind.startswith("separable"):
            separable.setdefault(tuple(slot.edge for slot in row), []).append(row)
        elif kind.startswith("shared"):
            shared.append(row)
        elif kind == "reduction":
            bundles.append(ReductionBundle(row))
        else:
            bundles.append(SingleBundle(row))
    if shared:
        bundles.append(SharedBundle(shared, stride))
    return [*map(SeparableBundle, separable.values()), *bundles]


def _describe(operation: nn.Module) -> str:
    """Return words that are equal for operations that differ in their weights only."""
    if isinstance(operation, FactorizedReduce):
        return "reduction"
    if isinstance(operation, nn.Identity):
        return "shared identity"
    layers = list(operation) if isinstance(operation, nn.Sequential) else []
    if [type(layer) for layer in layers] == [nn.MaxPool2d, nn.BatchNorm2d]:
        return "shared maximum"
    if [type(layer) for layer in layers] == [nn.AvgPool2d, nn.BatchNorm2d]:
        return "shared average"
    if _is_separable(layers):
        return "separable" + "".join(
            f" {layer.kernel_size} {layer.stride} {layer.dilation} {type(layer).__name__}"
            for layer in layers[1::4]
        )
    return "single"


def _is_separable(layers: Sequence[nn.Module]) -> bool:
    """Tell whether layers are ReLU, depthwise, pointwise, norm, once or more often."""
    if not layers or len(layers) % 4:
        return False
    for start in range(0, len(layers), 4):
        activation, depthwise, pointwise, norm = layers[start : start + 4]
        if not (
            isinstance(activation, nn.ReLU)
            and isinstance(depthwise, nn.Conv2d)
            and isinstance(pointwise, nn.Conv2d)
            and isinstance(norm, nn.BatchNorm2d)
            and depthwise.kernel_size[0] == depthwise.kernel_size[1] <= 5
            and pointwise.kernel_size == (1, 1)
        ):
            return False
    return True
