"""Random search (Li and Talwalkar, UAI 2019): sample uniformly, train briefly, keep the best."""

from __future__ import annotations

from typing import Any

from pydantic import NonNegativeInt
from typing_extensions import override

from harness.api import Architecture, Method, Problem, SearchSpace, SearchState


class RandomSearch(Method):
    """One candidate per step; the incumbent is the best so far by validation accuracy.

    Args:
        problem: What to search.
        fidelity: Effort spent on each candidate, in epochs; None takes the highest on offer.
    """

    def __init__(self, problem: Problem, *, fidelity: NonNegativeInt | None = None) -> None:
        super().__init__(problem)
        self.fidelity = problem.fidelities[-1] if fidelity is None else fidelity
        self.best: Architecture = problem.space.sample(problem.rng)
        self.best_score = float("-inf")
        self.next: Architecture = self.best

    @classmethod
    @override
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        return None if fidelities else "The protocol offers no fidelity to judge candidates at."

    @override
    def step(self) -> None:
        verdict = self.problem.evaluate(self.next, self.fidelity)
        self.problem.release(verdict.key)
        if verdict.score > self.best_score:
            self.best, self.best_score = self.next, verdict.score
        self.next = self.problem.space.sample(self.problem.rng)

    @override
    def incumbent(self) -> Architecture:
        return self.best

    @override
    def warm_start(self, source: SearchState) -> None:
        """Judge the source's answer first; scores of another task mean nothing here."""
        self.best = self.next = source.architecture

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_score": self.best_score, "next": self.next}

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best, self.next = tuple(state["best"]), tuple(state["next"])
        self.best_score = state["best_score"]
