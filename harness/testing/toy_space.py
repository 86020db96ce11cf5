"""A toy search space on which the contract of methods and evaluators is checked in milliseconds."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from typing_extensions import override

from harness.api import (
    Architecture,
    CellGraph,
    ConfigError,
    Decision,
    Gates,
    Scale,
    SearchSpace,
    TaskShape,
    WeightSharingSpace,
)
from harness.networks.cells.cell_network import drop_samples
from harness.networks.mixed import MixedOperation
from harness.networks.operations import Zero

OPERATIONS = ("none", "skip_connect", "conv_3x3")
NODES = (1, 2, 3)
EDGES = tuple((source, target) for target in NODES for source in range(target))

ToyEdges = dict[tuple[int, int], str]


class PlainToyCell(SearchSpace):
    """Every edge of a four-node cell carries one operation; there is no super-network."""

    has_auxiliary_head = False

    def __init__(self) -> None:
        self.decisions = tuple(Decision(f"edge_{s}_{t}", OPERATIONS) for s, t in EDGES)

    @override
    def build(self, architecture: Architecture, shape: TaskShape, scale: Scale) -> nn.Module:
        self.require(shape, scale)
        return ToyNetwork(_name_operations(architecture), shape, scale)

    @override
    def unsupported(self, shape: TaskShape, scale: Scale) -> str | None:
        return "A toy cell has no auxiliary head." if scale.auxiliary else None

    @override
    def graph(self, architecture: Architecture) -> dict[str, CellGraph]:
        named = _name_operations(architecture).items()
        edges = tuple(sorted((s, t, op) for (s, t), op in named if op != "none"))
        return {"cell": CellGraph(1, len(NODES), edges, NODES[-1:])}

    @override
    def to_text(self, architecture: Architecture) -> str:
        return "|".join(_name_operations(architecture).values())

    @override
    def from_text(self, text: str) -> Architecture:
        names = text.split("|")
        if len(names) != len(EDGES) or not set(names) <= set(OPERATIONS):
            raise ConfigError(
                f"{text!r} is no toy cell: expected {len(EDGES)} of {', '.join(OPERATIONS)}, "
                "separated by '|'."
            )
        return tuple(OPERATIONS.index(name) for name in names)


class ToyCell(PlainToyCell, WeightSharingSpace):
    """The same cell with a super-network."""

    def __init__(self) -> None:
        super().__init__()
        self.fan_in = tuple(
            tuple(index for index, (_, target) in enumerate(EDGES) if target == node)
            for node in NODES
        )

    @override
    def supernet(self, shape: TaskShape, scale: Scale, *, channel_share: int = 1) -> nn.Module:
        self.require_supernet(shape, scale, channel_share)
        return ToySupernet(shape, scale, channel_share)


class ToyNetwork(nn.Module):
    """A stem, the cell's operations under names of their own, and a classifier.

    There is no batch normalisation, so that a wild learning rate diverges for certain.
    """

    def __init__(self, edges: ToyEdges, shape: TaskShape, scale: Scale) -> None:
        super().__init__()
        self.drop_path = 0.0
        self.stem = nn.Conv2d(shape.inputs[0], scale.channels, 3, stride=2, padding=1)
        self.operations = nn.ModuleDict(
            {
                f"{source}_{target}_{name}": _make(name, scale.channels)
                for (source, target), name in edges.items()
                if name != "none"
            }
        )
        self.classifier = nn.Linear(scale.channels, shape.classes)

    @override
    def forward(self, images: Tensor) -> Tensor:
        first = self.stem(images)
        states = [first, *(torch.zeros_like(first) for _ in NODES)]
        for source, target, operation in self._listed():
            term = operation(states[source])
            if self.training and self.drop_path and not isinstance(operation, nn.Identity):
                term = drop_samples(term, 1 - self.drop_path)
            states[target] = states[target] + term
        logits: Tensor = self.classifier(states[-1].mean(dim=(2, 3)))
        return logits

    def _listed(self) -> Iterator[tuple[int, int, nn.Module]]:
        for key, operation in self.operations.items():
            source, target, _ = key.split("_", 2)
            yield int(source), int(target), operation


class ToySupernet(nn.Module):
    """All toy cells at once, called as ``supernet(images, gates)``."""

    def __init__(self, shape: TaskShape, scale: Scale, channel_share: int) -> None:
        super().__init__()
        width = scale.channels // channel_share
        self.stem = nn.Conv2d(shape.inputs[0], scale.channels, 3, stride=2, padding=1)
        self.edges = nn.ModuleList(
            MixedOperation(
                [_make(name, width) for name in OPERATIONS], 1, channel_share=channel_share
            )
            for _ in EDGES
        )
        self.classifier = nn.Linear(scale.channels, shape.classes)

    @override
    def forward(self, images: Tensor, gates: Gates) -> Tensor:
        first = self.stem(images)
        states = [first, *(torch.zeros_like(first) for _ in NODES)]
        for index, ((source, target), edge) in enumerate(zip(EDGES, self.edges, strict=True)):
            active = None if gates.active is None else gates.active[index]
            probed = gates.probed[index] if gates.probed else ()
            term = edge(states[source], gates.weights[index], active, probed, gates.probe)
            states[target] = states[target] + term
        logits: Tensor = self.classifier(states[-1].mean(dim=(2, 3)))
        return logits


def _name_operations(architecture: Architecture) -> ToyEdges:
    return {edge: OPERATIONS[choice] for edge, choice in zip(EDGES, architecture, strict=True)}


def _make(name: str, channels: int) -> nn.Module:
    if name == "none":
        return Zero(1)
    if name == "skip_connect":
        return nn.Identity()
    return nn.Sequential(nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1))
