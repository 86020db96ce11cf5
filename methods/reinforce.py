"""REINFORCE (Williams, Machine Learning 1992): a policy over decisions climbs by its rewards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat
from typing_extensions import override

from harness.api import Architecture, Problem, Tunable
from harness.search.fitness import AIM, Aim
from harness.search.sample_based import SampleBased

Fraction = Annotated[float, Field(ge=0, lt=1)]

# Of Adam, torch's defaults.
BETAS, EPSILON = (0.9, 0.999), 1e-8
# Draws after which a policy is taken to give nothing valid.
ATTEMPTS = 1000


class Reinforce(SampleBased):
    """A categorical distribution for every decision, each with its own logits, no controller.

    A step draws an architecture from the policy, judges it, updates the baseline with its reward R
    (validation accuracy in percent) and then takes one step of Adam on
    -(R - baseline) * log p(architecture). The baseline is an exponential moving average, divided by
    the weights it has given so far, so that the first reward is worth nothing. The answer is the
    best candidate judged, not the policy's mode. That is REINFORCE as in the script of
    NAS-Bench-201's authors (AutoDL-Projects, exps/NATS-algos/reinforce.py), with its values.

    Deviations: the first candidate is uniform, which the policy then nearly is. Where a space holds
    no architecture for some combinations, invalid draws are drawn again, and their share is left
    out of log p. A diverged candidate teaches nothing. A warm start begins with the source's answer
    and a fresh policy.

    Args:
        problem: What to search.
        learning_rate: Of Adam (0.01 in the calls at the head of the script; it has no default).
        baseline_momentum: Share of the baseline that stays in an update (script: 0.9).
        initial_deviation: Standard deviation of the initial logits (script).
        fidelity: Effort spent on each candidate, in epochs; None takes the highest on offer.
        aim: At the target of cost that a comparison may set (ours).
    """

    contract_params: ClassVar[Mapping[str, Any]] = {"learning_rate": 0.3}

    def __init__(
        self,
        problem: Problem,
        *,
        learning_rate: Annotated[PositiveFloat, Tunable(1e-3, 1.0, log=True)] = 0.01,
        baseline_momentum: Annotated[Fraction, Tunable(0.0, 0.99)] = 0.9,
        initial_deviation: NonNegativeFloat = 1e-3,
        fidelity: NonNegativeInt | None = None,
        aim: Aim = AIM,
    ) -> None:
        super().__init__(problem, fidelity=fidelity, aim=aim)
        self.learning_rate, self.baseline_momentum = learning_rate, baseline_momentum
        sizes = [len(decision.options) for decision in problem.space.decisions]
        shape = len(sizes), max(sizes)
        # A row is a decision; what is beyond its options has no probability.
        self._exists = np.arange(shape[1]) < np.array(sizes)[:, None]
        self.logits = np.where(
            self._exists, problem.rng.normal(0, initial_deviation, shape), -np.inf
        )
        self.moments = np.zeros((2, *shape))
        self.updates = 0
        self._total, self._weight = 0.0, 0.0

    def probabilities(self) -> NDArray[np.float64]:
        """Return the policy, shape (decisions, most options); zero where there is no option."""
        powers = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def baseline(self) -> float | None:
        """Return what a reward is compared with; None before the first."""
        return self._total / self._weight if self._weight else None

    @override
    def propose(self) -> Architecture:
        space, rng = self.problem.space, self.problem.rng
        bounds = self.probabilities().cumsum(axis=1)
        bounds[:, -1] = 1.0  # what rounding left out
        for _ in range(ATTEMPTS):
            draws = rng.random(len(bounds))
            candidate = tuple((bounds <= draws[:, None]).sum(axis=1).tolist())
            if space.is_valid(candidate):
                return candidate
        return space.sample(rng)

    @override
    def learn(self, architecture: Architecture, fitness: float) -> None:
        if not math.isfinite(fitness):
            return
        kept = self.baseline_momentum
        self._total = kept * self._total + (1 - kept) * fitness
        self._weight = kept * self._weight + (1 - kept)
        gradient = self.probabilities()  # of -log p; a softmax' gradient
        gradient[np.arange(len(architecture)), list(architecture)] -= 1
        self._descend((fitness - self._total / self._weight) * gradient)

    @override
    def insights(self) -> dict[str, Any]:
        shares = self.probabilities()
        logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
        most = np.log(self._exists.sum(axis=1))
        return {
            "policy_entropy": float((-(shares * logs).sum(axis=1) / most).mean()),
            "baseline": self.baseline(),
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "logits": self.logits.tolist(),
            "moments": self.moments.tolist(),
            "updates": self.updates,
            "baseline": [self._total, self._weight],
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.logits = np.array(state["logits"])
        self.moments = np.array(state["moments"])
        self.updates = state["updates"]
        self._total, self._weight = state["baseline"]

    def _descend(self, gradient: NDArray[np.float64]) -> None:
        """Take one step of Adam, as torch does it."""
        self.updates += 1
        for index, (beta, term) in enumerate(zip(BETAS, (gradient, gradient**2), strict=True)):
            self.moments[index] = beta * self.moments[index] + (1 - beta) * term
        mean, square = (
            moment / (1 - beta**self.updates)
            for moment, beta in zip(self.moments, BETAS, strict=True)
        )
        self.logits = self.logits - self.learning_rate * mean / (np.sqrt(square) + EPSILON)
