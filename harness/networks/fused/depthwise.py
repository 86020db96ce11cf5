"""Depthwise convolutions and their gradients, arranged the way a processor does them fastest.

The kernels are square and of odd size, the padding keeps the resolution, and a stride is 1 or 2.
The library's own gradients leave its vectorised kernels where the convolution is dilated or
strided, or the weight wider than three columns, and then take 5 to 20 times the forward pass. The
same sums, arranged otherwise, stay inside them.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

FAST_COLUMNS = 3  # the widest kernel whose weight gradient is vectorised


def convolve(inputs: Tensor, weight: Tensor, stride: int, dilation: int) -> Tensor:
    """Convolve each channel by itself.

    Args:
        inputs: Shape (N, C, height, width); even sides if the stride is 2.
        weight: Shape (C, 1, kernel, kernel).
        stride: 1 or 2.
        dilation: 1 or 2; 1 if the stride is 2.
    """
    padding = dilation * (weight.shape[-1] // 2)
    return conv2d(inputs, weight, None, stride, padding, dilation, groups=len(weight))


def input_gradient(gradient: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """Return the gradient of the inputs of a convolution of stride 1: another convolution."""
    return convolve(gradient, weight.flip(2, 3), 1, dilation)


def input_gradient_phases(gradient: Tensor, weight: Tensor) -> Iterator[Tensor]:
    """Yield the gradient of the inputs of an undilated convolution of stride 2, in four parts.

    They lie at the inputs' even rows and even columns, even and odd, odd and even, odd and odd;
    each is a convolution of stride 1 with the taps of one parity.

    Args:
        gradient: Of the outputs.
        weight: Of at most 5 rows and columns.
    """
    kernel = weight.shape[-1]
    missing = 6 - kernel
    padded = pad(weight, (1, missing, 1, missing))
    first = kernel // 2
    for row in (first, first + 1):
        rows = padded[:, :, row - 1 : row + 4 : 2]
        for column in (first, first + 1):
            taps = rows[..., column - 1 : column + 4 : 2].flip(2, 3)
            yield convolve(gradient, taps.contiguous(), 1, 1)


def weight_gradient(
    inputs: Tensor, gradient: Tensor, kernel: int, stride: int, dilation: int
) -> Tensor:
    """Return the gradient of the weight, shape (C, 1, kernel, kernel).

    Args:
        inputs: Of the convolution.
        gradient: Of its outputs.
        kernel: Its rows and columns.
        stride: Its stride.
        dilation: Its dilation.
    """
    channels, (height, width) = inputs.shape[1], inputs.shape[2:]
    if dilation == 2 and height % 2 == width % 2 == 0 and inputs.device.type == "cpu":
        inputs, gradient, dilation = _fold(inputs), _fold(gradient), 1
    padding = dilation * (kernel // 2)
    if kernel <= FAST_COLUMNS or dilation > 1 or inputs.device.type != "cpu":
        found = _correlate(inputs, gradient, (kernel, kernel), (padding, padding), stride, dilation)
    else:
        found = _correlate_windows(inputs, gradient, kernel, stride)
    return found.view(-1, channels, 1, kernel, kernel).sum(0)


def _correlate_windows(inputs: Tensor, gradient: Tensor, kernel: int, stride: int) -> Tensor:
    """Return the gradient of a wide weight, in overlapping windows of three columns."""
    padding = kernel // 2
    windows: list[Tensor] = []
    for known in range(0, kernel, FAST_COLUMNS):
        start = min(known, kernel - FAST_COLUMNS)
        window = pad(inputs, (padding - start, start + FAST_COLUMNS - 1 - padding))
        found = _correlate(window, gradient, (kernel, FAST_COLUMNS), (padding, 0), stride, 1)
        windows.append(found[..., known - start :])
    return torch.cat(windows, dim=3)


def _correlate(
    inputs: Tensor,
    gradient: Tensor,
    kernel: tuple[int, int],
    padding: tuple[int, int],
    stride: int,
    dilation: int,
) -> Tensor:
    channels = inputs.shape[1]
    found: Tensor = torch.ops.aten.convolution_backward(
        gradient,
        inputs,
        inputs.new_empty(channels, 1, *kernel),
        None,
        [stride, stride],
        list(padding),
        [dilation, dilation],
        False,  # not transposed
        [0, 0],
        channels,
        [False, True, False],
    )[1]
    return found


def _fold(inputs: Tensor) -> Tensor:
    """Part even and odd rows into examples, even and odd columns into channels.

    A dilation of 2 meets only places of one parity, so that what was dilated no longer is. In
    memory whole rows are moved, because channels lie last.
    """
    count, channels, height, width = inputs.shape
    rows = inputs.permute(0, 2, 3, 1).reshape(count, height // 2, 2, width // 2, 2 * channels)
    parted = rows.transpose(1, 2).reshape(2 * count, height // 2, width // 2, 2 * channels)
    return parted.permute(0, 3, 1, 2)
