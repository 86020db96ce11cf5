"""Batch normalisation of many channels as four small Triton kernels, ReLU included.

PyTorch gives every channel to one block of threads, so that a super-network's 16 to 256 channels
leave most of a GPU idle. Here a channel is cut into blocks: each takes its mean and its sum of
squared deviations, and the next kernel puts those of a channel together. Only imported on a GPU.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable
from typing_extensions import override

BLOCK = 4096


@triton.jit
def _place(block, size: tl.constexpr, span: tl.constexpr):
    """Return which numbers of a channel are a block's, and where they are in memory."""
    index = block * span + tl.arange(0, span)
    return index, (index // size * tl.num_programs(0) + tl.program_id(0)) * size + index % size


@triton.jit
def _combine(means, squares, count, parts: tl.constexpr, span: tl.constexpr):
    """Return a channel's mean and sum of squared deviations, from those of its blocks."""
    part = tl.arange(0, parts)
    own = part < tl.num_programs(1)
    place = tl.program_id(0) * tl.num_programs(1) + part
    sizes = tl.where(own, tl.minimum(count - part * span, span), 0).to(tl.float32)
    found = tl.load(means + place, mask=own, other=0.0)
    mean = tl.sum(found * sizes, 0) / count
    apart = tl.where(own, found - mean, 0.0)
    within = tl.sum(tl.load(squares + place, mask=own, other=0.0), 0)
    return mean, within + tl.sum(sizes * apart * apart, 0)


@triton.jit
def _take_moments(inputs, means, squares, count, size: tl.constexpr, span: tl.constexpr):
    block = tl.program_id(1)
    index, place = _place(block, size, span)
    values = tl.load(inputs + place, mask=index < count, other=0.0)
    mean = tl.sum(values, 0) / tl.minimum(count - block * span, span)
    apart = tl.where(index < count, values - mean, 0.0)
    own = tl.program_id(0) * tl.num_programs(1) + block
    tl.store(means + own, mean)
    tl.store(squares + own, tl.sum(apart * apart, 0))


@triton.jit
def _normalise(
    inputs,
    gains,
    means,
    squares,
    outputs,
    moments,
    count,
    epsilon,
    is_positive: tl.constexpr,
    parts: tl.constexpr,
    size: tl.constexpr,
    span: tl.constexpr,
):
    channel, channels, block = tl.program_id(0), tl.num_programs(0), tl.program_id(1)
    mean, square = _combine(means, squares, count, parts, span)
    precision = 1 / tl.sqrt(square / count + epsilon)
    index, place = _place(block, size, span)
    values = tl.load(inputs + place, mask=index < count, other=0.0)
    found = (values - mean) * (precision * tl.load(gains + channel))
    if is_positive:
        found = tl.where(found < 0, 0.0, found)  # NaN stays NaN
    tl.store(outputs + place, found, mask=index < count)
    if block == 0:
        tl.store(moments + channel, mean)
        tl.store(moments + channels + channel, square / (count - 1))
        tl.store(moments + 2 * channels + channel, precision)


@triton.jit
def _take_sums(
    inputs,
    gradients,
    gains,
    moments,
    totals,
    products,
    count,
    is_positive: tl.constexpr,
    size: tl.constexpr,
    span: tl.constexpr,
):
    channel, channels, block = tl.program_id(0), tl.num_programs(0), tl.program_id(1)
    index, place = _place(block, size, span)
    mean = tl.load(moments + channel)
    precision = tl.load(moments + 2 * channels + channel)
    values = (tl.load(inputs + place, mask=index < count, other=0.0) - mean) * precision
    gradient = tl.load(gradients + place, mask=index < count, other=0.0)
    if is_positive:
        gradient = tl.where(values * tl.load(gains + channel) > 0, gradient, 0.0)
    own = channel * tl.num_programs(1) + block
    tl.store(totals + own, tl.sum(gradient, 0))
    tl.store(products + own, tl.sum(gradient * values, 0))


@triton.jit
def _go_back(
    inputs,
    gradients,
    gains,
    moments,
    totals,
    products,
    outputs,
    for_gains,
    count,
    is_positive: tl.constexpr,
    parts: tl.constexpr,
    size: tl.constexpr,
    span: tl.constexpr,
):
    channel, channels, block = tl.program_id(0), tl.num_programs(0), tl.program_id(1)
    part = tl.arange(0, parts)
    own = part < tl.num_programs(1)
    where = channel * tl.num_programs(1) + part
    total = tl.sum(tl.load(totals + where, mask=own, other=0.0), 0)
    product = tl.sum(tl.load(products + where, mask=own, other=0.0), 0)
    index, place = _place(block, size, span)
    mean, gain = tl.load(moments + channel), tl.load(gains + channel)
    precision = tl.load(moments + 2 * channels + channel)
    values = (tl.load(inputs + place, mask=index < count, other=0.0) - mean) * precision
    gradient = tl.load(gradients + place, mask=index < count, other=0.0)
    if is_positive:
        gradient = tl.where(values * gain > 0, gradient, 0.0)
    found = gain * precision * (gradient - total / count - values * (product / count))
    tl.store(outputs + place, found, mask=index < count)
    if block == 0:
        tl.store(for_gains + channel, product)


def normalise(
    inputs: Tensor, gain: Tensor | None, epsilon: float, *, is_positive: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return normalised inputs times ``gain``, their means, and their unbiased variances.

    It can be differentiated once.

    Args:
        inputs: Shape (N, C, height, width), single precision, contiguous.
        gain: Shape (C,); None is one.
        epsilon: Added to the variance.
        is_positive: Whether ReLU follows.
    """
    own = _ones(inputs.shape[1], inputs.device) if gain is None else gain.contiguous()
    output, moments = _Normalised.apply(inputs, own, epsilon, is_positive)
    return output, moments[0], moments[1]


class _Normalised(torch.autograd.Function):
    @staticmethod
    @override
    def forward(
        ctx: Any, inputs: Tensor, gain: Tensor, epsilon: float, is_positive: bool
    ) -> tuple[Tensor, Tensor]:
        channels, grid, sizes = _cut(inputs)
        means, squares = inputs.new_empty(2, *grid).unbind()
        outputs, moments = torch.empty_like(inputs), inputs.new_empty(3, channels)
        count, parts, size = sizes
        _take_moments[grid](inputs, means, squares, count, size, BLOCK)
        _normalise[grid](
            inputs, gain, means, squares, outputs, moments, count, epsilon, is_positive,
            parts, size, BLOCK,
        )  # fmt: skip
        ctx.save_for_backward(inputs, gain, moments)
        ctx.is_positive = is_positive
        ctx.mark_non_differentiable(moments)
        return outputs, moments

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, gain, moments = ctx.saved_tensors
        gradient = gradients[0].contiguous()
        _, grid, (count, parts, size) = _cut(inputs)
        totals, products = inputs.new_empty(2, *grid).unbind()
        outputs, for_gain = torch.empty_like(inputs), torch.empty_like(gain)
        _take_sums[grid](
            inputs, gradient, gain, moments, totals, products, count, ctx.is_positive, size, BLOCK
        )
        _go_back[grid](
            inputs, gradient, gain, moments, totals, products, outputs, for_gain, count,
            ctx.is_positive, parts, size, BLOCK,
        )  # fmt: skip
        return outputs, for_gain, None, None


@functools.cache
def _ones(channels: int, device: torch.device) -> Tensor:
    return torch.ones(channels, device=device)


def _cut(inputs: Tensor) -> tuple[int, tuple[int, int], tuple[int, int, int]]:
    """Return the channels, the grid of channels and blocks, and count, parts and image size."""
    examples, channels, height, width = inputs.shape
    count = examples * height * width
    blocks = triton.cdiv(count, BLOCK)
    parts = max(2, triton.next_power_of_2(blocks))
    return channels, (channels, blocks), (count, parts, height * width)
