"""The operations of a network of cells as a price list names them, each with its sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from typing_extensions import override

from harness.api import (
    CellGraph,
    Decision,
    Inventory,
    OperationKey,
    Scale,
    TaskShape,
    Unsupported,
)
from harness.networks.cells.cell_supernet import list_sources
from harness.networks.cells.cells import STEM_MULTIPLIER, CellPlace, make_stems, plan_cells
from harness.networks.operations import FactorizedReduce, PointwiseConvolution, make_operation

STEM, SECOND_STEM, CLASSIFIER = "stem", "second_stem", "classifier"
POINTWISE, REDUCE = "relu_conv_1x1", "factorized_reduce"
NOTHING = "none"

Size = tuple[int, int, int]


@dataclass(frozen=True)
class SizedCell:
    """A cell with the sizes of what goes through it.

    Attributes:
        place: Where it stands.
        first: Size of the output of the cell before the last.
        second: Of the last cell's.
        inside: Of its preprocessed inputs.
        outside: Of its nodes.
    """

    place: CellPlace
    first: Size
    second: Size
    inside: Size
    outside: Size

    def key(self, name: str, *, from_input: bool) -> OperationKey:
        """Return the key of an operation on an edge."""
        return OperationKey(name, self.inside if from_input else self.outside, self.outside)

    def preprocessing(self) -> tuple[OperationKey, OperationKey]:
        """Return the keys of what brings its inputs to its width."""
        name = REDUCE if self.place.follows_reduction else POINTWISE
        return (
            OperationKey(name, self.first, self.inside),
            OperationKey(POINTWISE, self.second, self.inside),
        )


def list_supernet(edges: Sequence[Decision], shape: TaskShape, scale: Scale) -> Inventory:
    """Return the operations of a super-network of cells, priced as stand-alone ones.

    Args:
        edges: The normal cell's edges, then the reduction cell's.
        shape: Of the task.
        scale: Of the macro network.
    """
    half = len(edges) // 2
    sources = [source for node in list_sources(half) for source in node]
    nodes = len(list_sources(half))
    fixed, cells = _lay_out(shape, scale, nodes, nodes)

    def uses(index: int, name: str) -> Iterator[OperationKey]:
        for cell in cells:
            if cell.place.is_reduction == (index >= half) and name != NOTHING:
                yield cell.key(name, from_input=sources[index % half] < 2)

    return Inventory(
        fixed,
        tuple(
            tuple(tuple(uses(index, name)) for name in edge.options)
            for index, edge in enumerate(edges)
        ),
    )


def list_network(
    graphs: Mapping[str, CellGraph], shape: TaskShape, scale: Scale
) -> tuple[OperationKey, ...]:
    """Return the operations of a stand-alone network of cells."""
    normal, reduction = graphs["normal"], graphs["reduce"]
    fixed, cells = _lay_out(shape, scale, len(normal.outputs), len(reduction.outputs))
    chosen = (
        cell.key(name, from_input=source < graph.inputs)
        for cell in cells
        for graph in [reduction if cell.place.is_reduction else normal]
        for source, _, name in graph.edges
    )
    return (*fixed, *chosen)


def make_alone(key: OperationKey) -> nn.Module:
    """Return an untrained module that computes ``key``.

    Raises:
        Unsupported: If no network of cells has such an operation.
    """
    if key.name in _FIXED:
        return _FIXED[key.name](key)
    if key.inputs[0] == key.outputs[0]:
        stride = key.inputs[1] // key.outputs[1]
        return make_operation(key.name, key.inputs[0], stride, affine=True)
    raise Unsupported(f"A network of cells has no operation {key.to_text()!r}.")


class Classifier(nn.Module):
    """Global average pool and linear layer."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, classes)

    @override
    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.linear(inputs.mean(dim=(2, 3)))
        return logits


def _lay_out(
    shape: TaskShape, scale: Scale, normal_outputs: int, reduction_outputs: int
) -> tuple[tuple[OperationKey, ...], list[SizedCell]]:
    """Return what every architecture has, and the cells with their sizes."""
    places, channels = plan_cells(shape, scale, normal_outputs, reduction_outputs)
    images, first, second = _sizes_of_stems(shape, places)
    fixed = [OperationKey(STEM, images, first)]
    if first != second:
        fixed.append(OperationKey(SECOND_STEM, first, second))
    cells = []
    for place in places:
        _, height, width = second
        step = 2 if place.is_reduction else 1
        inside = (place.channels, height, width)
        outside = (place.channels, height // step, width // step)
        cells.append(SizedCell(place, first, second, inside, outside))
        outputs = reduction_outputs if place.is_reduction else normal_outputs
        first, second = second, (outputs * place.channels, *outside[1:])
    fixed.extend(key for cell in cells for key in cell.preprocessing())
    fixed.append(OperationKey(CLASSIFIER, (channels, *second[1:]), (shape.classes, 1, 1)))
    return tuple(fixed), cells


def _sizes_of_stems(shape: TaskShape, places: list[CellPlace]) -> tuple[Size, Size, Size]:
    """Return the sizes of images, and of the first cell's two inputs."""
    channels, height, width = shape.inputs
    first, second = places[0].channels_first, places[0].channels_second
    if not places[0].follows_reduction:
        return shape.inputs, (first, height, width), (second, height, width)
    return (
        (channels, height, width),
        (first, height // 4, width // 4),
        (second, height // 8, width // 8),
    )


def _make_stem(key: OperationKey) -> nn.Module:
    is_large = key.inputs[1] != key.outputs[1]
    channels = key.outputs[0] if is_large else key.outputs[0] // STEM_MULTIPLIER
    return make_stems(TaskShape(key.inputs, 1), channels)[0]


def _make_second_stem(key: OperationKey) -> nn.Module:
    images = (3, 8 * key.outputs[1], 8 * key.outputs[2])
    return make_stems(TaskShape(images, 1), key.outputs[0])[1]


_FIXED: dict[str, Callable[[OperationKey], nn.Module]] = {
    STEM: _make_stem,
    SECOND_STEM: _make_second_stem,
    CLASSIFIER: lambda key: Classifier(key.inputs[0], key.outputs[0]),
    POINTWISE: lambda key: PointwiseConvolution(key.inputs[0], key.outputs[0], affine=True),
    REDUCE: lambda key: FactorizedReduce(key.inputs[0], key.outputs[0], affine=True),
}
