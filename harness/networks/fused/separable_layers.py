"""Separable convolutions of many edges side by side: what a layer is, runs and keeps.

Tensors that hold all E edges that leave a state of C channels have E * C channels, edge by edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from harness.networks.fused.batch_statistics import BatchStatistics
from harness.networks.fused.depthwise import convolve
from harness.networks.fused.pointwise import convolve_pixels


@dataclass(frozen=True)
class Layer:
    """ReLU, depthwise and pointwise convolution and batch normalisation, of every edge.

    Attributes:
        stride: Of the depthwise convolution, 1 or 2.
        dilation: 1 or 2; 1 if the stride is 2.
        is_even: Whether it sees only even rows and columns of its input.
        norms: The batch normalisation of each edge.
    """

    stride: int
    dilation: int
    is_even: bool
    norms: tuple[nn.BatchNorm2d, ...]


Operation = tuple[Layer, ...]


@dataclass(frozen=True)
class Kept:
    """What a layer keeps for the backward pass.

    Attributes:
        output: Before normalisation.
        mean: Of each channel of the output.
        precision: One over the deviation of each.
    """

    output: Tensor
    mean: Tensor
    precision: Tensor

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """All of them, in order."""
        return self.output, self.mean, self.precision

    def activate(self) -> Tensor:
        """Return the normalised output after ReLU: the next layer's input."""
        offset = widen(-self.mean * self.precision)
        return torch.addcmul(offset, self.output, widen(self.precision)).relu_()


@dataclass(frozen=True)
class Weights:
    """A layer's weights.

    Attributes:
        depthwise: Shape (E * C, 1, kernel, kernel).
        pointwise: Shape (E * C, C, 1, 1).
    """

    depthwise: Tensor
    pointwise: Tensor


class Expanded:
    """A state after ReLU, once for every edge; made when first asked for.

    Args:
        state: Shape (N, C, height, width).
        edges: How many leave it.
    """

    def __init__(self, state: Tensor, edges: int) -> None:
        self.positive = state.relu()
        self.edges = edges
        self._made: dict[bool, Tensor] = {}

    def take(self, *, is_even: bool) -> Tensor:
        """Return it, or only its even rows and columns."""
        if is_even not in self._made:
            one = self.positive[:, :, ::2, ::2] if is_even else self.positive
            self._made[is_even] = torch.cat([one] * self.edges, dim=1)
        return self._made[is_even]


def run_layer(
    inputs: Tensor, layer: Layer, weights: Weights, edges: int, statistics: BatchStatistics
) -> Kept:
    """Run the convolutions of a layer and note their statistics."""
    filtered = convolve(inputs, weights.depthwise, layer.stride, layer.dilation)
    output = convolve_pixels(filtered, weights.pointwise, edges)
    mean, variance = torch.batch_norm_update_stats(output, None, None, 0.0)
    pixels = output.numel() // output.shape[1]
    statistics.add(layer.norms, mean, variance * (pixels / (pixels - 1)))
    return Kept(output, mean, (variance + layer.norms[0].eps).rsqrt())


def widen(values: Tensor) -> Tensor:
    """Return one number per channel in a shape that multiplies feature maps."""
    return values.view(1, -1, 1, 1)
