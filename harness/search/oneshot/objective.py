"""How a search trades accuracy against what networks cost (ProxylessNAS, section 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from harness.api import Architecture, Costs, EdgeCosts

Regulariser = Literal["none", "mul#log", "add#linear", "add#squared"]

# Where a cost falls below e to this power, its logarithm is no longer followed.
LEAST_LOGARITHM = 1e-3


class ExpectedCost:
    """What edges cost under probabilities of their options, differentiable in those.

    All edges of a super-network count, also those of a cell that its derived architecture drops.

    Args:
        costs: Of the super-network.
        like: Per edge a tensor of the length, type and device of its probabilities.
    """

    def __init__(self, costs: EdgeCosts, like: Sequence[Tensor]) -> None:
        def tensor(numbers: object) -> Tensor:
            return torch.tensor(numbers, dtype=like[0].dtype, device=like[0].device)

        # An edge that stands in products only has no numbers of its own.
        own = [
            numbers or (0.0,) * len(edge) for numbers, edge in zip(costs.edges, like, strict=True)
        ]
        self._fixed = costs.fixed
        self._linear = tensor([number for numbers in own for number in numbers])
        self._products = [(p.first, p.second, tensor(p.costs)) for p in costs.products]

    def __call__(self, probabilities: Sequence[Tensor]) -> Tensor:
        """Return fixed + sum p.c + sum p' C q, without dimensions."""
        total = self._fixed + torch.cat(list(probabilities)) @ self._linear
        for first, second, table in self._products:
            total = total + probabilities[first] @ table @ probabilities[second]
        return total


@dataclass(frozen=True)
class Tradeoff:
    """How an accuracy or its loss is combined with a cost C, given a target T.

    Attributes:
        regulariser: Of the loss: ``mul#log`` scale * loss * (ln C / ln T) ** exponent;
            ``add#linear`` loss + weight * (C - T) / T; ``add#squared`` (ours) loss + weight *
            (ln C / T)^2; ``none`` leaves it alone. The first two always push costs down, the third
            to the target, from both sides.
        weight: lambda.
        scale: alpha_r.
        exponent: beta.
        reward_exponent: w of the reward accuracy * (T / C) ** w.
    """

    regulariser: Regulariser = "mul#log"
    weight: float = 0.1
    scale: float = 0.2
    exponent: float = 0.3
    reward_exponent: float = 0.1

    def loss(self, loss: Tensor, cost: Tensor, target: float) -> Tensor:
        """Return the loss that takes a cost into account."""
        if self.regulariser == "mul#log":
            ratio = cost.log().clamp_min(LEAST_LOGARITHM) / math.log(target)
            return self.scale * loss * ratio**self.exponent
        if self.regulariser == "add#linear":
            return loss + self.weight * (cost - target) / target
        if self.regulariser == "add#squared":
            return loss + self.weight * (cost / target).log() ** 2
        return loss

    def reward(self, accuracy: float, cost: float, target: float) -> float:
        """Return the reward of an accuracy between 0 and 1."""
        return float(accuracy * (target / cost) ** self.reward_exponent)

    def complaint(self, target: float | None) -> str | None:
        """Say in a sentence that the regulariser cannot aim at a target, or return None."""
        if target is None or target > 1 or self.regulariser != "mul#log":
            return None
        return (
            "The regulariser mul#log compares logarithms, so it needs a target above 1, not "
            f"{target:g}; use add#linear or a smaller unit."
        )


class Objective:
    """Accuracy and cost together, as far as the comparison prices operations.

    Without prices of the super-network, or without a target, losses and rewards know no cost.

    Args:
        costs: Of the comparison; None if it counts nothing.
        tradeoff: Between accuracy and cost.
        like: Per edge a tensor of the length, type and device of its probabilities.
        answer: Returns the architecture that the search would answer with now; ``add#squared``
            needs it.
    """

    def __init__(
        self,
        costs: Costs | None,
        tradeoff: Tradeoff,
        like: Sequence[Tensor],
        answer: Callable[[], Architecture] | None = None,
    ) -> None:
        self.prices = costs.edges if costs is not None else None
        self.target = costs.target if costs is not None and self.prices is not None else None
        self.tradeoff = tradeoff
        self._costs, self._answer = costs, answer
        self._answer_cost: Tensor | None = None
        self._sizes = [len(edge) for edge in like]
        self._device = like[0].device
        if self.prices is not None:
            self._expected = ExpectedCost(self.prices, like)

    @property
    def _heeds_answer(self) -> bool:
        is_squared = self.tradeoff.regulariser == "add#squared"
        return self.target is not None and is_squared and self._answer is not None

    def prepare(self) -> None:
        """Note what the answer costs where a captured step reads it; it cannot ask on the host."""
        if self._heeds_answer:
            assert self._costs is not None and self._answer is not None
            cost = self._costs.of(self._answer())
            if self._answer_cost is None:
                self._answer_cost = torch.zeros((), device=self._device)
            self._answer_cost.fill_(cost)

    def loss(self, loss: Tensor, probabilities: Sequence[Tensor]) -> Tensor:
        """Return the loss that takes the expected cost into account.

        With ``add#squared`` the cost is that of the answer and its gradient that of the expected
        cost's logarithm, a straight-through estimate: while probabilities are nearly uniform, what
        is expected says little of what is answered.
        """
        if self.target is None or self.tradeoff.regulariser == "none":
            return loss
        cost = self._expected(probabilities)
        if self._heeds_answer:
            assert self._costs is not None and self._answer is not None
            prepared = self._answer_cost
            own = self._costs.of(self._answer()) if prepared is None else prepared
            cost = cost * (own / cost.detach())
        return self.tradeoff.loss(loss, cost, self.target)

    def reward(self, accuracy: float, path: Sequence[int]) -> float:
        """Return the reward of a path that is right in this share of images, 0 to 1."""
        if self.prices is None or self.target is None:
            return accuracy
        shares = [
            [float(option == choice) for option in range(size)]
            for choice, size in zip(path, self._sizes, strict=True)
        ]
        return self.tradeoff.reward(accuracy, self.prices.of(shares), self.target)

    def expectation(self, probabilities: Sequence[Tensor]) -> float | None:
        """Return the expected cost; None where nothing is priced or probabilities diverged."""
        if self.prices is None:
            return None
        cost = self.prices.of([shares.tolist() for shares in probabilities])
        return cost if math.isfinite(cost) else None
