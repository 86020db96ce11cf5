"""NNI's RegularizedEvolution in this process, every candidate judged and billed by the harness."""

from __future__ import annotations

from typing import Any

import nni
from nni.mutable import Categorical, MutableDict, SampleValidationError
from nni.nas.evaluator import FunctionalEvaluator
from nni.nas.execution import SequentialExecutionEngine
from nni.nas.space import RawFormatModelSpace
from nni.nas.strategy import RegularizedEvolution
from nni.nas.strategy.evolution import Individual
from typing_extensions import override

from harness.api import Architecture, Problem, SearchSpace
from harness.search.nni.quiet import seeded, silenced
from harness.search.sample_based import SampleBased


class Candidate:
    """What NNI passes to its evaluator: an architecture that it can hold a weak reference to."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture


class Decisions(MutableDict):  # type: ignore[misc]
    """A space's decisions as NNI's categoricals; what the space does not hold is invalid.

    NNI proposes again, up to 500 times, where a proposal is invalid or was made before.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        super().__init__(
            {d.name: Categorical(range(len(d.options)), label=d.name) for d in space.decisions}
        )

    def read(self, sample: dict[str, int]) -> Architecture:
        """Return the architecture that NNI has sampled."""
        return tuple(sample[decision.name] for decision in self.space.decisions)

    def write(self, architecture: Architecture) -> dict[str, int]:
        """Return an architecture as NNI would sample it."""
        return {d.name: c for d, c in zip(self.space.decisions, architecture, strict=True)}

    @override
    def check_contains(self, sample: dict[str, int]) -> SampleValidationError | None:
        fault = super().check_contains(sample)
        if fault is None and not self.space.is_valid(self.read(sample)):
            return SampleValidationError("The space does not hold it.")
        return fault

    @override
    def freeze(self, sample: dict[str, int]) -> Candidate:
        self.validate(sample)
        return Candidate(self.read(sample))


class Engine(SequentialExecutionEngine):  # type: ignore[misc]
    """Runs candidates one by one until the problem's budget is spent."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem

    @override
    def budget_available(self) -> bool:
        return not self.problem.is_spent()


class Evolution(SampleBased):
    """One step is the whole search.

    The first individual is ours: a random architecture, or the source's answer after a warm start.
    Candidates that diverge are worse than all others.

    Args:
        problem: What to search.
        population: Individuals alive at a time.
        tournament: Individuals drawn, without replacement, of which the best is the parent.
        mutation: Probability that a decision of the child is drawn again.
        fidelity: Effort spent on each candidate; None takes the highest on offer.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        population: int,
        tournament: int,
        mutation: float,
        fidelity: int | None,
    ) -> None:
        super().__init__(problem, fidelity=fidelity)
        self.population, self.tournament, self.mutation = population, tournament, mutation

    @override
    def propose(self) -> Architecture:
        return self.problem.space.sample(self.problem.rng)

    @override
    def step(self) -> None:
        first = self.queue.pop(0) if self.queue else self.propose()
        score = self.judge(first, self.fidelity)
        with silenced(), seeded(self.problem.rng):
            decisions, strategy = Decisions(self.problem.space), self._make_strategy()
            space = RawFormatModelSpace(decisions, FunctionalEvaluator(self._report))
            strategy.initialize(space, Engine(self.problem))
            sample = decisions.write(first)
            begun: dict[str, Any] = {
                "population": [Individual(sample, score)],
                "dedup_history": [frozenset(sample.items())],
            }
            strategy.load_state_dict({**strategy.state_dict(), **begun})
            strategy.run()

    def _make_strategy(self) -> RegularizedEvolution:
        return RegularizedEvolution(
            population_size=self.population,
            sample_size=self.tournament,
            mutation_prob=self.mutation,
            seed=int(self.problem.rng.integers(2**32)),
        )

    def _report(self, candidate: Candidate) -> None:
        nni.report_final_result(self.judge(candidate.architecture, self.fidelity))
