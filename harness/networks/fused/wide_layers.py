"""The layers of wide cells: Triton kernels on a GPU that can compile them, else PyTorch's own."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from harness.networks.fused.batch_statistics import BatchStatistics
from harness.networks.fused.fused_edges import normalise
from harness.networks.operations import EvenConvolution, FactorizedReduce

log = logging.getLogger(__name__)


def filter_channels(inputs: Tensor, modules: Sequence[nn.Module]) -> Tensor:
    """Return the convolution of each edge's channels by its own depthwise module.

    Args:
        inputs: Shape (N, E * C, height, width); or (N, C, height, width), the same for all edges.
        modules: E depthwise convolutions that differ in their weights only.
    """
    convolutions = cast("Sequence[nn.Conv2d]", modules)
    weight = torch.cat([module.weight for module in convolutions])
    first = convolutions[0]
    stride, dilation = first.stride[0], first.dilation[0]
    if isinstance(first, EvenConvolution):
        inputs = inputs[:, :, ::2, ::2]
    if has_kernels(inputs) and not any(side % stride for side in inputs.shape[2:]):
        from harness.networks.fused.filter_kernels import convolve

        return convolve(inputs.contiguous(), weight, stride, dilation)
    inputs = inputs.repeat(1, len(weight) // inputs.shape[1], 1, 1)
    return conv2d(inputs, weight, None, stride, first.padding, dilation, groups=len(weight))


def mix_channels(inputs: Tensor, modules: Sequence[nn.Module]) -> Tensor:
    """Convolve each edge's channels by its own 1x1 module: a product of matrices for each."""
    weight = torch.stack([cast("nn.Conv2d", module).weight.flatten(1) for module in modules])
    count, channels, height, width = inputs.shape
    pixels = inputs.reshape(count, len(modules), channels // len(modules), height * width)
    return (weight @ pixels).view(count, -1, height, width)


def normalise_channels(
    inputs: Tensor,
    norms: Sequence[nn.Module],
    statistics: BatchStatistics,
    gain: Tensor | None = None,
    *,
    is_positive: bool = False,
) -> Tensor:
    """Normalise over the batch, times ``gain``, then ReLU if asked for; note the statistics."""
    own = cast("Sequence[nn.BatchNorm2d]", norms)
    if not has_kernels(inputs):
        outputs = normalise(inputs, own, statistics, gain)
        return outputs.relu_() if is_positive else outputs
    from harness.networks.fused import norm_kernels

    outputs, mean, variance = norm_kernels.normalise(
        inputs.contiguous(), gain, own[0].eps, is_positive=is_positive
    )
    statistics.add(own, mean, variance)
    return outputs


def preprocess(module: nn.Module, inputs: Tensor, statistics: BatchStatistics) -> Tensor:
    """Return what a ``PointwiseConvolution`` or a ``FactorizedReduce`` returns."""
    positive = inputs.relu()
    if isinstance(module, FactorizedReduce):
        halves = module.even(positive), module.odd(positive[:, :, 1:, 1:])
        return normalise_channels(torch.cat(halves, dim=1), [module.norm], statistics)
    _, convolution, norm = cast("nn.Sequential", module)
    return normalise_channels(convolution(positive), [norm], statistics)


def has_kernels(inputs: Tensor) -> bool:
    """Tell whether Triton's kernels are made for these inputs and can be compiled here."""
    return inputs.is_cuda and inputs.dtype == torch.float32 and _can_compile(inputs.device)


@functools.cache
def _can_compile(device: torch.device) -> bool:
    try:
        from harness.networks.fused import filter_kernels, norm_kernels

        inputs = torch.ones(2, 2, 4, 4, device=device)
        norm_kernels.normalise(inputs, None, 1e-5, is_positive=True)
        filter_kernels.convolve(inputs, inputs.new_ones(2, 1, 3, 3), 1, 1)
    except Exception as error:  # noqa: BLE001 - whatever a machine may lack to compile
        reason = str(error).strip().partition("\n")[0]
        log.warning("Super-networks do without Triton's kernels, which are faster: %s.", reason)
        return False
    return True
