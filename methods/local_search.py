"""Local search (White, Nolen and Savani, UAI 2021): climb to the best neighbour, then restart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import NonNegativeInt, PositiveInt
from typing_extensions import override

from harness.api import Architecture, Problem, SearchState, Startup, Tunable
from harness.search.evolution.generation import ATTEMPTS, draw_distinct
from harness.search.fitness import AIM, Aim
from harness.search.sample_based import SampleBased


class LocalSearch(SampleBased):
    """Judge all neighbours, one decision changed, in random order, and move to the best of them.

    A step judges one candidate. The climb begins at the best of the first random architectures and
    ends where no neighbour is better; then it begins again at a random one. No architecture is
    judged twice, unless the space seems to hold no other. A warm start climbs from the source's
    answer.

    Deviations from the authors' code, naszilla: that begins every climb at the best of ``initial``
    new random architectures, not only the first (NASLib restarts from one, as here), and it moves
    to neighbours judged in this climb only, where here a better one that is known already counts,
    too.

    Args:
        problem: What to search.
        initial: Random architectures from the best of which the first climb begins (naszilla's
            default: 10; the paper's simplest form: 1).
        first_improvement: Move to the first better neighbour instead of the best
            (``query_full_nbhd=False`` of NASLib and naszilla, whose default it is; the paper's
            basic form judges all).
        fidelity: Effort spent on each candidate, in epochs; None takes the highest on offer.
        aim: At the target of cost that a comparison may set (ours).
    """

    contract_params: ClassVar[Mapping[str, Any]] = {"initial": 2, "first_improvement": True}

    def __init__(
        self,
        problem: Problem,
        *,
        initial: Annotated[PositiveInt, Tunable(1, 64, log=True)] = 10,
        first_improvement: bool = False,
        fidelity: NonNegativeInt | None = None,
        aim: Aim = AIM,
    ) -> None:
        super().__init__(problem, fidelity=fidelity, aim=aim)
        self.first_improvement = first_improvement
        self.queue = draw_distinct(
            initial, lambda: problem.space.sample(problem.rng), first=self.queue
        )
        self.scores: dict[Architecture, float] = {}
        self.centre: Architecture | None = None
        self.restarts = 0

    @classmethod
    @override
    def startup(cls, params: Mapping[str, Any], *, fidelities: tuple[int, ...]) -> Startup:
        effort = fidelities[-1] if params["fidelity"] is None else params["fidelity"]
        return Startup("initial", (effort,) * params["initial"])

    @override
    def warm_start(self, source: SearchState) -> None:
        super().warm_start(source)
        self.centre, self.scores = None, {}

    @override
    def propose(self) -> Architecture:
        if self.centre is None:
            self.centre = max(self.scores, key=self.scores.__getitem__)
        while True:
            neighbours = self.problem.space.neighbours(self.centre)
            unknown = [other for other in neighbours if other not in self.scores]
            if unknown:
                return unknown[int(self.problem.rng.integers(len(unknown)))]
            highest = max(neighbours, key=self.scores.__getitem__)
            if self.scores[highest] <= self.scores[self.centre]:
                return self._restart()
            self.centre = highest

    @override
    def learn(self, architecture: Architecture, fitness: float) -> None:
        self.scores[architecture] = fitness
        if self.first_improvement and self.centre is not None:
            self.centre = max(self.centre, architecture, key=self.scores.__getitem__)

    @override
    def insights(self) -> dict[str, Any]:
        height = -math.inf if self.centre is None else self.scores.get(self.centre, -math.inf)
        return {
            "restarts": self.restarts,
            "centre_score": height if math.isfinite(height) else None,
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "scores": [list(row) for row in self.scores.items()],
            "centre": self.centre,
            "restarts": self.restarts,
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.scores = {tuple(architecture): score for architecture, score in state["scores"]}
        self.centre = None if state["centre"] is None else tuple(state["centre"])
        self.restarts = state["restarts"]

    def _restart(self) -> Architecture:
        """Return a random architecture, not judged before if there seems to be one."""
        space, rng = self.problem.space, self.problem.rng
        self.restarts += 1
        for _ in range(ATTEMPTS):
            self.centre = space.sample(rng)
            if self.centre not in self.scores:
                break
        assert self.centre is not None
        return self.centre
