"""EAT-NAS' space (Fang et al., arXiv 2019): blocks with an operation, kernel, depth and width."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from harness.api import (
    Architecture,
    BlockChain,
    ConfigError,
    Decision,
    Gates,
    Inventory,
    OperationKey,
    Product,
    Scale,
    TaskShape,
    Unsupported,
    WeightSharingSpace,
    argmax,
    show,
)
from harness.networks.chains.chain import find_obstacle, list_layers
from harness.spaces._mobile_blocks import (
    BASE_WIDTH,
    DEPTHS,
    ELEMENTS,
    PAIRS,
    SKIP_ON,
    WIDTHS,
    Code,
    Outline,
    Reading,
    draw_code,
    name_layer,
    read_code,
    read_codes,
    write_code,
)

if TYPE_CHECKING:
    from torch import Tensor, nn


class Mobile(WeightSharingSpace):
    """Blocks of one to four equal layers: separable convolutions or inverted bottlenecks.

    A skip goes round every inverted bottleneck of its block, as a 1x1 convolution where sizes
    differ; in a block of separable convolutions it has no effect, as in the authors' code. The
    first layer of a block changes the width and perhaps the resolution.

    Blocks take their base widths and strides from MobileNetV2, in order: 16, 24, 32, 64, 96, 160
    and 320 channels at 32 initial ones, in proportion at other numbers (at least 4), and times the
    block's factor, truncated. Images with both sides of at least 64 pixels are halved in the stem
    and in blocks 2, 3, 4 and 6; smaller ones in blocks 3, 4 and 6 only. The number of blocks and
    layers belongs to the space, so the number of cells of a scale means nothing here.

    The super-network holds the architectures with skips and base widths: each block has one gate
    over operation and kernel, which its layers share, and one over its number of layers.

    Args:
        blocks: Their number, 1 to 7; the paper has 7, for ImageNet.
        width: What a block's factor multiplies. ``base``: its base width, the default of the
            authors' code. ``previous``: the width of the block before it, the stem's for the first
            one, but at least 4 (the paper's "expansion ratio of filter number"); blocks then differ
            in width by their factors alone, and a super-network is as wide as its stem throughout.
    """

    has_drop_path = False
    has_auxiliary_head = False
    can_share_channels = False
    needs_target = True

    def __init__(self, *, blocks: int = 5, width: Reading = "base") -> None:
        if not 1 <= blocks <= len(WIDTHS):
            raise ConfigError(f"blocks is {blocks}; expected 1 to {len(WIDTHS)}.")
        self.blocks, self.width = blocks, width
        self.decisions = tuple(
            Decision(f"block_{block}_{element}", options)
            for block in range(1, blocks + 1)
            for element, options in ELEMENTS.items()
        )
        self.edges = tuple(
            Decision(f"block_{block}_{choice}", options)
            for block in range(1, blocks + 1)
            for choice, options in (
                ("operation", tuple(name_layer(*pair, skip=False) for pair in PAIRS)),
                ("layers", ELEMENTS["layers"]),
            )
        )

    @override
    def build(self, architecture: Architecture, shape: TaskShape, scale: Scale) -> nn.Module:
        from harness.networks.chains.chain_network import ChainNetwork
        from harness.networks.chains.mbconv import EAT_NAS

        self.require(shape, scale)
        layers = self._outline(shape, scale).lay_out(read_codes(architecture))
        return ChainNetwork(*layers, EAT_NAS)

    @override
    def supernet(self, shape: TaskShape, scale: Scale, *, channel_share: int = 1) -> nn.Module:
        from harness.networks.chains.chain_supernet import ChainSupernet, ElasticBlock
        from harness.networks.chains.mbconv import EAT_NAS

        self.require_supernet(shape, scale, channel_share)
        frame, blocks = self._outline(shape, scale).plan([(BASE_WIDTH, DEPTHS)] * self.blocks)
        names = [name_layer(*pair, skip=True) for pair in PAIRS]
        return ChainSupernet(
            frame, [ElasticBlock(places, names, EAT_NAS) for places in blocks], EAT_NAS
        )

    @override
    def unsupported(self, shape: TaskShape, scale: Scale) -> str | None:
        return find_obstacle("mobile", shape, scale)

    @override
    def derive(self, probabilities: Sequence[NDArray[np.float64]]) -> Architecture:
        best = argmax(probabilities)
        return tuple(
            choice
            for pair, layers in zip(best[::2], best[1::2], strict=True)
            for choice in Code(*PAIRS[pair], SKIP_ON, layers, BASE_WIDTH)
        )

    @override
    def gates_of(self, architecture: Architecture) -> Gates:
        choices: list[int] = []
        for block, code in enumerate(read_codes(architecture), start=1):
            if code.skip != SKIP_ON or code.width != BASE_WIDTH:
                raise Unsupported(
                    "The super-network of mobile holds blocks with a skip and of base width, not "
                    f"block {block}, {write_code(code)}."
                )
            choices += [PAIRS.index((code.operation, code.kernel)), code.layers]
        return Gates.one_hot(self.edges, choices)

    @override
    def sample_path(self, rng: np.random.Generator) -> Architecture:
        codes = (
            code._replace(skip=SKIP_ON, width=BASE_WIDTH) for code in read_codes(self.sample(rng))
        )
        return tuple(itertools.chain(*codes))

    @override
    def graph(self, architecture: Architecture) -> dict[str, BlockChain]:
        return {"network": BlockChain(tuple(map(draw_code, read_codes(architecture))))}

    @override
    def inventory(self, shape: TaskShape, scale: Scale) -> Inventory:
        frame, blocks = self._outline(shape, scale).plan([(BASE_WIDTH, DEPTHS)] * self.blocks)
        products = []
        for block, places in enumerate(blocks):
            keys = [[place.key(name_layer(*pair, skip=True)) for place in places] for pair in PAIRS]
            depths = tuple(
                tuple(tuple(row[: depth + 1]) for depth in range(DEPTHS)) for row in keys
            )
            products.append(Product(2 * block, 2 * block + 1, depths))
        return Inventory(frame.keys, ((),) * len(self.edges), tuple(products))

    @override
    def layers(
        self, architecture: Architecture, shape: TaskShape, scale: Scale
    ) -> tuple[OperationKey, ...]:
        return list_layers(*self._outline(shape, scale).lay_out(read_codes(architecture)))

    @override
    def operations(self, shape: TaskShape, scale: Scale) -> Iterator[OperationKey]:
        return self._outline(shape, scale).reach(self.blocks)

    @override
    def operation(self, key: OperationKey) -> nn.Module:
        from harness.networks.chains.mbconv import EAT_NAS, make_layer

        return make_layer(key, EAT_NAS)

    @override
    def inherit(
        self,
        child: Architecture,
        network: nn.Module,
        parent: Architecture,
        weights: Mapping[str, Tensor],
    ) -> None:
        # Names say block, layer, operation and kernel, so equal names are what may be shared: the
        # leading layers of blocks of one operation and kernel, and all that is not a block.
        from harness.networks.chains.chain_network import copy_overlap

        copy_overlap(network, weights)

    @override
    def to_text(self, architecture: Architecture) -> str:
        return " ".join(map(write_code, read_codes(architecture)))

    @override
    def from_text(self, text: str) -> Architecture:
        blocks = re.findall(r"\[([^][]*)\]", text)
        rest = re.sub(r"\[[^][]*\]", "", text)
        if rest.strip(" ,") or len(blocks) != self.blocks:
            raise ConfigError(
                f"{show(text)} is no architecture: expected {self.blocks} blocks such as "
                f"[2,0,1,3,1], which are codes of {', '.join(ELEMENTS)}."
            )
        codes = (read_code(number, block) for number, block in enumerate(blocks, start=1))
        return tuple(itertools.chain(*codes))

    def _outline(self, shape: TaskShape, scale: Scale) -> Outline:
        return Outline(shape, scale, self.width)
