"""Random search (Li and Talwalkar, UAI 2019): sample uniformly, train briefly, keep the best."""

from __future__ import annotations

from pydantic import NonNegativeInt
from typing_extensions import override

from harness.api import Architecture, Problem
from harness.search.fitness import AIM, Aim
from harness.search.sample_based import SampleBased


class RandomSearch(SampleBased):
    """One candidate per step; the incumbent is the best so far by validation accuracy.

    Args:
        problem: What to search.
        fidelity: Effort spent on each candidate, in epochs; None takes the highest on offer.
        aim: At the target of cost that a comparison may set (ours).
    """

    def __init__(
        self, problem: Problem, *, fidelity: NonNegativeInt | None = None, aim: Aim = AIM
    ) -> None:
        super().__init__(problem, fidelity=fidelity, aim=aim)

    @override
    def propose(self) -> Architecture:
        return self.problem.space.sample(self.problem.rng)
