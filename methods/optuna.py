"""Optuna (Akiba et al., KDD 2019): ask a sampler for each candidate, tell it the score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import NonNegativeInt, PositiveInt
from typing_extensions import override

from harness.api import Architecture, Problem, SearchState, Startup, Tunable
from harness.search.fitness import AIM, Aim
from harness.search.sample_based import SampleBased

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial

# Invalid proposals after which one is drawn at random.
ATTEMPTS = 100


class Optuna(SampleBased):
    """A study in memory with one categorical parameter for each decision.

    A step judges one candidate at one fidelity. With pruning a candidate climbs the fidelities on
    offer up to its own; after each it is given up if its score there is below the median of the
    earlier candidates' (Optuna's MedianPruner). Every rung is an evaluation of its own, trained
    from scratch, and is paid for. Proposals that the space does not hold, and candidates that
    diverge, are told as pruned, which samplers take for worse than all others.

    A sampler is made again for each proposal, seeded from the search's own random numbers, and
    learns what came before from the study, which is why a search can be resumed anywhere.

    Args:
        problem: What to search.
        sampler: ``tpe`` (Bergstra et al., NeurIPS 2011), ``nsga2`` (Deb et al., 2002; with the one
            objective that there is, a genetic algorithm) or ``random``.
        startup: Random candidates before ``tpe`` has a model (Optuna's default).
        population: Size of a generation of ``nsga2`` (Optuna's default).
        pruning: Whether candidates climb the fidelities; where one is on offer, nothing is pruned.
        spared: Candidates that go all the way before any is pruned (Optuna's default).
        fidelity: Effort spent on a candidate that is not pruned; None takes the highest on offer.
        aim: At the target of cost that a comparison may set (ours).
    """

    contract_params: ClassVar[Mapping[str, Any]] = {"startup": 2, "spared": 1}

    def __init__(
        self,
        problem: Problem,
        *,
        sampler: Literal["tpe", "nsga2", "random"] = "tpe",
        startup: Annotated[NonNegativeInt, Tunable(2, 50, log=True)] = 10,
        population: PositiveInt = 50,
        pruning: bool = True,
        spared: NonNegativeInt = 5,
        fidelity: NonNegativeInt | None = None,
        aim: Aim = AIM,
    ) -> None:
        super().__init__(problem, fidelity=fidelity, aim=aim)
        self.sampler, self.random_trials, self.population = sampler, startup, population
        self.spared = spared
        lower = [rung for rung in problem.fidelities if 0 < rung < self.fidelity]
        self.rungs = [*(lower if pruning else ()), self.fidelity]
        self.queue = []
        self.study = self._open_study()
        self.trial: Trial | None = None
        self.reached = 0

    @classmethod
    @override
    def startup(cls, params: Mapping[str, Any], *, fidelities: tuple[int, ...]) -> Startup:
        sampler, last = params["sampler"], params["fidelity"]
        if sampler == "random":
            return Startup()
        last = fidelities[-1] if last is None else last
        rungs = [rung for rung in fidelities if 0 < rung < last] if params["pruning"] else []
        rungs.append(last)
        parameter = "startup" if sampler == "tpe" else "population"
        spared = min(params[parameter], params["spared"])
        others = params[parameter] - spared  # may be given up after their first rung
        return Startup(parameter, (*rungs * spared, *rungs[:1] * others))

    @override
    def warm_start(self, source: SearchState) -> None:
        super().warm_start(source)
        self.study, self.trial, self.reached = self._open_study(), None, 0
        self.study.enqueue_trial(self._write(self.queue.pop()))

    @override
    def step(self) -> None:
        candidate = self.propose() if self.trial is None else self._read(self.trial)
        self.learn(candidate, self.judge(candidate, self.rungs[self.reached]))

    @override
    def propose(self) -> Architecture:
        from optuna.trial import TrialState

        for _ in range(ATTEMPTS):
            self.trial = self._ask()
            if self.problem.space.is_valid(self._read(self.trial)):
                return self._read(self.trial)
            self.study.tell(self.trial, state=TrialState.PRUNED)
        self.study.enqueue_trial(self._write(self.problem.space.sample(self.problem.rng)))
        self.trial = self._ask()
        return self._read(self.trial)

    @override
    def learn(self, architecture: Architecture, fitness: float) -> None:
        from optuna.trial import TrialState

        trial, is_sound = self.trial, math.isfinite(fitness)
        assert trial is not None
        if is_sound:
            trial.report(fitness, self.rungs[self.reached])
        self.reached += 1
        if is_sound and self.reached == len(self.rungs):
            self.study.tell(trial, fitness)
        elif not is_sound or trial.should_prune():
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            return
        self.trial, self.reached = None, 0

    @override
    def insights(self) -> dict[str, Any]:
        states = [trial.state.name for trial in self.study.get_trials(deepcopy=False)]
        return {"proposals": len(states), "pruned": states.count("PRUNED")}

    @override
    def state_dict(self) -> dict[str, Any]:
        trials = self.study.get_trials(deepcopy=False)
        return {
            **super().state_dict(),
            "trials": [_to_plain(trial) for trial in trials],
            "reached": self.reached,
        }

    @override
    def load_state_dict(self, state: dict[str, Any]) -> None:
        from optuna import Trial

        super().load_state_dict(state)
        self.study, self.trial, self.reached = self._open_study(), None, state["reached"]
        self.study.add_trials(self._from_plain(row) for row in state["trials"])
        trials = self.study.get_trials(deepcopy=False)
        if trials and trials[-1].state.name == "RUNNING":
            self.trial = Trial(self.study, trials[-1]._trial_id)

    def _open_study(self) -> Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=self.spared)
        return optuna.create_study(direction="maximize", pruner=pruner)

    def _ask(self) -> Trial:
        """Return a proposal, by a sampler that knows nothing but the study."""
        self.study.sampler = self._make_sampler(int(self.problem.rng.integers(2**32)))
        return self.study.ask(self._distributions())

    def _make_sampler(self, seed: int) -> BaseSampler:
        from optuna.samplers import NSGAIISampler, RandomSampler, TPESampler

        if self.sampler == "random":
            return RandomSampler(seed)
        if self.sampler == "tpe":
            return TPESampler(n_startup_trials=self.random_trials, seed=seed)
        genetic = NSGAIISampler(population_size=self.population, seed=seed)
        # Optuna orders parents differently when it first finds them and when it recalls them. Found
        # here, they are always recalled, in a resumed search as well.
        states = [trial.state.name for trial in self.study.get_trials(deepcopy=False)]
        for generation in range(1, states.count("COMPLETE") // self.population + 1):
            genetic.get_parent_population(self.study, generation)
        return genetic

    def _distributions(self) -> dict[str, BaseDistribution]:
        from optuna.distributions import CategoricalDistribution

        return {
            decision.name: CategoricalDistribution(range(len(decision.options)))
            for decision in self.problem.space.decisions
        }

    def _write(self, architecture: Architecture) -> dict[str, int]:
        decisions = self.problem.space.decisions
        return {d.name: choice for d, choice in zip(decisions, architecture, strict=True)}

    def _read(self, trial: Trial) -> Architecture:
        return tuple(trial.params[decision.name] for decision in self.problem.space.decisions)

    def _from_plain(self, row: dict[str, Any]) -> FrozenTrial:
        from optuna.trial import TrialState, create_trial

        reports = dict(row["reports"])
        return create_trial(
            state=TrialState[row["state"]],
            values=row["values"],
            params=row["params"],
            distributions=self._distributions() if row["params"] else {},
            system_attrs=row["system_attrs"],
            intermediate_values=reports,
        )


def _to_plain(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "state": trial.state.name,
        "values": trial.values,
        "params": dict(trial.params),
        "reports": [list(report) for report in trial.intermediate_values.items()],
        "system_attrs": dict(trial.system_attrs),
    }
