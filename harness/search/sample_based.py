"""A method that judges one candidate a step: what it proposes, and what it learns, is its own."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import override

from harness.api import (
    Architecture,
    Method,
    Problem,
    SearchSpace,
    SearchState,
    Unsupported,
)
from harness.search.fitness import AIM, Aim, Fitness


class SampleBased(Method):
    """Propose a candidate, judge it, learn from its score; the answer is the best one so far.

    Best is who was fittest at the most effort; before the first candidate is judged, the answer
    is the one that will be. Candidates' weights are forgotten at once. Fitness is the score, unless
    the comparison sets a target of cost.

    Args:
        problem: What to search.
        fidelity: Effort spent on each candidate; None takes the highest on offer.
        aim: At a target of cost.

    Attributes:
        fitness: What a candidate with a score is worth.
        best: The answer.
        best_at: Effort and fitness of the answer.
        queue: What is judged before anything is proposed.
    """

    def __init__(self, problem: Problem, *, fidelity: int | None, aim: Aim = AIM) -> None:
        super().__init__(problem)
        self.fitness = Fitness(problem.costs, aim)
        self.fidelity = problem.fidelities[-1] if fidelity is None else fidelity
        self.best: Architecture = problem.space.sample(problem.rng)
        self.best_at = (-1, -math.inf)
        self.queue: list[Architecture] = [self.best]

    @classmethod
    @override
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        return None if fidelities else "The protocol offers no fidelity to judge candidates at."

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
        return find_missing(fidelities, params.get("fidelity"))

    @classmethod
    @override
    def heeds_target(cls, params: Mapping[str, Any]) -> bool:
        aim = params.get("aim", AIM)
        return bool(aim.weight)

    @abstractmethod
    def propose(self) -> Architecture:
        """Return the next candidate."""

    def learn(self, architecture: Architecture, fitness: float) -> None:
        """Take in a candidate's fitness, minus infinity if it diverged."""
        return

    def judge(self, architecture: Architecture, fidelity: int) -> float:
        """Return a candidate's fitness, minus infinity if it diverged; keep it if it is best."""
        verdict = self.problem.evaluate(architecture, fidelity)
        self.problem.release(verdict.key)
        fitness = self.fitness(architecture, verdict.score)
        if math.isfinite(fitness) and (fidelity, fitness) > self.best_at:
            self.best, self.best_at = architecture, (fidelity, fitness)
        return fitness

    @override
    def step(self) -> None:
        candidate = self.queue.pop(0) if self.queue else self.propose()
        self.learn(candidate, self.judge(candidate, self.fidelity))

    @override
    def incumbent(self) -> Architecture:
        return self.best

    @override
    def warm_start(self, source: SearchState) -> None:
        """Judge the source's answer first; scores of another task mean nothing here."""
        self.best = take_answer(source, self.problem.space)
        self.queue = [self.best]

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_at": self.best_at, "queue": list(self.queue)}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best = tuple(state["best"])
        fidelity, fitness = state["best_at"]
        self.best_at = fidelity, fitness
        self.queue = [tuple(architecture) for architecture in state["queue"]]


def take_answer(source: SearchState, space: SearchSpace) -> Architecture:
    """Return what a search ended with.

    Raises:
        Unsupported: If it does not belong to the space searched.
    """
    if not space.is_valid(source.architecture):
        raise Unsupported("The source's architecture does not belong to the space searched.")
    return source.architecture


def find_missing(offered: Sequence[int], *fidelities: int | None) -> str | None:
    """Say in a sentence which fidelity is not on offer, or return None; None asks for no one."""
    for fidelity in fidelities:
        if fidelity is not None and fidelity not in offered:
            choice = ", ".join(map(str, offered)) or "which are none"
            return f"Fidelity {fidelity} is not on offer; choose one of the protocol's: {choice}."
    return None
