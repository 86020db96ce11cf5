"""The separable convolutions of all edges that leave one state, as one differentiable step.

Written by hand, because on a processor most time goes into memory: a layer keeps only the output of
its pointwise convolution, and everything else is computed again in the backward pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from harness.networks.fused.batch_statistics import BatchStatistics
from harness.networks.fused.engine import is_wanted
from harness.networks.fused.separable_gradients import SeparableGradients
from harness.networks.fused.separable_layers import (
    Expanded,
    Kept,
    Operation,
    Weights,
    run_layer,
    widen,
)


def run_separable(
    state: Tensor,
    gates: Tensor,
    operations: Sequence[Operation],
    weights: Sequence[Tensor],
    statistics: BatchStatistics,
) -> Tensor:
    """Return the gated sum of operations on each of E edges, shape (N, E * C, height, width).

    It can be differentiated once.

    Args:
        state: That all edges leave, shape (N, C, height, width).
        gates: Of each operation and edge, shape (operations, E).
        operations: Their layers.
        weights: Depthwise and pointwise ones of each layer in turn, all edges' side by side.
        statistics: Notes those of every layer.
    """
    output: Tensor = _Separable.apply(state, gates, tuple(operations), statistics, *weights)
    return output


class _Separable(torch.autograd.Function):
    @staticmethod
    @override
    def forward(
        ctx: Any,
        state: Tensor,
        gates: Tensor,
        operations: tuple[Operation, ...],
        statistics: BatchStatistics,
        *weights: Tensor,
    ) -> Tensor:
        edges = gates.shape[1]
        inputs = Expanded(state, edges)
        kept: list[list[Kept]] = []
        for layers, own in zip(operations, _group(operations, weights), strict=True):
            chain: list[Kept] = []
            for layer, pair in zip(layers, own, strict=True):
                given = chain[-1].activate() if chain else inputs.take(is_even=layer.is_even)
                chain.append(run_layer(given, layer, pair, edges, statistics))
            kept.append(chain)
        ctx.operations = operations
        everything = (tensor for chain in kept for each in chain for tensor in each.tensors)
        ctx.save_for_backward(state, gates, *weights, *everything)
        return _mix([chain[-1] for chain in kept], gates)

    @staticmethod
    @override
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # ``once_differentiable`` only notices where a path leads back
            raise RuntimeError(
                "The fused implementation of a super-network has first derivatives only; for "
                "further ones set its attribute implementation to 'plain' before calling it."
            )
        state, gates, *rest = ctx.saved_tensors
        layers = sum(map(len, ctx.operations))
        weights = _group(ctx.operations, rest[: 2 * layers])
        kept = _restore(ctx.operations, rest[2 * layers :])
        wants_state, wants_weights = is_wanted(ctx, 0), is_wanted(ctx, 2)
        found = SeparableGradients(
            state,
            gradients[0],
            gates.shape[1],
            wants_state=wants_state,
            wants_weights=wants_weights,
        )
        for_gates, for_weights = [], []
        for arguments in zip(ctx.operations, kept, weights, gates.unbind(), strict=True):
            for_gate, own = found.descend(*arguments)
            for_gates.append(for_gate)
            for_weights += own
        return found.finish(), torch.stack(for_gates), None, None, *for_weights


def _group(operations: Sequence[Operation], weights: Sequence[Tensor]) -> list[list[Weights]]:
    """Return the weights of each operation's layers."""
    pairs: Iterator[Weights] = map(Weights, weights[::2], weights[1::2])
    return [[next(pairs) for _ in layers] for layers in operations]


def _restore(operations: Sequence[Operation], tensors: Sequence[Tensor]) -> list[list[Kept]]:
    """Return what each operation's layers kept, out of all their tensors in order."""
    kept: Iterator[Kept] = map(Kept, tensors[::3], tensors[1::3], tensors[2::3])
    return [[next(kept) for _ in layers] for layers in operations]


def _mix(last: Sequence[Kept], gates: Tensor) -> Tensor:
    """Return the gated sum of normalised outputs."""
    factors = gates.repeat_interleave(len(last[0].mean) // gates.shape[1], dim=1)
    factors = factors * torch.stack([kept.precision for kept in last])
    offset = -(factors * torch.stack([kept.mean for kept in last])).sum(0)
    total = torch.addcmul(widen(offset), last[0].output, widen(factors[0]))
    for kept, factor in zip(last[1:], factors[1:], strict=True):
        total.addcmul_(kept.output, widen(factor))
    return total
