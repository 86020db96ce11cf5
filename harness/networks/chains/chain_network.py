"""The stand-alone network of a chain of layers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from typing_extensions import override

from harness.networks.chains.chain import SKIP, Block, Frame
from harness.networks.chains.mbconv import Style, make_layer


class ChainNetwork(nn.Module):
    """Stem, blocks, 1x1 convolution, global average pool, linear classifier.

    Submodules are named by block, layer and operation, so equal names in two networks mean the same
    layer, perhaps of another width; whether something goes round it is not part of the name.

    Args:
        frame: What stands around the blocks.
        blocks: Their layers; a block may be empty, which returns its input.
        style: Of the layers.
    """

    def __init__(self, frame: Frame, blocks: Iterable[Block], style: Style) -> None:
        super().__init__()
        self.stem = nn.Sequential(*(make_layer(key, style) for key in frame.stem))
        self.blocks = nn.Sequential(*(_make_block(block, style) for block in blocks))
        self.tail = make_layer(frame.tail, style)
        self.classifier = nn.Linear(frame.classifier.inputs[0], frame.classifier.outputs[0])

    @override
    def forward(self, images: Tensor) -> Tensor:
        features = self.tail(self.blocks(self.stem(images)))
        logits: Tensor = self.classifier(features.mean(dim=(2, 3)))
        return logits


def _make_block(block: Block, style: Style) -> nn.Sequential:
    layers = (
        (f"{index}_{key.name.removesuffix(SKIP)}", make_layer(key, style))
        for index, key in enumerate(block)
        if key is not None
    )
    return nn.Sequential(OrderedDict(layers))


def copy_overlap(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy what tensors of equal names have in common: their leading channels, in and out.

    What a parent is too narrow or too shallow for stays as it is (EAT-NAS' parameter sharing).

    Args:
        network: The child.
        weights: Of its parent.
    """
    with torch.no_grad():
        for name, own in network.state_dict().items():
            if name in weights and weights[name].dim() == own.dim():
                sides = zip(own.shape, weights[name].shape, strict=True)
                common = tuple(slice(min(pair)) for pair in sides)
                own[common].copy_(weights[name][common])
