"""The operations of cells by name, as the official code of DARTS defines them.

``sep_conv_7x7`` and ``conv_7x1_1x7`` are no choice of DARTS; NASNet and AmoebaNet have them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d
from typing_extensions import override

from harness.api import ConfigError


class Zero(nn.Module):
    """The operation ``none``: zeros; whoever sums operations may skip it."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        return zeros_after(inputs, self.stride)


class HalvingConvolution(nn.Conv2d):
    """A 1x1 convolution of stride 2, safe at fewer than 8 channels in.

    There the weight gradient of oneDNN 3.12 (torch 2.14.1, AVX2, channels last) writes past its
    buffer, so a narrow one is computed with stride 1 on even rows and columns: the same sums.
    """

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__(channels_in, channels, 1, stride=2, bias=False)

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        if self.in_channels < 8:
            return conv2d(inputs[:, :, ::2, ::2], self.weight)
        return super().forward(inputs)


class FactorizedReduce(nn.Module):
    """Halves an even resolution: two 1x1 convolutions of stride 2, the second shifted by (1, 1)."""

    def __init__(self, channels_in: int, channels: int, *, affine: bool) -> None:
        super().__init__()
        self.even = HalvingConvolution(channels_in, channels // 2)
        self.odd = HalvingConvolution(channels_in, channels // 2)
        self.norm = nn.BatchNorm2d(channels, affine=affine)

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        positive = inputs.relu()
        halves = self.even(positive), self.odd(positive[:, :, 1:, 1:])
        output: Tensor = self.norm(torch.cat(halves, dim=1))
        return output


class EvenConvolution(nn.Conv2d):
    """A depthwise convolution of stride 2 and dilation 2.

    With even padding it only ever meets even rows and columns, so it is computed as an undilated
    one on those: the same sums, several times faster on a CPU.

    Args:
        channels: Of its input and output.
        kernel: Odd size; as padding the dilated form has ``kernel - 1``.
    """

    def __init__(self, channels: int, kernel: int) -> None:
        padding = (kernel - 1) // 2
        super().__init__(channels, channels, kernel, padding=padding, groups=channels, bias=False)

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs[:, :, ::2, ::2])


class PointwiseConvolution(nn.Sequential):
    """ReLU, 1x1 convolution, batch normalisation: brings a cell's input to the cell's width."""

    def __init__(self, channels_in: int, channels: int, *, affine: bool) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(channels_in, channels, 1, bias=False),
            nn.BatchNorm2d(channels, affine=affine),
        )


def zeros_after(inputs: Tensor, stride: int) -> Tensor:
    """Return zeros of the shape that an operation of this stride gives ``inputs``."""
    return torch.zeros_like(inputs[:, :, ::stride, ::stride])


def make_operation(
    name: str, channels: int, stride: int, *, affine: bool, normalise_pools: bool = False
) -> nn.Module:
    """Return the operation called ``name``, which keeps the number of channels.

    Args:
        name: As in a genotype, e.g. ``sep_conv_3x3``.
        channels: Of its input and output.
        stride: 1, or 2 to halve the resolution.
        affine: Whether batch normalisation has parameters of its own (not in a super-network).
        normalise_pools: Whether batch normalisation without parameters follows a pool, so that its
            scale is comparable with the other operations' (in a super-network).

    Raises:
        ConfigError: If no operation has this name.
    """
    if name == "none":
        return Zero(stride)
    if name == "skip_connect":
        if stride == 1:
            return nn.Identity()
        return FactorizedReduce(channels, channels, affine=affine)
    if name in _POOLS:
        pool = _POOLS[name](stride)
        if not normalise_pools:
            return pool
        return nn.Sequential(pool, nn.BatchNorm2d(channels, affine=False))
    return nn.Sequential(*_list_layers(name, channels, stride, affine=affine))


_POOLS: dict[str, Callable[[int], nn.Module]] = {
    "max_pool_3x3": lambda stride: nn.MaxPool2d(3, stride, padding=1),
    "avg_pool_3x3": lambda stride: nn.AvgPool2d(3, stride, padding=1, count_include_pad=False),
}

# Kernel size, dilation, and how often the depthwise-separable convolution is applied.
_CONVOLUTIONS = {
    "sep_conv_3x3": (3, 1, 2),
    "sep_conv_5x5": (5, 1, 2),
    "sep_conv_7x7": (7, 1, 2),
    "dil_conv_3x3": (3, 2, 1),
    "dil_conv_5x5": (5, 2, 1),
}


_KNOWN = ("none", "skip_connect", *_POOLS, *_CONVOLUTIONS, "conv_7x1_1x7")


def _list_layers(name: str, channels: int, stride: int, *, affine: bool) -> list[nn.Module]:
    if name == "conv_7x1_1x7":
        return [
            nn.ReLU(),
            nn.Conv2d(channels, channels, (1, 7), (1, stride), (0, 3), bias=False),
            nn.Conv2d(channels, channels, (7, 1), (stride, 1), (3, 0), bias=False),
            nn.BatchNorm2d(channels, affine=affine),
        ]
    if name not in _CONVOLUTIONS:
        raise ConfigError(f"No operation is called {name!r}; expected one of {', '.join(_KNOWN)}.")
    kernel, dilation, repeats = _CONVOLUTIONS[name]
    strides = [stride] + [1] * (repeats - 1)
    return [
        layer
        for step in strides
        for layer in _separable(channels, kernel, step, dilation, affine=affine)
    ]


def _separable(
    channels: int, kernel: int, stride: int, dilation: int, *, affine: bool
) -> tuple[nn.Module, ...]:
    """Return ReLU, depthwise and pointwise convolution, batch normalisation."""
    pointwise = nn.Conv2d(channels, channels, 1, bias=False)
    return (
        nn.ReLU(),
        _depthwise(channels, kernel, stride, dilation),
        pointwise,
        nn.BatchNorm2d(channels, affine=affine),
    )


def _depthwise(channels: int, kernel: int, stride: int, dilation: int) -> nn.Conv2d:
    if stride == dilation == 2:
        return EvenConvolution(channels, kernel)
    return nn.Conv2d(
        channels,
        channels,
        kernel,
        stride=stride,
        padding=dilation * (kernel - 1) // 2,
        dilation=dilation,
        groups=channels,
        bias=False,
    )
