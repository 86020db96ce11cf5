"""One edge of a super-network: the gated sum of its candidate operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import max_pool2d
from typing_extensions import override

from harness.networks.operations import Zero, zeros_after


class MixedOperation(nn.Module):
    """The sum over an edge's operations, each times its gate's weight.

    What is neither active nor probed is not computed, nor is ``none``, which is worth nothing. The
    value of a weight is never read on the host.

    Args:
        operations: The candidates, all of one stride.
        stride: Theirs.
        channel_share: K of PC-DARTS: only the first of K equal parts of the channels passes
            through the operations (which are that narrow), the rest is only pooled where the
            stride asks for it and weighted by the sum of the gate; then all channels are shuffled.
    """

    def __init__(
        self, operations: Iterable[nn.Module], stride: int, *, channel_share: int = 1
    ) -> None:
        super().__init__()
        self.operations = nn.ModuleList(operations)
        self.stride = stride
        self.channel_share = channel_share
        self._worthless = {i for i, op in enumerate(self.operations) if isinstance(op, Zero)}

    def is_idle(self, active: Sequence[int] | None, probed: Sequence[int]) -> bool:
        """Tell whether the edge's output is zero and has no gradient, so it need not be called."""
        if active is None:
            return False
        if self.channel_share > 1:  # whatever is active, the channels that pass by count
            return not active and not probed
        return self._worthless.issuperset(active) and self._worthless.issuperset(probed)

    @override
    def forward(
        self,
        inputs: Tensor,
        weights: Tensor,
        active: Sequence[int] | None = None,
        probed: Sequence[int] = (),
        probe: Literal["forward", "backward"] = "forward",
    ) -> Tensor:
        if self.channel_share == 1:
            return self._mix(inputs, weights, active, probed, probe)
        width = inputs.shape[1] // self.channel_share
        mixed = self._mix(inputs[:, :width], weights, active, probed, probe)
        rest = inputs[:, width:]
        if self.stride == 2:
            rest = max_pool2d(rest, 2)
        return shuffle_channels(torch.cat((mixed, weights.sum() * rest), dim=1), self.channel_share)

    def _mix(
        self,
        inputs: Tensor,
        weights: Tensor,
        active: Sequence[int] | None,
        probed: Sequence[int],
        probe: Literal["forward", "backward"],
    ) -> Tensor:
        operations, gate = tuple(self.operations), weights.unbind()
        total: Tensor | None = None
        for choice in range(len(operations)) if active is None else active:
            if choice not in self._worthless:
                term = gate[choice] * operations[choice](inputs)
                total = term if total is None else total + term
        looked_at = [choice for choice in probed if choice not in self._worthless]
        if probe == "forward":
            for choice in looked_at:
                with torch.no_grad():
                    output = operations[choice](inputs)
                term = gate[choice] * output
                total = term if total is None else total + term
        if total is None:
            total = zeros_after(inputs, self.stride)
        if probe == "backward" and looked_at:
            chosen = {choice: operations[choice] for choice in looked_at}
            total = _BackwardProbe.apply(total, weights, inputs.detach(), chosen)
        return total


class _BackwardProbe(torch.autograd.Function):
    """Hands its first input through; its backward pass finds dL/dweight of probed operations.

    They are run then, without graph, so that only the edge's input must be kept. What they would
    add to the output is left out, as their weights are zero (ProxylessNAS ``full_v2``).
    """

    @staticmethod
    @override
    def forward(
        ctx: Any,
        total: Tensor,
        weights: Tensor,
        inputs: Tensor,
        probed: dict[int, nn.Module],
    ) -> Tensor:
        ctx.save_for_backward(inputs)
        ctx.probed = probed
        ctx.like = weights.detach()
        return total.view_as(total)

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (inputs,), (gradient,) = ctx.saved_tensors, gradients
        if not ctx.needs_input_grad[1]:
            return gradient, None, None, None
        weights = torch.zeros_like(ctx.like)
        for choice, operation in ctx.probed.items():
            weights[choice] = (gradient * operation(inputs)).sum()
        return gradient, weights, None, None


def shuffle_channels(inputs: Tensor, groups: int) -> Tensor:
    """Interleave ``groups`` equal parts of the channels: 0..7 in 4 groups -> 0 2 4 6 1 3 5 7."""
    count, channels, height, width = inputs.shape
    parts = inputs.view(count, groups, channels // groups, height, width)
    return parts.transpose(1, 2).reshape(count, channels, height, width)
