"""The base of methods that train a super-network: its parameters, what they derive, warm starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Literal

import torch
from torch import Tensor
from typing_extensions import override

from harness.api import (
    Architecture,
    Gates,
    Method,
    Problem,
    SearchNetwork,
    SearchSpace,
    SearchState,
    Split,
    Unsupported,
    WeightSharingSpace,
)
from harness.search.oneshot.statistics import skip_share
from harness.search.oneshot.trace import Trace

Carry = Literal["weights+alpha", "alpha", "weights"]
Parameters = Mapping[str, Sequence[Tensor]]


class SupernetSearch(Method):
    """Holds a super-network and architecture parameters, and knows what they say.

    Args:
        problem: What to search.
        carry: What a warm start takes over. Optimiser states and the schedule always start again;
            the classifier does where the classes are others.
        initial_deviation: Standard deviation of the initial alphas.
        channel_share: Of the super-network (PC-DARTS' K).

    Raises:
        Unsupported: If the space has no super-network.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        carry: Carry,
        initial_deviation: float,
        channel_share: int = 1,
    ) -> None:
        super().__init__(problem)
        if not isinstance(problem.space, WeightSharingSpace):
            raise Unsupported("The space has no super-network.")
        self.space, self.carry = problem.space, carry
        self.initial_deviation = initial_deviation
        self.supernet = self.space.supernet(
            problem.shape, problem.scale, channel_share=channel_share
        ).to(problem.device)
        self.parameters: Parameters = {
            name: [tensor.to(problem.device).requires_grad_() for tensor in tensors]
            for name, tensors in self.initial_parameters().items()
        }
        self.trace = Trace(self._flat(), problem.device)
        self.steps = 0

    @classmethod
    @override
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        if not isinstance(space, WeightSharingSpace):
            return "The space has no super-network."
        return None if has_images else "There are no images to train a super-network on."

    def initial_parameters(self) -> Parameters:
        """Return the architecture parameters to start from: small random alphas."""
        return {
            "alpha": [
                self.initial_deviation * torch.randn(len(e.options)) for e in self.space.edges
            ]
        }

    def probabilities(self, parameters: Parameters) -> list[Tensor]:
        """Return the probabilities of each edge's operations: a softmax (DARTS eq. 2)."""
        return [alpha.softmax(0) for alpha in parameters["alpha"]]

    def gates(self, split: Split) -> Gates:
        """Return the gates of one forward pass: on ``TRAIN`` for weights, else for choices."""
        return Gates(self.probabilities(self.parameters))

    @override
    def incumbent(self) -> Architecture:
        return self._derive(self._flat())

    def _derive(self, tensors: Sequence[Tensor]) -> Architecture:
        """Return the architecture of flat parameters."""
        return self.space.derive([p.numpy() for p in self._describe(copy_to_host(tensors))])

    def _flat(self) -> list[Tensor]:
        return [tensor for tensors in self.parameters.values() for tensor in tensors]

    def _named(self, tensors: Sequence[Tensor]) -> Parameters:
        """Return flat ``tensors`` under the names of the parameters."""
        rest = iter(tensors)
        return {name: [next(rest) for _ in own] for name, own in self.parameters.items()}

    @override
    def warm_start(self, source: SearchState) -> None:
        if "alpha" in self.carry:
            self._load_parameters(source)
        if "weights" in self.carry:
            self._load_weights(source)
        self.trace = Trace(self._flat(), self.problem.device)

    def _load_parameters(self, source: SearchState) -> None:
        saved = source.state.get("parameters", {})
        shapes = {name: [t.shape for t in own] for name, own in self.parameters.items()}
        if {name: [t.shape for t in tensors] for name, tensors in saved.items()} != shapes:
            raise Unsupported(
                f"The search by {source.method} has no architecture parameters of these shapes; "
                "go on from a search by the same method in the same space."
            )
        self._copy_parameters(saved)

    def _load_weights(self, source: SearchState) -> None:
        saved, own = source.state.get("supernet", {}), self.supernet.state_dict()
        fitting = {
            name: t
            for name, t in saved.items()
            if name in own
            and t.shape == own[name].shape
            and (source.has_same_classes or "classifier" not in name)
        }
        strange = {name for name in own.keys() - fitting.keys() if "classifier" not in name}
        if strange:
            raise Unsupported(
                f"The search by {source.method} has no weights for {sorted(strange)[0]}; go on "
                "from a search by the same method at the same scale."
            )
        self.supernet.load_state_dict(fitting, strict=False)

    @override
    def insights(self) -> dict[str, Any]:
        return {
            "alphas": [alpha.tolist() for alpha in self.parameters["alpha"]],
            "skip_share": skip_share(self.space.graph(self.incumbent())),
            **self.trace.insights(self._describe, self._derive),
        }

    def _describe(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        return self.probabilities(self._named(tensors))

    @override
    def search_network(self) -> SearchNetwork:
        return SearchNetwork(
            supernet=self.supernet,
            alphas=self.parameters["alpha"],
            gates=lambda: self.gates(Split.VALIDATION),
            probabilities=lambda: self.probabilities(self.parameters),
        )

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            "supernet": self.supernet.state_dict(),
            "parameters": {
                name: [tensor.detach() for tensor in tensors]
                for name, tensors in self.parameters.items()
            },
            "steps": self.steps,
            "trace": self.trace.state_dict(),
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.supernet.load_state_dict(state["supernet"])
        self._copy_parameters(state["parameters"])
        self.steps = state["steps"]
        self.trace.load_state_dict(state["trace"])

    def _copy_parameters(self, saved: Parameters) -> None:
        with torch.no_grad():
            for own, tensor in zip(self._flat(), chain.from_iterable(saved.values()), strict=True):
                own.copy_(tensor)


def copy_to_host(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return copies in float64 on the host."""
    return [tensor.detach().cpu().double() for tensor in tensors]
