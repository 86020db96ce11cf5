"""Kinds of operations, each run for all edges that leave one state together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, max_pool2d, pad
from typing_extensions import override

from harness.networks.fused.batch_statistics import BatchStatistics
from harness.networks.fused.separable import run_separable
from harness.networks.fused.separable_layers import Layer, Operation
from harness.networks.operations import EvenConvolution, FactorizedReduce


@dataclass(frozen=True)
class Slot:
    """One operation on one edge.

    Attributes:
        edge: Its index in the cell.
        choice: The operation's index among the edge's.
        node: Where the edge leads.
        operation: The module that the plain implementation calls.
    """

    edge: int
    choice: int
    node: int
    operation: nn.Module


Scalars = Sequence[Sequence[Tensor]]  # every gate's weights, by edge and operation
Terms = list[tuple[int, Tensor]]  # nodes, and what is added to each


class Bundle(ABC):
    """What runs together on one state."""

    @abstractmethod
    def run(self, state: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Terms:
        """Return what the nodes get, gates included."""


class SeparableBundle(Bundle):
    """Separable and dilated convolutions that the same edges offer.

    Args:
        rows: For each operation its slots, in one order of edges.
    """

    def __init__(self, rows: Sequence[Sequence[Slot]]) -> None:
        self.rows = rows
        self._operations: list[Operation] = []
        self._convolutions: list[tuple[nn.Conv2d, ...]] = []
        for slots in rows:
            modules = [cast("nn.Sequential", slot.operation) for slot in slots]
            columns = list(zip(*modules, strict=True))  # ReLU, depthwise, pointwise, norm, ...
            self._operations.append(tuple(map(_make_layer, columns[1::4], columns[3::4])))
            for depthwise, pointwise in zip(columns[1::4], columns[2::4], strict=True):
                self._convolutions += [depthwise, pointwise]

    @override
    def run(self, state: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Terms:
        gates = torch.stack([select(slots, scalars) for slots in self.rows])
        weights = [torch.cat([layer.weight for layer in same]) for same in self._convolutions]
        wide = run_separable(state, gates, self._operations, weights, statistics)
        return part(wide, self.rows[0])


class ReductionBundle(Bundle):
    """Skip connections that halve the resolution: one wide convolution on shared slices."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._modules = [cast("FactorizedReduce", slot.operation) for slot in slots]

    @override
    def run(self, state: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Terms:
        channels = state.shape[1]
        positive = state.relu()
        slices = torch.cat((positive[:, :, ::2, ::2], positive[:, :, 1::2, 1::2]), dim=1)
        even = torch.stack([module.even.weight for module in self._modules])
        odd = torch.stack([module.odd.weight for module in self._modules])
        after, before = (0, 0, 0, 0, 0, channels), (0, 0, 0, 0, channels, 0)
        weight = torch.cat((pad(even, after), pad(odd, before)), dim=1).flatten(0, 1)
        gain = select(self._slots, scalars).repeat_interleave(channels)
        norms = [module.norm for module in self._modules]
        wide = normalise(conv2d(slices, weight), norms, statistics, gain)
        return part(wide, self._slots)


class SharedBundle(Bundle):
    """Pools and identities: what has no weights is the same on all edges, only gates differ.

    Args:
        rows: For each operation its slots; an edge need not offer all of them.
        stride: Of the edges.
    """

    def __init__(self, rows: Sequence[Sequence[Slot]], stride: int) -> None:
        self.rows = rows
        self.stride = stride
        self._nodes = sorted({slot.node for slots in rows for slot in slots})

    @override
    def run(self, state: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Terms:
        maps = [self._make_map(state, slots, statistics) for slots in self.rows]
        order, back = (0, 2, 3, 1), (0, 1, 4, 2, 3)
        stacked = torch.stack([each.permute(order) for each in maps])  # channels last in memory
        mixed = self._gates(scalars) @ stacked.flatten(1)
        totals = mixed.view(-1, *stacked.shape[1:]).permute(back)
        return list(zip(self._nodes, totals.unbind(), strict=True))

    def _make_map(
        self, state: Tensor, slots: Sequence[Slot], statistics: BatchStatistics
    ) -> Tensor:
        operation = slots[0].operation
        if isinstance(operation, nn.Identity):
            return state
        pool, _ = cast("nn.Sequential", operation)
        pooled = run_pool(pool, state, self.stride)
        norms = [cast("tuple[nn.Module, nn.BatchNorm2d]", slot.operation)[1] for slot in slots]
        return self._normalise(pooled, norms, statistics)

    def _normalise(
        self, inputs: Tensor, norms: Sequence[nn.BatchNorm2d], statistics: BatchStatistics
    ) -> Tensor:
        return normalise(inputs, norms, statistics)

    def _gates(self, scalars: Scalars) -> Tensor:
        """Return every node's gates, shape (nodes, operations); zero where one is not offered."""
        zero = torch.zeros_like(scalars[0][0])
        table = [
            {slot.node: scalars[slot.edge][slot.choice] for slot in slots} for slots in self.rows
        ]
        gates = [row.get(node, zero) for node in self._nodes for row in table]
        return torch.stack(gates).view(len(self._nodes), -1)


class PoolBundle(Bundle):
    """One pool on one edge, computed again in the backward pass, so that it keeps nothing.

    Args:
        slot: Where it stands.
        stride: Of the edge.
    """

    def __init__(self, slot: Slot, stride: int) -> None:
        self._slot = slot
        self._stride = stride

    @override
    def run(self, state: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Terms:
        pool, norm = cast("tuple[nn.Module, nn.BatchNorm2d]", self._slot.operation)

        def compute(inputs: Tensor, noting: BatchStatistics) -> Tensor:
            return normalise(run_pool(pool, inputs, self._stride), [norm], noting)

        gate = scalars[self._slot.edge][self._slot.choice]
        return [(self._slot.node, _Recomputed.apply(state, gate, compute, statistics))]


class _Recomputed(torch.autograd.Function):
    """A gate's weight times what is computed of a state; it can be differentiated once."""

    @staticmethod
    @override
    def forward(
        ctx: Any,
        state: Tensor,
        gate: Tensor,
        compute: Callable[[Tensor, BatchStatistics], Tensor],
        statistics: BatchStatistics,
    ) -> Tensor:
        ctx.save_for_backward(state, gate)
        ctx.compute = compute
        return gate * compute(state, statistics)

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (state, gate), (gradient,) = ctx.saved_tensors, gradients
        with torch.enable_grad():
            inputs = state.detach().requires_grad_()
            output = ctx.compute(inputs, BatchStatistics(is_tracking=False))
        (for_state,) = torch.autograd.grad(output, inputs, gate * gradient)
        return for_state, (gradient * output.detach()).sum(), None, None


class SingleBundle(Bundle):
    """An operation that nothing better is known for: its module, edge by edge."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots

    @override
    def run(self, state: Tensor, scalars: Scalars, statistics: BatchStatistics) -> Terms:
        return [
            (slot.node, scalars[slot.edge][slot.choice] * slot.operation(state))
            for slot in self._slots
        ]


def run_pool(pool: nn.Module, inputs: Tensor, stride: int) -> Tensor:
    """Return what a 3x3 pool of either kind returns."""
    if isinstance(pool, nn.MaxPool2d):
        return max_pool2d(inputs, 3, stride, padding=1)
    return pool_average(inputs, stride)


def pool_average(inputs: Tensor, stride: int) -> Tensor:
    """Return 3x3 averages that leave out the padding.

    On a processor a convolution with ones is faster than the library's pool.
    """
    if inputs.device.type != "cpu":
        return avg_pool2d(inputs, 3, stride, padding=1, count_include_pad=False)
    channels = inputs.shape[1]
    ones = inputs.new_ones(channels, 1, 3, 3)
    counts = conv2d(inputs.new_ones(1, 1, *inputs.shape[2:]), ones[:1], None, stride, 1)
    return conv2d(inputs, ones, None, stride, padding=1, groups=channels) * counts.reciprocal()


def _make_layer(depthwise: Sequence[nn.Module], norms: Sequence[nn.Module]) -> Layer:
    first = cast("nn.Conv2d", depthwise[0])
    return Layer(
        stride=first.stride[0],
        dilation=first.dilation[0],
        is_even=isinstance(first, EvenConvolution),
        norms=cast("tuple[nn.BatchNorm2d, ...]", tuple(norms)),
    )


def normalise(
    inputs: Tensor,
    norms: Sequence[nn.BatchNorm2d],
    statistics: BatchStatistics,
    gain: Tensor | None = None,
) -> Tensor:
    """Normalise over the batch, times ``gain``, and note the statistics for ``norms``."""
    if not statistics.is_tracking:
        return batch_norm(inputs, None, None, gain, training=True, eps=norms[0].eps)
    mean, variance = inputs.new_zeros(2, inputs.shape[1]).unbind()
    output = batch_norm(inputs, mean, variance, gain, None, True, 1.0, norms[0].eps)
    statistics.add(norms, mean, variance)
    return output


def select(slots: Sequence[Slot], scalars: Scalars) -> Tensor:
    """Return the gates' weights of some slots, shape (slots,)."""
    return torch.stack([scalars[slot.edge][slot.choice] for slot in slots])


def part(wide: Tensor, slots: Sequence[Slot]) -> Terms:
    """Return the channels that each slot's node gets of what edges made side by side."""
    parts = wide.chunk(len(slots), dim=1)
    return [(slot.node, part) for slot, part in zip(slots, parts, strict=True)]
