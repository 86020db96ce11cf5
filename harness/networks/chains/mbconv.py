"""The layers of chains: inverted bottlenecks, separable convolutions, stem, tail and classifier."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from typing_extensions import override

from harness.api import OperationKey, Unsupported
from harness.networks.chains.chain import CLASSIFIER, SKIP, Size, resize
from harness.networks.operations import HalvingConvolution


@dataclass(frozen=True)
class Style:
    """What an authors' layers have in common.

    Attributes:
        activation: Makes the activation.
        epsilon: Of batch normalisation, whose momentum is torch's 0.1 (MXNet's 0.9).
    """

    activation: Callable[[], nn.Module]
    epsilon: float


PROXYLESSNAS = Style(nn.ReLU6, 1e-3)
EAT_NAS = Style(nn.ReLU, 2e-5)


@dataclass(frozen=True)
class Form:
    """A layer's key, read.

    Attributes:
        kind: ``conv``, ``mbconv`` or ``sepconv``.
        kernel: Side of its (depthwise) kernel.
        expansion: Of an inverted bottleneck; else 1.
        has_skip: Whether there is a way round it.
        inputs: Size of what it takes.
        outputs: Size of what it returns.
    """

    kind: str
    kernel: int
    expansion: int
    has_skip: bool
    inputs: Size
    outputs: Size

    @property
    def stride(self) -> int:
        """1 where the resolution stays."""
        return 1 if self.inputs[1:] == self.outputs[1:] else 2


class MBConv(nn.Module):
    """An inverted bottleneck: 1x1 expansion (unless by 1), depthwise convolution, 1x1 projection.

    The projection is linear. What goes round it, if anything, is added: the input, or where sizes
    differ a 1x1 convolution of it with batch normalisation.
    """

    def __init__(self, form: Form, style: Style) -> None:
        super().__init__()
        narrow, wide = form.inputs[0], form.inputs[0] * form.expansion
        self.expand = _convolve(narrow, wide, 1, 1, style) if wide > narrow else nn.Identity()
        self.depthwise = _convolve(wide, wide, form.kernel, form.stride, style, groups=wide)
        self.project = _convolve(wide, form.outputs[0], 1, 1, style, is_linear=True)
        self.bypass: nn.Module | None = None
        if form.has_skip:
            self.bypass = _make_bypass(form, style)

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.project(self.depthwise(self.expand(inputs)))
        return outputs if self.bypass is None else outputs + self.bypass(inputs)


class SepConv(nn.Sequential):
    """A depthwise and a pointwise convolution, each normalised and activated."""

    def __init__(self, form: Form, style: Style) -> None:
        narrow, channels = form.inputs[0], form.outputs[0]
        depthwise = _convolve(narrow, narrow, form.kernel, form.stride, style, groups=narrow)
        pointwise = _convolve(narrow, channels, 1, 1, style)
        super().__init__(OrderedDict(depthwise=depthwise, pointwise=pointwise))


def make_layer(key: OperationKey, style: Style) -> nn.Module:
    """Return an untrained module that computes ``key``.

    Raises:
        Unsupported: If a chain has no such layer.
    """
    if key.name == CLASSIFIER:
        linear = nn.Linear(key.inputs[0], key.outputs[0])
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)
    form = _read(key)
    if form.kind == "conv":
        channels = (form.inputs[0], form.outputs[0])
        return _convolve(*channels, form.kernel, form.stride, style)
    return MBConv(form, style) if form.kind == "mbconv" else SepConv(form, style)


_NAME = re.compile(rf"(conv|sepconv|mbconv)_([1357])x\2(?:_e([1-9])({SKIP})?)?")


def _read(key: OperationKey) -> Form:
    """Return what a key says.

    Raises:
        Unsupported: If it is no layer of a chain.
    """
    name = _NAME.fullmatch(key.name)
    sizes = [resize(key.inputs, key.outputs[0], stride) for stride in (1, 2)]
    if not name or (name[3] is None) is (name[1] == "mbconv") or key.outputs not in sizes:
        raise Unsupported(f"A chain of layers has no operation {key.to_text()!r}.")
    kind, kernel, expansion, skip = name.groups()
    return Form(kind, int(kernel), int(expansion or 1), bool(skip), key.inputs, key.outputs)


def _make_bypass(form: Form, style: Style) -> nn.Module:
    if form.inputs == form.outputs:
        return nn.Identity()
    channels = (form.inputs[0], form.outputs[0])
    return _convolve(*channels, 1, form.stride, style, is_linear=True)


def _convolve(
    channels_in: int,
    channels: int,
    kernel: int,
    stride: int,
    style: Style,
    *,
    groups: int = 1,
    is_linear: bool = False,
) -> nn.Sequential:
    """Return a convolution, its batch normalisation and, unless it is linear, an activation."""
    convolution = (
        HalvingConvolution(channels_in, channels)
        if (kernel, stride) == (1, 2)
        else nn.Conv2d(
            channels_in, channels, kernel, stride, kernel // 2, groups=groups, bias=False
        )
    )
    layers = OrderedDict[str, nn.Module](
        conv=convolution, norm=nn.BatchNorm2d(channels, eps=style.epsilon)
    )
    if not is_linear:
        layers["activation"] = style.activation()
    return nn.Sequential(layers)
