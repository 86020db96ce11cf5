"""The blocks of EAT-NAS' space: their codes, text, names in a price list, and sizes; no plugin."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from harness.api import Architecture, ConfigError, OperationKey, Scale, TaskShape, show
from harness.networks.chains.chain import Block, Frame, Place, Size, enclose, name_mbconv, resize
from harness.networks.image_size import has_large_images

Reading = Literal["base", "previous"]

EXPANSIONS = (None, 3, 6)  # of the operations; the first is no inverted bottleneck
KERNELS = (3, 5, 7)
FACTORS = (0.5, 1.0, 1.5, 2.0)
ELEMENTS = {
    "operation": ("sepconv", "mbconv_e3", "mbconv_e6"),
    "kernel": ("3", "5", "7"),
    "skip": ("0", "1"),
    "layers": ("1", "2", "3", "4"),
    "width": ("0.5", "1", "1.5", "2"),
}
DEPTHS = len(ELEMENTS["layers"])
PAIRS = tuple(itertools.product(range(len(EXPANSIONS)), range(len(KERNELS))))  # op, kernel
SKIP_ON, BASE_WIDTH = 1, FACTORS.index(1.0)

# Of MobileNetV2, which has 32 initial channels.
CHANNELS = 32
WIDTHS = (16, 24, 32, 64, 96, 160, 320)
STRIDES = (1, 2, 2, 2, 1, 2, 1)
SMALL_STRIDES = (1, 1, 2, 2, 1, 2, 1)
FEATURES_PER_CHANNEL = 40
NARROWEST = 4


class Code(NamedTuple):
    """One block: the option of each of its elements."""

    operation: int
    kernel: int
    skip: int
    layers: int
    width: int


def read_codes(architecture: Architecture) -> list[Code]:
    """Return an architecture's blocks."""
    size = len(ELEMENTS)
    return [Code(*architecture[at : at + size]) for at in range(0, len(architecture), size)]


def write_code(code: Code) -> str:
    """Return a block's text, e.g. ``[2,0,1,3,1]``."""
    return f"[{','.join(map(str, code))}]"


def name_layer(operation: int, kernel: int, *, skip: bool) -> str:
    """Return the name of a layer in a price list."""
    side, expansion = KERNELS[kernel], EXPANSIONS[operation]
    if expansion is None:
        return f"sepconv_{side}x{side}"
    return name_mbconv(side, expansion, skip=skip)


def draw_code(code: Code) -> str:
    """Return what distinguishes a block, e.g. ``mbconv k3 e6 skip x4 w1``."""
    expansion, kernel = EXPANSIONS[code.operation], f"k{KERNELS[code.kernel]}"
    kind = f"mbconv {kernel} e{expansion}" if expansion else f"sepconv {kernel}"
    skip = " skip" if expansion and code.skip else ""
    layers, width = ELEMENTS["layers"][code.layers], ELEMENTS["width"][code.width]
    return f"{kind}{skip} x{layers} w{width}"


class Outline:
    """The sizes of a network, as far as they do not depend on its codes.

    Args:
        shape: Of the task.
        scale: Of the macro network.
        reading: What a block's factor multiplies: MobileNetV2's ``base`` width, or the width of
            the ``previous`` block, the stem's for the first one.
    """

    def __init__(self, shape: TaskShape, scale: Scale, reading: Reading) -> None:
        self._classes, self._reading = shape.classes, reading
        is_large = has_large_images(shape)
        self._strides = STRIDES if is_large else SMALL_STRIDES
        self._channels = max(NARROWEST, scale.channels)
        self._images = Place(
            shape.inputs, resize(shape.inputs, self._channels, 2 if is_large else 1)
        )

    def plan(self, sizes: Sequence[tuple[int, int]]) -> tuple[Frame, list[list[Place]]]:
        """Return what is around the blocks, and the sizes of each block's layers.

        Args:
            sizes: Of each block the option of its width, and its number of layers.
        """
        blocks, size = [], self._images.outputs
        for block, (width, depth) in enumerate(sizes):
            last, size = size, self._widen(block, size, width)
            blocks.append([Place(last, size), *[Place(size, size)] * (depth - 1)])
        return self._enclose(size), blocks

    def lay_out(self, codes: Sequence[Code]) -> tuple[Frame, tuple[Block, ...]]:
        """Return an architecture's layers."""
        frame, blocks = self.plan([(code.width, code.layers + 1) for code in codes])
        return frame, tuple(
            tuple(
                place.key(name_layer(code.operation, code.kernel, skip=bool(code.skip)))
                for place in places
            )
            for code, places in zip(codes, blocks, strict=True)
        )

    def reach(self, blocks: int) -> Iterator[OperationKey]:
        """Yield every layer that networks of so many blocks can have, some more than once."""
        names = sorted({name_layer(*pair, skip=skip) for pair in PAIRS for skip in (False, True)})
        sizes = {self._images.outputs}
        for block in range(blocks):
            pairs = {
                (size, self._widen(block, size, width))
                for size in sizes
                for width in range(len(FACTORS))
            }
            sizes = {size for _, size in pairs}
            for place in pairs | {(size, size) for size in sizes}:
                yield from (Place(*place).key(name) for name in names)
        for size in sizes:
            yield from self._enclose(size).keys

    def _widen(self, block: int, before: Size, width: int) -> Size:
        """Return the size that a block, counted from 0, makes of ``before``."""
        factor = FACTORS[width]
        if self._reading == "previous":
            channels = max(NARROWEST, int(before[0] * factor))
        else:
            base = max(NARROWEST, WIDTHS[block] * self._channels // CHANNELS)
            channels = int(base * factor)
        return resize(before, channels, self._strides[block])

    def _enclose(self, last: Size) -> Frame:
        features = self._channels * FEATURES_PER_CHANNEL
        return enclose([self._images.key("conv_3x3")], last, features, self._classes)


def read_code(number: int, text: str) -> Code:
    """Return one block's options.

    Raises:
        ConfigError: If they are not of the space.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != len(ELEMENTS):
        raise ConfigError(
            f"Block {number} has {len(parts)} elements; a block has {len(ELEMENTS)}: "
            f"{', '.join(ELEMENTS)}."
        )
    for part, (element, options) in zip(parts, ELEMENTS.items(), strict=True):
        if part not in map(str, range(len(options))):
            raise ConfigError(
                f"Block {number} has the {element} code {show(part)}; expected 0 to "
                f"{len(options) - 1}, for {', '.join(options)}."
            )
    return Code(*map(int, parts))
