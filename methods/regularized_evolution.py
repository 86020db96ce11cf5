"""Regularized evolution (Real et al., AAAI 2019): mutate a tournament's winner, drop the oldest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import NonNegativeInt, PositiveInt
from typing_extensions import override

from harness.api import Architecture, Problem, Startup, Tunable
from harness.search.evolution.population import Member, Population, find_crowded
from harness.search.fitness import AIM, Aim
from harness.search.sample_based import SampleBased


class RegularizedEvolution(SampleBased):
    """Aging evolution (paper section 3.2); a step judges one candidate.

    The first P candidates are random. Then every cycle draws S members with replacement, changes
    one decision of the best of them to another option, and lets the child in and the oldest member
    out, however good that is. The answer is the best candidate of the whole history.

    Deviations: the paper's mutations are those of NASNet cells, among them the identity; here one
    decision of the space changes, and it always does. So it does in the script of NAS-Bench-201
    (AutoDL-Projects, exps/NAS-Bench-201-algos/R_EA.py), but that draws a node first and then one of
    its edges, so that the only edge of the first node changes in a third of the mutations and each
    edge of the last in a ninth; here all six edges are equally likely.

    Args:
        problem: What to search.
        population: Size P (100 is the usual value; 10 in NAS-Bench-201's script).
        tournament: Draws S of a tournament (25 is the usual value; 3 in NAS-Bench-201's script).
        fidelity: Effort spent on each candidate, in epochs; None takes the highest on offer.
        aim: At the target of cost that a comparison may set (ours).
    """

    contract_params: ClassVar[Mapping[str, Any]] = {"population": 4, "tournament": 2}

    def __init__(
        self,
        problem: Problem,
        *,
        population: Annotated[PositiveInt, Tunable(4, 128, log=True)] = 100,
        tournament: Annotated[PositiveInt, Tunable(2, 32, log=True)] = 25,
        fidelity: NonNegativeInt | None = None,
        aim: Aim = AIM,
    ) -> None:
        super().__init__(problem, fidelity=fidelity, aim=aim)
        self.capacity, self.tournament = population, tournament
        self.population = Population()

    @classmethod
    @override
    def complaint(
        cls,
        params: Mapping[str, Any],
        *,
        fidelities: tuple[int, ...],
        target: float | None,
        budget: Mapping[str, float],
    ) -> str | None:
        crowded = find_crowded(params["tournament"], params["population"])
        return crowded or super().complaint(
            params, fidelities=fidelities, target=target, budget=budget
        )

    @classmethod
    @override
    def startup(cls, params: Mapping[str, Any], *, fidelities: tuple[int, ...]) -> Startup:
        effort = fidelities[-1] if params["fidelity"] is None else params["fidelity"]
        return Startup("population", (effort,) * params["population"])

    @override
    def propose(self) -> Architecture:
        space, rng = self.problem.space, self.problem.rng
        if len(self.population.members) < self.capacity:
            return space.sample(rng)
        rivals = self.population.draw(self.tournament, rng, with_replacement=True)
        return space.mutate(rivals[0].architecture, rng)

    @override
    def learn(self, architecture: Architecture, fitness: float) -> None:
        score = fitness / self.fitness.factor(architecture)
        self.population.add(Member(architecture, score, fitness, ""))
        if len(self.population.members) > self.capacity:
            self.population.remove(self.population.members[0])

    @override
    def insights(self) -> dict[str, Any]:
        scores = [m.score for m in self.population.members if math.isfinite(m.score)]
        return {
            "population_size": len(self.population.members),
            "population_mean": math.fsum(scores) / len(scores) if scores else None,
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "population": self.population.state_dict()}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.population.load_state_dict(state["population"])
