"""A search space: finitely many decisions, each with finitely many options."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from harness.errors import ConfigError, Unsupported
from harness.interfaces.architecture import Architecture, Decision
from harness.interfaces.costs import Inventory, OperationKey
from harness.interfaces.gates import Gates, argmax
from harness.interfaces.graph import Graphs
from harness.interfaces.recipe import Scale
from harness.interfaces.source import show

if TYPE_CHECKING:
    from torch import Tensor, nn

    from harness.interfaces.task import TaskShape


class SearchSpace(ABC):
    """What can be built. Sampling, mutation and text come for free from the decisions.

    A space's parameters are the keyword-only arguments of its constructor, all with a default.

    Attributes:
        decisions: What is chosen, each with at least two options.
        has_drop_path: Whether its networks drop paths where a recipe asks for it.
        has_auxiliary_head: Whether its networks can have an auxiliary head. What a space's networks
            lack is left out of a recipe when an experiment is planned, and reports say so.
        needs_target: Whether a comparison of methods has to say what a network should cost, because
            width and depth are choices and accuracy alone would reward the largest network.
    """

    decisions: tuple[Decision, ...]
    has_drop_path: ClassVar[bool] = True
    has_auxiliary_head: ClassVar[bool] = True
    needs_target: ClassVar[bool] = False

    @abstractmethod
    def build(self, architecture: Architecture, shape: TaskShape, scale: Scale) -> nn.Module:
        """Return the untrained stand-alone network that ``architecture`` names.

        Called with images (N, channels, height, width) it returns logits (N, classes), or, in
        training mode with an auxiliary head, the pair (logits, auxiliary logits). Its last linear
        layer is the attribute ``classifier``. A network with drop path has the attribute
        ``drop_path``, the current probability, which the training loop sets: a number, or on a GPU
        a tensor, so that a captured step can read it.

        Raises:
            Unsupported: If it cannot be built; ``require`` says so.
        """

    @abstractmethod
    def graph(self, architecture: Architecture) -> Graphs:
        """Return the architecture's cells by name, for similarity and drawing."""

    def unsupported(self, shape: TaskShape, scale: Scale) -> str | None:
        """Say why no network can be built for this task at this scale, or return None."""
        return None

    def require(self, shape: TaskShape, scale: Scale) -> None:
        """Check that a network can be built for this task at this scale; ``build`` begins with it.

        Raises:
            Unsupported: With the sentence of ``unsupported``.
        """
        if reason := self.unsupported(shape, scale):
            raise Unsupported(reason)

    @property
    def size(self) -> int:
        """The number of combinations of options."""
        return math.prod(len(decision.options) for decision in self.decisions)

    def is_valid(self, architecture: Architecture) -> bool:
        """Tell whether ``architecture`` belongs to the space; narrow it for conditional spaces."""
        return len(architecture) == len(self.decisions) and all(
            0 <= choice < len(decision.options)
            for choice, decision in zip(architecture, self.decisions, strict=True)
        )

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Draw uniformly from the valid architectures."""
        while True:
            candidate = tuple(int(rng.integers(len(d.options))) for d in self.decisions)
            if self.is_valid(candidate):
                return candidate

    def mutate(self, parent: Architecture, rng: np.random.Generator) -> Architecture:
        """Change one decision of ``parent`` to another valid option."""
        while True:
            position = int(rng.integers(len(self.decisions)))
            option = int(rng.integers(len(self.decisions[position].options)))
            child = (*parent[:position], option, *parent[position + 1 :])
            if child != parent and self.is_valid(child):
                return child

    def crossover(
        self, first: Architecture, second: Architecture, rng: np.random.Generator
    ) -> Architecture:
        """Take each decision from one of two parents at random until the child is valid."""
        while True:
            picks = rng.integers(2, size=len(self.decisions))
            child = tuple((first, second)[pick][i] for i, pick in enumerate(picks))
            if self.is_valid(child):
                return child

    def neighbours(self, architecture: Architecture) -> list[Architecture]:
        """Return every valid architecture that differs in exactly one decision."""
        changed = (
            (*architecture[:position], option, *architecture[position + 1 :])
            for position, decision in enumerate(self.decisions)
            for option in range(len(decision.options))
            if option != architecture[position]
        )
        return [candidate for candidate in changed if self.is_valid(candidate)]

    def to_text(self, architecture: Architecture) -> str:
        """Write an architecture in the field's own notation; by default e.g. ``3-0-1``."""
        return "-".join(map(str, architecture))

    def from_text(self, text: str) -> Architecture:
        """Read back what ``to_text`` wrote.

        Raises:
            ConfigError: If the text is no architecture of this space.
        """
        parts = text.split("-")
        choices = tuple(int(part) for part in parts if part.isdecimal())
        if len(choices) < len(parts) or not self.is_valid(choices):
            sizes = [len(decision.options) for decision in self.decisions]
            raise ConfigError(
                f"{show(text)} is no architecture: expected {len(sizes)} numbers joined by '-', "
                f"each below {sizes} in turn."
            )
        return choices

    def layers(
        self, architecture: Architecture, shape: TaskShape, scale: Scale
    ) -> tuple[OperationKey, ...]:
        """Return the operations that the stand-alone network is made of, for a price list.

        Raises:
            Unsupported: If the space names none.
        """
        raise Unsupported("The space names no operations that a price list could hold.")

    def operations(self, shape: TaskShape, scale: Scale) -> Iterable[OperationKey]:
        """Return every operation that some architecture's ``layers`` name, for a latency table.

        Raises:
            Unsupported: If the space cannot list them.
        """
        raise Unsupported("The space does not list the operations that a latency table needs.")

    def operation(self, key: OperationKey) -> nn.Module:
        """Return an untrained module that computes ``key``, to count or time it alone.

        It is called with one tensor (N, channels, height, width) of the key's input size.

        Raises:
            Unsupported: If the space has no such operation.
        """
        raise Unsupported(f"The space has no operation {key.to_text()!r}.")

    def inherit(
        self,
        child: Architecture,
        network: nn.Module,
        parent: Architecture,
        weights: Mapping[str, Tensor],
    ) -> None:
        """Copy what fits from a parent's weights into a child's ``network``.

        By default tensors of equal name and shape; a space overrides it where positions mean more
        (EAT-NAS shares overlapping channels and leading layers).
        """
        own = network.state_dict()
        fitting = {
            name: tensor
            for name, tensor in weights.items()
            if name in own and own[name].shape == tensor.shape
        }
        network.load_state_dict(fitting, strict=False)


class WeightSharingSpace(SearchSpace):
    """A space whose architectures all live in one super-network.

    Attributes:
        can_share_channels: Whether its super-network can send a part of the channels through the
            operations.
    """

    can_share_channels: ClassVar[bool] = True

    @cached_property
    def edges(self) -> tuple[Decision, ...]:
        """What carries a gate, with its candidate operations: by default the decisions.

        A space whose edges are others assigns them in its constructor, and overrides ``derive`` and
        ``gates_of``: DARTS has 28 edges of 8 operations and fewer decisions.
        """
        return self.decisions

    @cached_property
    def fan_in(self) -> tuple[tuple[int, ...], ...]:
        """The edges that enter each node, for methods that compare edges (PC-DARTS).

        Together they are all edges, each once; by default every node has one edge.
        """
        return tuple((edge,) for edge in range(len(self.edges)))

    @abstractmethod
    def supernet(self, shape: TaskShape, scale: Scale, *, channel_share: int = 1) -> nn.Module:
        """Return an untrained network to be called as ``supernet(images, gates)``.

        Its last linear layer is the attribute ``classifier``.

        Args:
            shape: Of the task.
            scale: Of the macro network.
            channel_share: Send only one in this many channels through the operations (PC-DARTS'
                K); the rest pass by, weighted by the sum of the edge's gate.

        Raises:
            Unsupported: If it cannot be built; ``require_supernet`` says so.
        """

    def require_supernet(self, shape: TaskShape, scale: Scale, channel_share: int) -> None:
        """Check that a super-network can be built; ``supernet`` begins with it.

        A super-network has no auxiliary head, so that one is not asked for.

        Raises:
            Unsupported: If there is no network at this scale, or the channels cannot be shared.
        """
        self.require(shape, Scale(scale.channels, scale.cells))
        if channel_share != 1 and not self.can_share_channels:
            raise Unsupported(
                "A layer of this space may change the width, so it cannot share channels."
            )
        if channel_share < 1 or scale.channels % channel_share:
            raise Unsupported(
                f"{scale.channels} initial channels cannot be divided into {channel_share} parts."
            )

    def inventory(self, shape: TaskShape, scale: Scale) -> Inventory:
        """Return every operation of the super-network, by the choice that it depends on.

        Raises:
            Unsupported: If the space names none.
        """
        raise Unsupported("The space names no operations that a price list could hold.")

    @override
    def operations(self, shape: TaskShape, scale: Scale) -> Iterable[OperationKey]:
        # Override it where the super-network does not hold every architecture.
        return self.inventory(shape, scale).operations()

    def derive(self, probabilities: Sequence[NDArray[np.float64]]) -> Architecture:
        """Return the architecture that a search means by its probabilities.

        By default each edge's likeliest operation. Computed on the host in float64, ties broken by
        lower index.

        Args:
            probabilities: Of each edge, over its operations.
        """
        return tuple(argmax(probabilities))

    def gates_of(self, architecture: Architecture) -> Gates:
        """Return the one-hot gates under which the super-network computes ``architecture``.

        Raises:
            Unsupported: If the super-network does not hold it.
        """
        return Gates.one_hot(self.edges, architecture)

    def sample_path(self, rng: np.random.Generator) -> Architecture:
        """Draw uniformly from the architectures that the super-network holds."""
        return self.sample(rng)
