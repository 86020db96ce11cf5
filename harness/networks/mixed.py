"""One edge of a super-network: the gated sum of its candidate operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d
from typing_extensions import override

from harness.networks.operations import Zero, zeros_after
from harness.networks.probing import Look
from harness.networks.probing import probe as run_probe


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
        if total is None:
            total = zeros_after(inputs, self.stride)
        look = self.look_at(probed)
        return total if look is None else run_probe(total, weights, look, (inputs,), probe)

    def look_at(self, probed: Sequence[int]) -> Look | None:
        """Return what computes the outputs of some operations one by one; None for nothing."""
        chosen = [choice for choice in probed if choice not in self._worthless]
        operations = {choice: self.operations[choice] for choice in chosen}

        def look(inputs: Tensor) -> Iterator[tuple[int, Tensor]]:
            for choice, operation in operations.items():
                yield choice, operation(inputs)

        return look if operations else None


def shuffle_channels(inputs: Tensor, groups: int) -> Tensor:
    """Interleave ``groups`` equal parts of the channels: 0..7 in 4 groups -> 0 2 4 6 1 3 5 7."""
    count, channels, height, width = inputs.shape
    parts = inputs.view(count, groups, channels // groups, height, width)
    return parts.transpose(1, 2).reshape(count, channels, height, width)
