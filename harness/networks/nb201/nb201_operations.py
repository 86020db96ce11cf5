"""The parts of NAS-Bench-201's networks, as its official code defines them."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from harness.api import ConfigError
from harness.networks.operations import Zero
from harness.notation.nb201_text import NB201_OPERATIONS

_KERNELS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}


class Convolution(nn.Sequential):
    """ReLU, convolution, batch normalisation; the convolution has a bias where that has none."""

    def __init__(
        self, channels_in: int, channels: int, kernel: int, *, stride: int = 1, affine: bool = True
    ) -> None:
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(channels_in, channels, kernel, stride, padding=kernel // 2, bias=not affine),
            nn.BatchNorm2d(channels, affine=affine),
        )


class ResidualBlock(nn.Module):
    """Halves an even resolution and doubles the channels, between two stages of cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Convolution(channels, 2 * channels, 3, stride=2)
        self.second = Convolution(2 * channels, 2 * channels, 3)
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2), nn.Conv2d(channels, 2 * channels, 1, bias=False)
        )

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        output: Tensor = self.shortcut(inputs) + self.second(self.first(inputs))
        return output


class Stem(nn.Sequential):
    """3x3 convolution and batch normalisation."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )


class Head(nn.Module):
    """Batch normalisation, ReLU, global average pool and linear layer."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.last = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.classifier = nn.Linear(channels, classes)

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.last(inputs).mean(dim=(2, 3)))
        return logits


def make_operation(name: str, channels: int, *, affine: bool) -> nn.Module:
    """Return the operation called ``name``, which keeps channels and resolution.

    Args:
        name: As in a cell's text, e.g. ``nor_conv_3x3``.
        channels: Of its input and output.
        affine: Whether batch normalisation has parameters of its own (not in a super-network).

    Raises:
        ConfigError: If no operation has this name.
    """
    if name in _KERNELS:
        return Convolution(channels, channels, _KERNELS[name], affine=affine)
    if name == "none":
        return Zero(1)
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    raise ConfigError(
        f"No operation is called {name!r}; expected one of {', '.join(NB201_OPERATIONS)}."
    )
