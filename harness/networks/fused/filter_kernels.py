"""Depthwise convolutions and their gradients as Triton kernels. Only imported on a GPU.

PyTorch's own read their input once for every tap of the kernel from far away, and its gradient of
the weight takes one block of threads for every tap. Here a block takes a stretch of one channel and
all taps, so that what it reads again is near.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable
from typing_extensions import override

from harness.networks.fused.engine import is_wanted

BLOCK = 1024


@triton.jit
def _filter(
    inputs,
    weights,
    outputs,
    count,
    given,
    rows_in,
    columns_in,
    rows: tl.constexpr,
    columns: tl.constexpr,
    kernel: tl.constexpr,
    stride: tl.constexpr,
    dilation: tl.constexpr,
    is_flipped: tl.constexpr,
    span: tl.constexpr,
):
    """Convolve one stretch of a channel; with flipped weights, for the gradient of the inputs."""
    channel, channels = tl.program_id(0), tl.num_programs(0)
    index = tl.program_id(1) * span + tl.arange(0, span)
    example = index // (rows * columns)
    image = example * channels + channel
    pixel = index % (rows * columns)
    row = pixel // columns * stride - dilation * (kernel // 2)
    column = pixel % columns * stride - dilation * (kernel // 2)
    start = inputs + (example * given + channel % given) * rows_in * columns_in
    total = tl.zeros((span,), tl.float32)
    for tap in tl.static_range(kernel * kernel):
        y = row + tap // kernel * dilation
        x = column + tap % kernel * dilation
        inside = (index < count) & (y >= 0) & (y < rows_in) & (x >= 0) & (x < columns_in)
        own = kernel * kernel - 1 - tap if is_flipped else tap
        weight = tl.load(weights + channel * kernel * kernel + own)
        total += weight * tl.load(start + y * columns_in + x, mask=inside, other=0.0)
    tl.store(outputs + image * rows * columns + pixel, total, mask=index < count)


@triton.jit
def _correlate(
    inputs,
    gradients,
    outputs,
    count,
    given,
    rows_in,
    columns_in,
    rows: tl.constexpr,
    columns: tl.constexpr,
    kernel: tl.constexpr,
    stride: tl.constexpr,
    dilation: tl.constexpr,
    span: tl.constexpr,
):
    """Sum up the gradient of every tap over one stretch of a channel."""
    channel, channels = tl.program_id(0), tl.num_programs(0)
    index = tl.program_id(1) * span + tl.arange(0, span)
    example = index // (rows * columns)
    image = example * channels + channel
    pixel = index % (rows * columns)
    row = pixel // columns * stride - dilation * (kernel // 2)
    column = pixel % columns * stride - dilation * (kernel // 2)
    start = inputs + (example * given + channel % given) * rows_in * columns_in
    gradient = tl.load(gradients + image * rows * columns + pixel, mask=index < count, other=0.0)
    own = outputs + (tl.program_id(1) * channels + channel) * kernel * kernel
    for tap in tl.static_range(kernel * kernel):
        y = row + tap // kernel * dilation
        x = column + tap % kernel * dilation
        inside = (index < count) & (y >= 0) & (y < rows_in) & (x >= 0) & (x < columns_in)
        values = tl.load(start + y * columns_in + x, mask=inside, other=0.0)
        tl.store(own + tap, tl.sum(values * gradient, 0))


def convolve(inputs: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    """Convolve each channel by itself, once for each of E edges; it can be differentiated once.

    Args:
        inputs: Shape (N, C, height, width), single precision, contiguous; even sides if the stride
            is 2.
        weight: Shape (E * C, 1, kernel, kernel), of odd sides; the padding keeps the resolution.
        stride: 1 or 2.
        dilation: Any; 1 if the stride is 2.
    """
    output: Tensor = _Convolved.apply(inputs, weight, stride, dilation)
    return output


class _Convolved(torch.autograd.Function):
    @staticmethod
    @override
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.form = stride, dilation
        return _run_filter(inputs, weight, stride, dilation, is_flipped=False)

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        stride, dilation = ctx.form
        gradient = gradients[0].contiguous()
        for_inputs = for_weight = None
        if is_wanted(ctx, 0):
            if stride == 1:
                for_inputs = _run_filter(gradient, weight, 1, dilation, is_flipped=True)
            else:
                for_inputs = _strided_gradient(gradient, weight, stride)
            if len(weight) > inputs.shape[1]:
                for_inputs = for_inputs.unflatten(1, (-1, inputs.shape[1])).sum(1)
        if is_wanted(ctx, 1):
            for_weight = _run_correlation(inputs, gradient, weight, stride, dilation)
        return for_inputs, for_weight, None, None


def _run_filter(
    inputs: Tensor, weight: Tensor, stride: int, dilation: int, *, is_flipped: bool
) -> Tensor:
    examples, given, height, width = inputs.shape
    rows, columns = height // stride, width // stride
    outputs = inputs.new_empty(examples, len(weight), rows, columns)
    count = examples * rows * columns
    _filter[len(weight), triton.cdiv(count, BLOCK)](
        inputs, weight.contiguous(), outputs, count, given, height, width, rows, columns,
        weight.shape[-1], stride, dilation, is_flipped, BLOCK,
    )  # fmt: skip
    return outputs


def _run_correlation(
    inputs: Tensor, gradient: Tensor, weight: Tensor, stride: int, dilation: int
) -> Tensor:
    examples, channels, rows, columns = gradient.shape
    count = examples * rows * columns
    blocks = triton.cdiv(count, BLOCK)
    found = inputs.new_empty(blocks, *weight.shape)
    _correlate[channels, blocks](
        inputs, gradient, found, count, *inputs.shape[1:], rows, columns,
        weight.shape[-1], stride, dilation, BLOCK,
    )  # fmt: skip
    return found.sum(0)


def _strided_gradient(gradient: Tensor, weight: Tensor, stride: int) -> Tensor:
    padding = weight.shape[-1] // 2
    examples, channels, rows, columns = gradient.shape
    found: Tensor = torch.ops.aten.convolution_backward(
        gradient,
        gradient.new_empty(examples, channels, rows * stride, columns * stride),
        weight,
        None,
        [stride, stride],
        [padding, padding],
        [1, 1],
        False,  # not transposed
        [0, 0],
        len(weight),
        [True, False, False],
    )[0]
    return found
