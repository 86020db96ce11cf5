"""EAT-NAS (Fang et al., arXiv 2019): a re-implementation; evolve the offspring of a seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt
from typing_extensions import override

from harness.api import (
    Architecture,
    Method,
    Problem,
    SearchSpace,
    SearchState,
    Startup,
    Tunable,
)
from harness.search.evolution.generation import draw_distinct, offspring
from harness.search.evolution.population import (
    Member,
    Population,
    find_crowded,
    fittest_first,
    read_member,
)
from harness.search.evolution.size import draw_equal_size, measure
from harness.search.fitness import Aim, Fitness
from harness.search.sample_based import find_missing, take_answer

AIM = Aim(penalty="soft", weight=-0.07)
# Attributes that are saved as they are.
COUNTED = ("has_inherited", "cycle", "best_quality", "stalled", "converged_cycle", "sizes")


class EatNas(Method):
    """A re-implementation of elastic architecture transfer: the search code was never released.

    A step judges one candidate. The first steps fill the population; then each cycle draws a
    tournament, changes one decision of its fittest member, judges the child, which starts from its
    parent's weights, and lets one member go, so that the population's size stays the same.

    A warm start is the elastic transfer: the source's answer (the paper's basic architecture) is
    member 0 of the first population, perturbations of it are the others. No weights are taken over.

    A child that inherits has been trained for longer than its number of epochs says, so its score
    is no fair one, and the answer should be the best of the final population once its fittest are
    trained from scratch. But which population is the final one a method does not know: the harness
    ends a search when its budget is spent. Deviation: the fittest are retrained every
    ``retrain_every`` cycles, each architecture once, out of the same budget, and the answer is the
    best of all that were retrained; before the first of them it is the fittest candidate so far.
    Where no candidate has inherited (a table has no weights; ``inherit=false``) scores are fair:
    nothing is retrained, and the answer is the fittest of all that were judged.

    Population quality is mean - lambda * standard deviation of the members' accuracies. Deviation:
    where it has not risen for ``patience`` cycles a search could end; here the fittest are
    retrained at once, the first such cycle is logged, and evolution goes on while the budget lasts.

    The paper's flow, its elements and its transfer of architectures without weights are certain.
    Tournament, mutation and inheritance, and with its reason what is marked as ours, could not be
    checked against it.

    Args:
        problem: What to search.
        population: Size P (ours: 20 leaves most of a small budget to the evolution).
        tournament: Members S drawn without replacement in a cycle (ours: a quarter of P).
        replacement: Who leaves: the ``worst`` of the tournament (ours: what tournament selection
            usually does), or the ``oldest`` of the population, as in aging evolution.
        inherit: Whether children start from their parents' weights, where the space says how.
        fidelity: Effort spent on each candidate, in epochs; None takes the lowest positive one on
            offer (ours: inherited weights need little training).
        retraining_fidelity: Effort spent on retraining; None takes the highest on offer (ours).
        retrained: How many of the fittest are retrained (ours: one lucky score should not decide).
        retrain_every: Cycles from one retraining to the next; None takes P (ours: by then every
            member can have been replaced).
        perturbation: Probability with which each decision of the seed is changed (ours: enough for
            distinct offspring, too little to forget the seed); numbers in ascending order, such as
            widths and depths, move by one step.
        seed_architecture: What a warm start perturbs: the ``source``'s answer, or, as a control,
            the one closest to it in size of 100 random architectures (``random_equal_size``). Size
            is what the comparison counts, else the number of parameters.
        quality_weight: The lambda of the quality (ours: mean and deviation count alike).
        patience: Cycles without a rise of the quality after which the population counts as
            converged; None never asks (ours: equal budgets are what comparisons rest on).
        epsilon: Percentage points that a rise must exceed (ours: any rise counts).
        aim: At the target of size that a comparison may set (ours: MnasNet's (size / T)^-0.07).
    """

    contract_params: ClassVar[Mapping[str, Any]] = {
        "population": 4,
        "tournament": 2,
        "retrained": 1,
        "retrain_every": 2,
        "patience": 1,
        "aim": {"penalty": "two_sided", "weight": -5},
    }

    def __init__(
        self,
        problem: Problem,
        *,
        population: Annotated[PositiveInt, Tunable(8, 64, log=True)] = 20,
        tournament: Annotated[PositiveInt, Tunable(2, 8, log=True)] = 5,
        replacement: Literal["worst", "oldest"] = "worst",
        inherit: bool = True,
        fidelity: PositiveInt | None = None,
        retraining_fidelity: PositiveInt | None = None,
        retrained: PositiveInt = 3,
        retrain_every: PositiveInt | None = None,
        perturbation: Annotated[float, Field(gt=0, le=1), Tunable(0.05, 0.8)] = 0.3,
        seed_architecture: Literal["source", "random_equal_size"] = "source",
        quality_weight: NonNegativeFloat = 1.0,
        patience: PositiveInt | None = None,
        epsilon: NonNegativeFloat = 0.0,
        aim: Aim = AIM,
    ) -> None:
        super().__init__(problem)
        offered = _positive(problem.fidelities)
        self.fidelity = fidelity or offered[0]
        self.retraining_fidelity = retraining_fidelity or offered[-1]
        self.capacity, self.tournament, self.replacement = population, tournament, replacement
        self.inherit, self.retrained = inherit, retrained
        self.retrain_every = population if retrain_every is None else retrain_every
        self.perturbation, self.seed_architecture = perturbation, seed_architecture
        self.quality_weight, self.patience, self.epsilon = quality_weight, patience, epsilon
        self.fitness = Fitness(problem.costs, aim)
        self.population = Population(problem.release)
        self.newcomers = draw_distinct(population, lambda: problem.space.sample(problem.rng))
        self.best = Member(self.newcomers[0])
        self.finalists: list[Architecture] = []
        self.verdicts: dict[Architecture, float] = {}
        self.has_inherited = False
        self.cycle = self.stalled = 0
        self.best_quality = -math.inf
        self.converged_cycle: int | None = None
        self.sizes: dict[str, float] = {}

    @classmethod
    @override
    def unsupported(
        cls, space: SearchSpace, *, has_images: bool, fidelities: tuple[int, ...]
    ) -> str | None:
        why = "The protocol offers no fidelity at which candidates are trained."
        return None if _positive(fidelities) else why

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
        asked = (params["fidelity"], params["retraining_fidelity"])
        return crowded or find_missing(_positive(fidelities), *asked)

    @classmethod
    @override
    def startup(cls, params: Mapping[str, Any], *, fidelities: tuple[int, ...]) -> Startup:
        effort = params["fidelity"] or _positive(fidelities)[0]
        return Startup("population", (effort,) * params["population"])

    @classmethod
    @override
    def heeds_target(cls, params: Mapping[str, Any]) -> bool:
        return bool(params["aim"].weight)

    @override
    def warm_start(self, source: SearchState) -> None:
        """Fill the population with the source's answer and perturbations of it."""
        problem, seed = self.problem, take_answer(source, self.problem.space)
        if self.seed_architecture == "random_equal_size":
            seed = draw_equal_size(problem, source.architecture)
            sizes = (measure(problem, one) for one in (source.architecture, seed))
            self.sizes = dict(zip(("source_size", "seed_size"), sizes, strict=True))
        self.newcomers = offspring(
            problem.space, seed, self.capacity, rate=self.perturbation, rng=problem.rng
        )
        self.best = Member(seed)

    @override
    def step(self) -> None:
        if self.finalists:
            self._retrain(self.finalists.pop(0))
        elif self.newcomers:
            self._admit(self.newcomers.pop(0))
        else:
            self._run_cycle()

    @override
    def incumbent(self) -> Architecture:
        sound = [a for a, fitness in self.verdicts.items() if math.isfinite(fitness)]
        return max(sound, key=self.verdicts.__getitem__, default=self.best.architecture)

    @override
    def insights(self) -> dict[str, Any]:
        # A population that is not full yet is none.
        is_full = not self.newcomers
        mean, deviation = self.population.mean_and_deviation() if is_full else (math.nan, math.nan)
        return {
            "cycle": self.cycle,
            "population_mean": _number(mean),
            "population_std": _number(deviation),
            "population_quality": _number(self._quality(mean, deviation)),
            "best_fitness": _number(self.best.fitness),
            "best_score": _number(self.best.score),
            "retrained": len(self.verdicts),
            "retrained_fitness": _number(max(self.verdicts.values(), default=-math.inf)),
            "converged_cycle": self.converged_cycle,
            **self.sizes,
        }

    @override
    def state_dict(self) -> dict[str, Any]:
        return {
            "population": self.population.state_dict(),
            "newcomers": list(self.newcomers),
            "best": asdict(self.best),
            "finalists": list(self.finalists),
            "verdicts": [list(verdict) for verdict in self.verdicts.items()],
            **{name: getattr(self, name) for name in COUNTED},
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.population.load_state_dict(state["population"])
        self.newcomers = [tuple(architecture) for architecture in state["newcomers"]]
        self.best = read_member(state["best"])
        self.finalists = [tuple(architecture) for architecture in state["finalists"]]
        self.verdicts = {tuple(a): fitness for a, fitness in state["verdicts"]}
        for name in COUNTED:
            setattr(self, name, state[name])

    def _run_cycle(self) -> None:
        """Let the fittest of a tournament have a child, and one member leave."""
        rng = self.problem.rng
        rivals = self.population.draw(self.tournament, rng)
        parent, worst = rivals[0], rivals[-1]
        child = self.problem.space.mutate(parent.architecture, rng)
        self._admit(child, inherit=parent.key if self.inherit else None)
        is_aging = self.replacement == "oldest"
        self.population.remove(self.population.members[0] if is_aging else worst)
        self.cycle += 1
        if self._has_converged() or self.cycle % self.retrain_every == 0:
            self.finalists = self._choose_finalists()

    def _admit(self, architecture: Architecture, *, inherit: str | None = None) -> None:
        """Judge a candidate and let it in."""
        verdict = self.problem.evaluate(architecture, self.fidelity, inherit=inherit)
        self.has_inherited |= verdict.has_inherited
        fitness = self.fitness(architecture, verdict.score)
        member = Member(architecture, verdict.score, fitness, verdict.key)
        self.population.add(member)
        if fitness > self.best.fitness:
            self.best = member

    def _retrain(self, architecture: Architecture) -> None:
        """Judge an architecture without inheritance."""
        verdict = self.problem.evaluate(architecture, self.retraining_fidelity)
        self.problem.release(verdict.key)
        self.verdicts[architecture] = self.fitness(architecture, verdict.score)

    def _choose_finalists(self) -> list[Architecture]:
        """Return those of the fittest that have not been retrained yet; none without heirs."""
        if not self.has_inherited:
            return []
        ranked = fittest_first(m for m in self.population.members if math.isfinite(m.fitness))
        fittest = list(dict.fromkeys(member.architecture for member in ranked))
        return [a for a in fittest[: self.retrained] if a not in self.verdicts]

    def _quality(self, mean: float, deviation: float) -> float:
        return mean - self.quality_weight * deviation

    def _has_converged(self) -> bool:
        """Tell whether the quality has not risen for long; the wait then begins again."""
        quality = self._quality(*self.population.mean_and_deviation())
        if quality > self.best_quality + self.epsilon:
            self.best_quality, self.stalled = quality, 0
            return False
        self.stalled += 1
        if self.patience is None or self.stalled < self.patience:
            return False
        self.stalled = 0
        self.converged_cycle = self.converged_cycle or self.cycle
        return True


def _positive(fidelities: Sequence[int]) -> list[int]:
    """Return those at which candidates are trained."""
    return [fidelity for fidelity in fidelities if fidelity > 0]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
