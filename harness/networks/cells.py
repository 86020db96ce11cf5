"""The macro architecture of DARTS, shared by stand-alone networks and super-networks."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from harness.api import Scale
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
        follows_reduction: Whether the last cell was a reduction, so that its first input is still
            of twice the resolution.
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
    scale: Scale, normal_outputs: int, reduction_outputs: int
) -> tuple[list[CellPlace], int]:
    """Lay out the network.

    Args:
        scale: Initial channels and number of cells.
        normal_outputs: Nodes that a normal cell concatenates.
        reduction_outputs: Nodes that a reduction cell concatenates.

    Returns:
        Its cells in order, and the channels of the last one's output.
    """
    places = []
    first = second = STEM_MULTIPLIER * scale.channels
    channels, follows_reduction = scale.channels, False
    for index in range(scale.cells):
        is_reduction = index in reduction_indices(scale.cells)
        channels *= 2 if is_reduction else 1
        places.append(CellPlace(is_reduction, channels, first, second, follows_reduction))
        outputs = reduction_outputs if is_reduction else normal_outputs
        first, second = second, outputs * channels
        follows_reduction = is_reduction
    return places, second


def make_stem(input_channels: int, channels: int) -> nn.Module:
    """Return the layers before the first cell, whose output is both of its inputs."""
    stem_channels = STEM_MULTIPLIER * channels
    return nn.Sequential(
        nn.Conv2d(input_channels, stem_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(stem_channels),
    )


def make_preprocessing(place: CellPlace, *, affine: bool) -> nn.ModuleList:
    """Return the two modules that bring a cell's inputs to its width and resolution."""
    first = FactorizedReduce if place.follows_reduction else PointwiseConvolution
    return nn.ModuleList(
        [
            first(place.channels_first, place.channels, affine=affine),
            PointwiseConvolution(place.channels_second, place.channels, affine=affine),
        ]
    )
