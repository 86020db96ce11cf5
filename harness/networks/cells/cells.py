"""The macro architecture of DARTS, shared by stand-alone networks and super-networks.

Images with both sides of at least 64 pixels get the one that DARTS uses on ImageNet.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from harness.api import Scale, TaskShape
from harness.networks.image_size import has_large_images
from harness.networks.operations import FactorizedReduce, PointwiseConvolution

STEM_MULTIPLIER = 3


@dataclass(frozen=True)
class CellPlace:
    """Where a cell stands in the network.

    Attributes:
        is_reduction: Whether it halves the resolution and doubles the channels.
        channels: Of each of its nodes.
        channels_first: Of the output of the cell before the last.
        channels_second: Of the output of the last cell.
        follows_reduction: Whether the last cell was a reduction (or the stem for large images), so
            that its first input is still of twice the resolution.
    """

    is_reduction: bool
    channels: int
    channels_first: int
    channels_second: int
    follows_reduction: bool


def reduction_indices(cells: int) -> tuple[int, int]:
    """Return which cells are reduction cells, counted from 0."""
    return cells // 3, 2 * cells // 3


def plan_cells(
    shape: TaskShape, scale: Scale, normal_outputs: int, reduction_outputs: int
) -> tuple[list[CellPlace], int]:
    """Lay out the network.

    Args:
        shape: Of the task; decides about the stem.
        scale: Initial channels and number of cells.
        normal_outputs: Nodes that a normal cell concatenates.
        reduction_outputs: Nodes that a reduction cell concatenates.

    Returns:
        Its cells in order, and the channels of the last one's output.
    """
    places = []
    follows_reduction = has_large_images(shape)
    channels = scale.channels
    first = second = channels if follows_reduction else STEM_MULTIPLIER * channels
    for index in range(scale.cells):
        is_reduction = index in reduction_indices(scale.cells)
        channels *= 2 if is_reduction else 1
        places.append(CellPlace(is_reduction, channels, first, second, follows_reduction))
        outputs = reduction_outputs if is_reduction else normal_outputs
        first, second = second, outputs * channels
        follows_reduction = is_reduction
    return places, second


def make_stems(shape: TaskShape, channels: int) -> tuple[nn.Module, nn.Module]:
    """Return the layers before the first cell, in two parts.

    The first part takes the images, the second what the first part returns; what the two return
    are the inputs of the first cell.

    Args:
        shape: Of the task. Large images leave the first part with a quarter of their resolution
            and the second with an eighth; small ones keep theirs, and the second part does nothing.
        channels: Initial channels of the network.
    """
    if not has_large_images(shape):
        wide = STEM_MULTIPLIER * channels
        return nn.Sequential(*_convolve(shape.inputs[0], wide, stride=1)), nn.Identity()
    first = nn.Sequential(
        *_convolve(shape.inputs[0], channels // 2, stride=2),
        nn.ReLU(),
        *_convolve(channels // 2, channels, stride=2),
    )
    return first, nn.Sequential(nn.ReLU(), *_convolve(channels, channels, stride=2))


def _convolve(channels_in: int, channels: int, *, stride: int) -> tuple[nn.Module, nn.Module]:
    """Return a 3x3 convolution and its batch normalisation."""
    convolution = nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(channels)


def make_preprocessing(place: CellPlace, *, affine: bool) -> nn.ModuleList:
    """Return the two modules that bring a cell's inputs to its width and resolution."""
    first = FactorizedReduce if place.follows_reduction else PointwiseConvolution
    return nn.ModuleList(
        [
            first(place.channels_first, place.channels, affine=affine),
            PointwiseConvolution(place.channels_second, place.channels, affine=affine),
        ]
    )
