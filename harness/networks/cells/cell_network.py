"""The stand-alone network of a pair of cells, as DARTS trains it on CIFAR and on ImageNet."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from typing_extensions import override

from harness.api import CellGraph, Scale, TaskShape
from harness.networks.cells.cells import (
    CellPlace,
    make_preprocessing,
    make_stems,
    plan_cells,
    reduction_indices,
)
from harness.networks.image_size import has_large_images
from harness.networks.operations import make_operation, zeros_after


class CellNetwork(nn.Module):
    """Stem, normal and reduction cells, global average pool, linear classifier.

    In training mode with an auxiliary head it returns the pair (logits, auxiliary logits).
    Submodules are named by place, edge and operation, so equal names in two networks mean the same
    layer; of equal edges of one cell the second and further ones are numbered.

    Args:
        cells: The graphs ``normal`` and ``reduce``. A node without edges is zero.
        shape: Of the task.
        scale: Channels, cells, and whether there is an auxiliary head.

    Attributes:
        drop_path: Probability of dropping an operation's output in training; set from outside, as a
            number or as a tensor whose value the host never reads.
    """

    def __init__(self, cells: Mapping[str, CellGraph], shape: TaskShape, scale: Scale) -> None:
        super().__init__()
        self.drop_path: float | Tensor = 0.0
        normal, reduction = cells["normal"], cells["reduce"]
        places, channels = plan_cells(shape, scale, len(normal.outputs), len(reduction.outputs))
        self.stem, self.second_stem = make_stems(shape, scale.channels)
        self.cells = nn.ModuleList(
            Cell(reduction if place.is_reduction else normal, place) for place in places
        )
        self.auxiliary: AuxiliaryHead | None = None
        if scale.auxiliary:
            self.auxiliary_cell = reduction_indices(scale.cells)[1]
            width = places[self.auxiliary_cell].channels * len(reduction.outputs)
            self.auxiliary = AuxiliaryHead(
                width, shape.classes, has_large_images=has_large_images(shape)
            )
        self.classifier = nn.Linear(channels, shape.classes)

    @override
    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        first = self.stem(images)
        second = self.second_stem(first)
        auxiliary: Tensor | None = None
        for index, cell in enumerate(self.cells):
            first, second = second, cell(first, second, self.drop_path)
            if self.training and self.auxiliary is not None and index == self.auxiliary_cell:
                auxiliary = self.auxiliary(second)
        logits: Tensor = self.classifier(second.mean(dim=(2, 3)))
        return logits if auxiliary is None else (logits, auxiliary)


class Cell(nn.Module):
    """One cell: the operations of a graph between two preprocessed inputs and a concatenation."""

    def __init__(self, graph: CellGraph, place: CellPlace) -> None:
        super().__init__()
        self.outputs = graph.outputs
        self.stride = 2 if place.is_reduction else 1
        self.preprocessing = make_preprocessing(place, affine=True)
        self.operations = nn.ModuleDict()
        self.incoming: list[list[tuple[int, str]]] = [[] for _ in range(graph.nodes)]
        for source, target, name in graph.edges:
            stride = self.stride if source < graph.inputs else 1
            key = self._name_edge(f"{source}_{target}_{name}")
            self.operations[key] = make_operation(name, place.channels, stride, affine=True)
            self.incoming[target - graph.inputs].append((source, key))

    @override
    def forward(self, first: Tensor, second: Tensor, drop_path: float | Tensor) -> Tensor:
        states = [self.preprocessing[0](first), self.preprocessing[1](second)]
        drops = self.training and (isinstance(drop_path, Tensor) or drop_path > 0)
        for incoming in self.incoming:
            total: Tensor | None = None
            for source, key in incoming:
                operation = self.operations[key]
                term = operation(states[source])
                if drops and not isinstance(operation, nn.Identity):
                    term = drop_samples(term, 1.0 - drop_path)
                total = term if total is None else total + term
            states.append(zeros_after(states[0], self.stride) if total is None else total)
        return torch.cat([states[node] for node in self.outputs], dim=1)

    def _name_edge(self, name: str) -> str:
        """Return ``name``, numbered if another edge has it: NASNet pools one state twice."""
        names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
        return next(name for name in names if name not in self.operations)


class AuxiliaryHead(nn.Sequential):
    """A second classifier, for training only; it needs maps that its pool brings to 2x2.

    Those are maps of 8x8 of small images and of 7x7 of large ones.
    """

    def __init__(self, channels: int, classes: int, *, has_large_images: bool = False) -> None:
        # On ImageNet DARTS leaves out the second normalisation and says that it was forgotten.
        norm = () if has_large_images else (nn.BatchNorm2d(768),)
        super().__init__(
            nn.ReLU(),
            nn.AvgPool2d(5, stride=2 if has_large_images else 3, count_include_pad=False),
            nn.Conv2d(channels, 128, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 768, 2, bias=False),
            *norm,
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(768, classes),
        )


def drop_samples(inputs: Tensor, keep: float | Tensor) -> Tensor:
    """Zero each sample with probability 1 - ``keep`` and scale the others by 1 / ``keep``."""
    mask = inputs.new_empty(len(inputs), 1, 1, 1).bernoulli_(keep)
    return inputs * (mask / keep)
