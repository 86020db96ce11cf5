"""Networks that are chains of layers, written as the keys of a price list; loads no torch.

Every layer of a chain is an ``OperationKey``: its name says what is computed and its sizes say the
widths and the stride, so that a network's layers are its price list::

    conv_3x3                convolution, batch normalisation, activation
    mbconv_5x5_e3           inverted bottleneck: kernel 5, expansion 3
    mbconv_5x5_e3_skip      with a way round it, a 1x1 convolution where its sizes differ
    sepconv_3x3             depthwise and pointwise convolution
    classifier              global average pool, linear layer
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.api import OperationKey, Scale, TaskShape

Size = tuple[int, int, int]
Block = tuple[OperationKey | None, ...]  # None: the layer is left out

CLASSIFIER = "classifier"
SKIP = "_skip"


class Place(NamedTuple):
    """Where a layer stands: the sizes of what it takes and of what it returns."""

    inputs: Size
    outputs: Size

    def key(self, name: str) -> OperationKey:
        """Return the key of a layer at this place."""
        return OperationKey(name, self.inputs, self.outputs)

    @property
    def keeps_size(self) -> bool:
        """Whether an input can be added to an output."""
        return self.inputs == self.outputs


@dataclass(frozen=True)
class Frame:
    """What stands around the blocks.

    Attributes:
        stem: The layers before them.
        tail: A 1x1 convolution after them.
        classifier: The last layer.
    """

    stem: tuple[OperationKey, ...]
    tail: OperationKey
    classifier: OperationKey

    @property
    def keys(self) -> tuple[OperationKey, ...]:
        """Every layer of the frame."""
        return (*self.stem, self.tail, self.classifier)


def name_mbconv(kernel: int, expansion: int, *, skip: bool) -> str:
    """Return the name of an inverted bottleneck."""
    return f"mbconv_{kernel}x{kernel}_e{expansion}{SKIP if skip else ''}"


def resize(size: Size, channels: int, stride: int) -> Size:
    """Return the size that a padded layer of so many channels and this stride makes of ``size``."""
    _, height, width = size
    return channels, math.ceil(height / stride), math.ceil(width / stride)


def enclose(stem: Sequence[OperationKey], last: Size, features: int, classes: int) -> Frame:
    """Return the frame of a network.

    Args:
        stem: The layers before the blocks.
        last: Size of what the blocks return.
        features: Channels that the tail makes of it.
        classes: Number of logits.
    """
    wide = resize(last, features, 1)
    return Frame(
        tuple(stem),
        OperationKey("conv_1x1", last, wide),
        OperationKey(CLASSIFIER, wide, (classes, 1, 1)),
    )


def list_layers(frame: Frame, blocks: Iterable[Block]) -> tuple[OperationKey, ...]:
    """Return every layer of a network."""
    return (*frame.keys, *(key for block in blocks for key in block if key is not None))


def find_obstacle(space: str, shape: TaskShape, scale: Scale) -> str | None:
    """Say why no chain can be built for this task at this scale, or return None."""
    if scale.auxiliary:
        return f"A network of {space} has no auxiliary head; set auxiliary_weight to 0."
    if scale.channels < 1:
        return f"A network of {space} needs initial channels, not {scale.channels}."
    if min(shape.inputs) < 1:
        return f"There is nothing to see in images of {'x'.join(map(str, shape.inputs))}."
    return None
