"""Looking at what an option would be worth without keeping its path in memory (ProxylessNAS)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from typing_extensions import override

# Takes what was kept and returns the outputs of probed options, one after another.
Look = Callable[..., Iterable[tuple[int, Tensor]]]


def probe(
    total: Tensor,
    weights: Tensor,
    look: Look,
    kept: Sequence[Tensor],
    when: Literal["forward", "backward"],
) -> Tensor:
    """Return ``total`` such that dL/dweight of probed options will be known.

    Args:
        total: The sum of what runs.
        weights: The gate's, of all options.
        look: Computes the probed options' outputs, without graph.
        kept: Its arguments, which a late look keeps until then.
        when: ``forward`` adds each output, detached, times its weight, and keeps it (modes ``two``
            and ``full``). ``backward`` looks during the backward pass and leaves out what would be
            added, as these weights are zero (mode ``full_v2``).
    """
    if when == "backward":
        late: Tensor = _LateProbe.apply(total, weights, look, *(each.detach() for each in kept))
        return late
    with torch.no_grad():
        found = list(look(*kept))
    for choice, output in found:
        total = total + weights[choice] * output
    return total


class _LateProbe(torch.autograd.Function):
    """Hands its first input through; its backward pass finds dL/dweight of what it looks at."""

    @staticmethod
    @override
    def forward(ctx: Any, total: Tensor, weights: Tensor, look: Look, *kept: Tensor) -> Tensor:
        ctx.save_for_backward(*kept)
        ctx.look = look
        ctx.like = weights.detach()
        return total.view_as(total)

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,), kept = gradients, ctx.saved_tensors
        nothing = [None] * len(kept)
        if not ctx.needs_input_grad[1]:
            return gradient, None, None, *nothing
        weights = torch.zeros_like(ctx.like)
        for choice, output in ctx.look(*kept):
            weights[choice] = (gradient * output).sum()
        return gradient, weights, None, *nothing
