"""Grouped 1x1 convolutions and the gradient of their weight, in the shape a processor likes best.

Pixels do not meet in a 1x1 convolution, so they may be dealt out to examples and rows at will. The
library's vectorised kernel wants at least 16 examples, and prefers one long row.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d

EXAMPLES = 16


def convolve_pixels(inputs: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Convolve pointwise.

    Args:
        inputs: Shape (N, groups * K, height, width).
        weight: Shape (groups * M, K, 1, 1).
        groups: Groups of channels that do not meet.
    """
    count, _, height, width = inputs.shape
    output = conv2d(_deal(inputs), weight, groups=groups)
    if len(output) == count and output.shape[2] == height:
        return output
    pixels = output.permute(0, 2, 3, 1).reshape(count, height, width, len(weight))
    return pixels.permute(0, 3, 1, 2)


def pixel_weight_gradient(inputs: Tensor, gradient: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Return the gradient of the weight, given that of the outputs."""
    found: Tensor = torch.ops.aten.convolution_backward(
        _deal(gradient),
        _deal(inputs),
        weight,
        None,
        [1, 1],
        [0, 0],
        [1, 1],
        False,  # not transposed
        [0, 0],
        groups,
        [False, True, False],
    )[1]
    return found


def _deal(inputs: Tensor) -> Tensor:
    """Return the same pixels with their channels last in memory, as 16 examples of one row."""
    count, channels, height, width = inputs.shape
    pixels = count * height * width
    if inputs.device.type != "cpu" or pixels % EXAMPLES:
        return inputs
    rows = inputs.permute(0, 2, 3, 1).reshape(EXAMPLES, 1, pixels // EXAMPLES, channels)
    return rows.permute(0, 3, 1, 2)
