"""ProxylessNAS (Cai, Zhu and Han, ICLR 2019): each layer an inverted bottleneck, or none."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from typing_extensions import override

from harness.api import (
    Architecture,
    BlockChain,
    ConfigError,
    Decision,
    Inventory,
    OperationKey,
    Scale,
    TaskShape,
    WeightSharingSpace,
    show,
)
from harness.networks.chains.chain import (
    SKIP,
    Block,
    Frame,
    Place,
    enclose,
    find_obstacle,
    list_layers,
    name_mbconv,
    resize,
)
from harness.networks.image_size import has_large_images

if TYPE_CHECKING:
    from torch import nn

ZERO = "zero"
FORMS = tuple(itertools.product((3, 5, 7), (3, 6)))  # kernel, expansion
OPERATIONS = tuple(name_mbconv(kernel, expansion, skip=False) for kernel, expansion in FORMS)
LABELS = {
    **{
        name: f"{kernel}e{expansion}"
        for name, (kernel, expansion) in zip(OPERATIONS, FORMS, strict=True)
    },
    ZERO: ZERO,
}

# Of the network for ImageNet, which has 32 initial channels.
CHANNELS = 32
FIRST = 16
WIDTHS = (24, 40, 80, 96, 192, 320)
FEATURES = 1280
STRIDES = (2, 2, 2, 1, 2, 1)
SMALL_STRIDES = (1, 1, 2, 1, 2, 1)


class MbconvChain(WeightSharingSpace):
    """Six stages of layers, each with its own kernel and expansion, or left out.

    The first layer of a stage changes the width and perhaps the resolution, so it cannot be left
    out; the others can. An input is added to a layer's output wherever they have one size. A
    convolution, a fixed layer without expansion, and after the stages a 1x1 convolution stand
    around them.

    Large images (both sides of at least 64 pixels) get the network of the paper. On smaller ones
    the stem and the first two stages keep the resolution.

    At 32 initial channels the stages are 24, 40, 80, 96, 192 and 320 wide; other numbers scale
    every width in proportion, so that 16 halve them, as is usual for images of 32x32. Widths are
    rounded to multiples of 8, on small images of 4, never losing more than a tenth. The number of
    layers belongs to the space, so the number of cells of a scale means nothing here.

    Args:
        blocks: Layers of each of the six stages, the first ones included.
    """

    has_drop_path = False
    has_auxiliary_head = False
    can_share_channels = False

    def __init__(self, *, blocks: str = "4,4,4,4,4,1") -> None:
        self.counts = _read_counts(blocks)
        self.decisions = tuple(
            Decision(
                f"stage_{stage}_layer_{layer}", OPERATIONS if layer == 1 else (*OPERATIONS, ZERO)
            )
            for stage, count in enumerate(self.counts, start=1)
            for layer in range(1, count + 1)
        )

    @override
    def build(self, architecture: Architecture, shape: TaskShape, scale: Scale) -> nn.Module:
        from harness.networks.chains.chain_network import ChainNetwork
        from harness.networks.chains.mbconv import PROXYLESSNAS

        self.require(shape, scale)
        frame, _ = self._lay_out(shape, scale)
        return ChainNetwork(frame, self._choose(architecture, shape, scale), PROXYLESSNAS)

    @override
    def supernet(self, shape: TaskShape, scale: Scale, *, channel_share: int = 1) -> nn.Module:
        from harness.networks.chains.chain_supernet import ChainSupernet, MixedLayer
        from harness.networks.chains.mbconv import PROXYLESSNAS

        self.require_supernet(shape, scale, channel_share)
        frame, stages = self._lay_out(shape, scale)
        layers = [
            MixedLayer(place, edge.options, PROXYLESSNAS)
            for place, edge in zip(itertools.chain(*stages), self.edges, strict=True)
        ]
        return ChainSupernet(frame, layers, PROXYLESSNAS)

    @override
    def unsupported(self, shape: TaskShape, scale: Scale) -> str | None:
        return find_obstacle("mbconv_chain", shape, scale)

    @override
    def graph(self, architecture: Architecture) -> dict[str, BlockChain]:
        return {"network": BlockChain(tuple(map(_draw, self._label(architecture))), self.counts)}

    @override
    def inventory(self, shape: TaskShape, scale: Scale) -> Inventory:
        frame, stages = self._lay_out(shape, scale)
        return Inventory(
            frame.keys,
            tuple(
                tuple(() if name == ZERO else (_key(place, name),) for name in edge.options)
                for place, edge in zip(itertools.chain(*stages), self.edges, strict=True)
            ),
        )

    @override
    def layers(
        self, architecture: Architecture, shape: TaskShape, scale: Scale
    ) -> tuple[OperationKey, ...]:
        frame, _ = self._lay_out(shape, scale)
        return list_layers(frame, self._choose(architecture, shape, scale))

    @override
    def operation(self, key: OperationKey) -> nn.Module:
        from harness.networks.chains.mbconv import PROXYLESSNAS, make_layer

        return make_layer(key, PROXYLESSNAS)

    @override
    def to_text(self, architecture: Architecture) -> str:
        labels = self._label(architecture)
        return " | ".join(" ".join(itertools.islice(labels, count)) for count in self.counts)

    @override
    def from_text(self, text: str) -> Architecture:
        stages = [stage.split() for stage in text.split("|")]
        found = ",".join(str(len(stage)) for stage in stages)
        if found != (wanted := ",".join(map(str, self.counts))):
            raise ConfigError(
                f"{show(text)} has stages of {found} layers; expected {wanted}, stages parted "
                "by '|'."
            )
        pairs = zip(itertools.chain(*stages), self.edges, strict=True)
        return tuple(_read_layer(label, edge) for label, edge in pairs)

    def _label(self, architecture: Architecture) -> Iterator[str]:
        for edge, choice in zip(self.edges, architecture, strict=True):
            yield LABELS[edge.options[choice]]

    def _lay_out(self, shape: TaskShape, scale: Scale) -> tuple[Frame, list[list[Place]]]:
        """Return what is fixed, and where each stage's layers stand."""
        is_large = has_large_images(shape)
        widen = functools.partial(_scale, channels=scale.channels, unit=8 if is_large else 4)
        images = Place(shape.inputs, resize(shape.inputs, widen(CHANNELS), 2 if is_large else 1))
        first = Place(images.outputs, resize(images.outputs, widen(FIRST), 1))
        stem = (images.key("conv_3x3"), first.key(name_mbconv(3, 1, skip=False)))
        stages, size = [], first.outputs
        strides = STRIDES if is_large else SMALL_STRIDES
        for count, width, stride in zip(self.counts, WIDTHS, strides, strict=True):
            last, size = size, resize(size, widen(width), stride)
            stages.append([Place(last, size), *[Place(size, size)] * (count - 1)])
        return enclose(stem, size, widen(FEATURES), shape.classes), stages

    def _choose(
        self, architecture: Architecture, shape: TaskShape, scale: Scale
    ) -> Iterator[Block]:
        """Yield the layers of each stage."""
        _, stages = self._lay_out(shape, scale)
        choices = iter(zip(self.edges, architecture, strict=True))
        for places in stages:
            names = [
                edge.options[choice] for edge, choice in itertools.islice(choices, len(places))
            ]
            yield tuple(
                None if name == ZERO else _key(place, name)
                for place, name in zip(places, names, strict=True)
            )


def _key(place: Place, name: str) -> OperationKey:
    return place.key(name + SKIP if place.keeps_size else name)


def _scale(width: int, *, channels: int, unit: int) -> int:
    """Return a width at other initial channels, as a multiple of ``unit``."""
    exact = width * channels / CHANNELS
    rounded = max(unit, int(exact + unit / 2) // unit * unit)
    return rounded if rounded >= 0.9 * exact else rounded + unit


def _draw(label: str) -> str:
    if label == ZERO:
        return label
    kernel, _, expansion = label.partition("e")
    return f"mbconv k{kernel} e{expansion}"


def _read_counts(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    counts = tuple(int(part) for part in parts if part.isdecimal())
    if len(counts) < len(parts) or len(counts) != len(WIDTHS) or min(counts) < 1:
        raise ConfigError(
            f"blocks is {show(text)}; expected the layers of {len(WIDTHS)} stages, such as "
            "'4,4,4,4,4,1', at least 1 each."
        )
    return counts


def _read_layer(label: str, edge: Decision) -> int:
    labels = [LABELS[name] for name in edge.options]
    if label not in labels:
        raise ConfigError(f"{edge.name} is {show(label)}; expected one of {', '.join(labels)}.")
    return labels.index(label)
