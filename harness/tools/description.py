"""What one architecture is: its size on a task, and how its cells are wired; needs no data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from torch import nn

from analysis.architectures.structure import measure
from harness.api import (
    Architecture,
    BlockChain,
    CellGraph,
    Graphs,
    Scale,
    SearchSpace,
    TaskShape,
)
from harness.config.protocol import Plugin
from harness.evaluators._nb201_recorded import at_index
from harness.execution.alphas import read_alphas
from harness.hardware.counting import count
from harness.planning.resolve_plugins import open_space, open_task, resolve_plugin
from harness.plugins import SPACES, TASKS

LONGEST_INDEX = 5  # digits
# The cell whose operations at the inputs have stride 2.
REDUCTION = "reduce"


@dataclass(frozen=True)
class Description:
    """An architecture as a network for a task.

    Attributes:
        architecture: In the space's notation.
        space: With every parameter.
        task: With every parameter.
        shape: Of the task.
        scale: Of the network, without auxiliary head.
        parameters: Trainable ones, without auxiliary head.
        parameters_with_auxiliary: With it; None where there can be none.
        why_no_auxiliary: The reason; None if there is one.
        multiply_adds: Of convolutions and linear layers, one image.
        graphs: The cells, or the chain, by name.
    """

    architecture: str
    space: Plugin
    task: Plugin
    shape: TaskShape
    scale: Scale
    parameters: int
    parameters_with_auxiliary: int | None
    why_no_auxiliary: str | None
    multiply_adds: int
    graphs: Graphs

    def structure(self) -> dict[str, dict[str, Any]]:
        """Return the measures of each cell, or of the chain, by its name."""
        return {name: _measure(name, graph) for name, graph in self.graphs.items()}

    def canonical(self) -> dict[str, dict[str, Any]]:
        """Return the canonical form by name: equal forms are equal networks."""
        return {name: graph.canonical().to_json() for name, graph in self.graphs.items()}

    def to_json(self) -> dict[str, Any]:
        """Return plain containers."""
        return {
            "architecture": self.architecture,
            "space": self.space.model_dump(mode="json"),
            "task": {
                **self.task.model_dump(mode="json"),
                "inputs": list(self.shape.inputs),
                "classes": self.shape.classes,
            },
            "scale": {"channels": self.scale.channels, "cells": self.scale.cells},
            "parameters": self.parameters,
            "parameters_with_auxiliary": self.parameters_with_auxiliary,
            "why_no_auxiliary": self.why_no_auxiliary,
            "multiply_adds": self.multiply_adds,
            "structure": self.structure(),
            "canonical": self.canonical(),
        }


def read_architecture(text: str, space: SearchSpace, name: str) -> Architecture:
    """Return the architecture that a text names: in the space's notation, or by its number.

    A number of at most five digits is that of a cell of NAS-Bench-201, its place in the table.
    """
    if name == "nb201" and text.isascii() and text.isdecimal() and len(text) <= LONGEST_INDEX:
        return at_index(text)
    return space.from_text(text)


def describe(
    text: str, space: str, task: str, scale: Scale, *, is_alphas: bool = False
) -> Description:
    """Build an architecture's network and say what it is.

    Args:
        text: The architecture in the space's notation, or the number of a cell of NAS-Bench-201.
        space: Name of the search space.
        task: Name of the task; only its shape is used, so its data need not be there.
        scale: Channels and cells.
        is_alphas: Whether the text holds architecture parameters instead.

    Raises:
        HarnessError: If a name is unknown, the text is no architecture of the space, or no such
            network can be built for the task.
    """
    space_choice = resolve_plugin(SPACES, Plugin(name=space))
    task_choice = resolve_plugin(TASKS, Plugin(name=task))
    opened, shape = open_space(space_choice), open_task(task_choice).shape
    architecture = (
        read_alphas(text, opened) if is_alphas else read_architecture(text, opened, space)
    )
    bare = Scale(scale.channels, scale.cells)
    opened.require(shape, bare)
    parameters, multiply_adds = count(opened.build(architecture, shape, bare), shape)
    auxiliary = Scale(scale.channels, scale.cells, auxiliary=True)
    why_not = opened.unsupported(shape, auxiliary)
    every = None if why_not else _count_all(opened.build(architecture, shape, auxiliary))
    if every == parameters:
        every, why_not = None, f"The networks of the space {space} have no auxiliary head."
    return Description(
        architecture=opened.to_text(architecture),
        space=space_choice,
        task=task_choice,
        shape=shape,
        scale=bare,
        parameters=parameters,
        parameters_with_auxiliary=every,
        why_no_auxiliary=why_not,
        multiply_adds=multiply_adds,
        graphs=opened.graph(architecture),
    )


def _count_all(network: nn.Module) -> int:
    """Return the number of trainable parameters, those of the auxiliary head included."""
    return sum(weight.numel() for weight in network.parameters() if weight.requires_grad)


def _measure(name: str, graph: CellGraph | BlockChain) -> dict[str, Any]:
    if isinstance(graph, BlockChain):
        kinds = Counter(graph.blocks)
        return {"blocks": len(graph.blocks), "kinds": dict(sorted(kinds.items()))}
    return measure(graph, input_stride=2 if name == REDUCTION else 1).to_json()
