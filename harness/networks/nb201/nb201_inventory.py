"""The operations of NAS-Bench-201's networks as a price list names them, each with its sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from torch import nn

from harness.api import Decision, Inventory, OperationKey, Scale, TaskShape, Unsupported
from harness.networks.nb201.nb201_network import STAGES
from harness.networks.nb201.nb201_operations import Head, ResidualBlock, Stem, make_operation
from harness.notation.nb201_text import NB201_OPERATIONS

STEM, BLOCK, HEAD = "stem", "residual_block", "head"
NOTHING = "none"

Size = tuple[int, int, int]


def list_supernet(edges: Sequence[Decision], shape: TaskShape, scale: Scale) -> Inventory:
    """Return the operations of a super-network, priced as stand-alone ones."""
    return Inventory(
        _list_fixed(shape, scale),
        tuple(
            tuple(tuple(_list_uses(name, shape, scale)) for name in edge.options) for edge in edges
        ),
    )


def list_network(
    operations: Sequence[str], shape: TaskShape, scale: Scale
) -> tuple[OperationKey, ...]:
    """Return the operations of the stand-alone network whose cell has these on its edges."""
    chosen = (key for name in operations for key in _list_uses(name, shape, scale))
    return (*_list_fixed(shape, scale), *chosen)


def make_alone(key: OperationKey) -> nn.Module:
    """Return an untrained module that computes ``key``.

    Raises:
        Unsupported: If no network of the space has such an operation.
    """
    if key.name in _FIXED:
        return _FIXED[key.name](key)
    if key.name in NB201_OPERATIONS and key.inputs == key.outputs:
        return make_operation(key.name, key.inputs[0], affine=True)
    raise Unsupported(f"A NAS-Bench-201 network has no operation {key.to_text()!r}.")


def _list_sizes(shape: TaskShape, scale: Scale) -> list[Size]:
    """Return the size of what goes through each stage."""
    _, height, width = shape.inputs
    return [
        (scale.channels * 2**stage, height // 2**stage, width // 2**stage)
        for stage in range(STAGES)
    ]


def _list_uses(name: str, shape: TaskShape, scale: Scale) -> Iterator[OperationKey]:
    """Yield an edge's operation once for every cell."""
    for size in _list_sizes(shape, scale):
        if name != NOTHING:
            yield from [OperationKey(name, size, size)] * scale.cells


def _list_fixed(shape: TaskShape, scale: Scale) -> tuple[OperationKey, ...]:
    first, second, third = _list_sizes(shape, scale)
    return (
        OperationKey(STEM, shape.inputs, first),
        OperationKey(BLOCK, first, second),
        OperationKey(BLOCK, second, third),
        OperationKey(HEAD, third, (shape.classes, 1, 1)),
    )


_FIXED: dict[str, Callable[[OperationKey], nn.Module]] = {
    STEM: lambda key: Stem(key.inputs[0], key.outputs[0]),
    BLOCK: lambda key: ResidualBlock(key.inputs[0]),
    HEAD: lambda key: Head(key.inputs[0], key.outputs[0]),
}
