"""ReLU and 1x1 convolution, which bring a cell's inputs to its width, as one differentiable step.

Two cells take the output of each cell. They keep that, the same for both, instead of its positive
part, which is computed again in the backward pass.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from typing_extensions import override

from harness.networks.fused.engine import is_wanted
from harness.networks.fused.pointwise import convolve_pixels, pixel_weight_gradient
from harness.networks.operations import FactorizedReduce


def preprocess(module: nn.Module, inputs: Tensor) -> Tensor:
    """Return what ``module`` returns, a ``PointwiseConvolution`` or a ``FactorizedReduce``."""
    if isinstance(module, FactorizedReduce):
        halves = (
            convolve_positive(inputs[:, :, ::2, ::2], module.even.weight),
            convolve_positive(inputs[:, :, 1::2, 1::2], module.odd.weight),
        )
        reduced: Tensor = module.norm(torch.cat(halves, dim=1))
        return reduced
    _, convolution, norm = cast("nn.Sequential", module)
    output: Tensor = norm(convolve_positive(inputs, cast("nn.Conv2d", convolution).weight))
    return output


def convolve_positive(inputs: Tensor, weight: Tensor) -> Tensor:
    """Return a 1x1 convolution of the positive part; it can be differentiated once.

    Args:
        inputs: Shape (N, K, height, width).
        weight: Shape (M, K, 1, 1).
    """
    output: Tensor = _PositiveConvolution.apply(inputs, weight.view_as(weight))
    return output


class _PositiveConvolution(torch.autograd.Function):
    @staticmethod
    @override
    def forward(ctx: Any, inputs: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        return convolve_pixels(inputs.relu(), weight, 1)

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (inputs, weight), (gradient,) = ctx.saved_tensors, gradients
        for_inputs = for_weight = None
        positive = inputs.relu()
        if is_wanted(ctx, 0):
            back = convolve_pixels(gradient, weight.transpose(0, 1).contiguous(), 1)
            for_inputs = torch.ops.aten.threshold_backward(back, positive, 0)
        if is_wanted(ctx, 1):
            for_weight = pixel_weight_gradient(positive, gradient, weight, 1)
        return for_inputs, for_weight
