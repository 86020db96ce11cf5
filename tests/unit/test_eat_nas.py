"""EAT-NAS: one evaluation a step, a population of constant size, elastic transfer from a seed."""

import dataclasses
import math

import numpy as np
import pytest

from harness.api import ConfigError, Costs
from harness.config.parameters import construct, resolve
from harness.plugins import METHODS
from harness.search.fitness import Aim
from harness.testing.toy_problem import Toy
from harness.testing.toy_space import PlainToyCell
from methods.eat_nas import EatNas


def start(toy=None, *, costs=None, score=None, **params):
    """Return a method on a toy problem, and the problem."""
    toy = toy or Toy()
    problem = dataclasses.replace(toy.problem, costs=costs)
    if score is not None:

        def evaluate(architecture, fidelity, *, inherit=None):
            verdict = toy.problem.evaluate(architecture, fidelity, inherit=inherit)
            return dataclasses.replace(verdict, score=score(architecture, fidelity))

        problem = dataclasses.replace(problem, evaluate=evaluate)
    chosen = {"population": 4, "tournament": 2, **params}
    resolved = resolve("method", "eat_nas", EatNas, chosen)
    return EatNas(problem, **construct(EatNas, resolved)), toy


def take(method, steps):
    for _ in range(steps):
        method.step()


def living(method):
    return [member.key for member in method.population.members]


def released(toy):
    return [entry[1] for entry in toy.trace if entry[0] == "release"]


def asked(toy):
    return [entry[1:] for entry in toy.trace if entry[0] == "evaluate"]


def test_reports_say_that_it_is_a_re_implementation():
    assert "re-implementation" in METHODS.summary("eat_nas")
    assert "re-implementation" in EatNas.__doc__.partition("\n")[0]


@pytest.mark.parametrize(("weight", "quality"), [(1.0, 58.0), (0.5, 59.0), (0.0, 60.0)])
def test_quality_is_the_mean_less_lambda_deviations(weight, quality):
    scores = iter([58.0, 62.0, 58.0, 62.0])
    method, _ = start(score=lambda *_: next(scores), quality_weight=weight)
    take(method, 3)
    assert method.insights()["population_quality"] is None  # it is not full yet
    method.step()
    insights = method.insights()
    assert (insights["population_mean"], insights["population_std"]) == (60.0, 2.0)
    assert insights["population_quality"] == quality


# Cycles


def test_the_first_steps_fill_the_population_from_nothing_with_distinct_architectures():
    method, toy = start(population=6)
    take(method, 6)
    assert len({architecture for architecture, _, _ in asked(toy)}) == 6
    assert {(fidelity, inherit) for _, fidelity, inherit in asked(toy)} == {(1, None)}
    assert method.cycle == 0


@pytest.mark.parametrize("replacement", ["worst", "oldest"])
def test_every_step_is_one_evaluation_and_the_size_of_the_population_stays(replacement):
    method, toy = start(replacement=replacement)
    for step in range(1, 60):
        method.step()
        assert toy.spent["evaluations"] == step
        assert len(living(method)) == min(step, 4)


@pytest.mark.parametrize("replacement", ["worst", "oldest"])
def test_weights_are_released_once_when_their_owner_leaves(replacement):
    method, toy = start(replacement=replacement)
    for _ in range(60):
        method.step()  # the toy refuses a second release, and inheritance from the released
        assert not set(released(toy)) & set(living(method))
    every = {f"{number:06d}" for number in range(60)}
    assert every == {*released(toy), *living(method)}


def test_child_differs_from_the_fittest_rival_in_one_decision_and_inherits_from_it():
    method, toy = start(tournament=3, retrain_every=1000)
    take(method, 4)
    for _ in range(40):
        before = {member.key: member for member in method.population.members}
        method.step()
        child, fidelity, inherit = asked(toy)[-1]
        parent = before[inherit]
        assert sum(a != b for a, b in zip(child, parent.architecture, strict=True)) == 1
        assert fidelity == 1
        # Of four members three are drawn, so that the parent is one of the two fittest.
        assert sum(other.fitness > parent.fitness for other in before.values()) <= 1


def test_the_worst_of_the_tournament_leaves():
    method, _ = start(tournament=4, retrain_every=1000)
    take(method, 4)
    for _ in range(20):
        before = list(method.population.members)
        method.step()
        (gone,) = [member for member in before if member.key not in living(method)]
        assert gone.fitness == min(member.fitness for member in before)


def test_the_oldest_of_the_population_leaves():
    method, _ = start(replacement="oldest", retrain_every=1000)
    take(method, 4)
    for _ in range(20):
        oldest = min(living(method))
        method.step()
        assert oldest not in living(method)
        assert living(method) == sorted(living(method))


def test_without_inheritance_nobody_inherits():
    method, toy = start(inherit=False)
    take(method, 30)
    assert {inherit for _, _, inherit in asked(toy)} == {None}


def test_evolution_finds_better_architectures_than_chance():
    method, toy = start(tournament=3)
    take(method, 60)
    mean = np.mean(
        [toy._score(toy.problem.space.sample(np.random.default_rng(i)), 1) for i in range(200)]
    )
    assert method.insights()["population_mean"] > mean + 10


# The answer


def test_answer_is_the_fittest_until_architectures_are_retrained_and_then_the_best_of_those():
    method, toy = start(retrain_every=3, retrained=2)
    retrained = {}
    for _ in range(80):
        method.step()
        architecture, fidelity, inherit = asked(toy)[-1]
        if fidelity == 2:
            assert inherit is None
            assert architecture not in retrained  # one training from scratch is enough
            retrained[architecture] = toy.scores[architecture][-1]
        expected = max(retrained, key=retrained.get) if retrained else method.best.architecture
        assert method.incumbent() == expected
    assert len(retrained) > 2


@pytest.mark.parametrize(
    ("toy", "params"),
    [(Toy(keeps_weights=False), {"patience": 2}), (Toy(), {"inherit": False})],
    ids=["table", "from scratch"],
)
def test_where_nobody_inherits_nothing_is_retrained_and_the_answer_is_the_best_judged(toy, params):
    method, _ = start(toy, retrain_every=2, **params)
    for _ in range(60):
        method.step()
        scores = {architecture: max(own) for architecture, own in toy.scores.items()}
        assert method.incumbent() == max(scores, key=scores.get)
    assert {fidelity for _, fidelity, _ in asked(toy)} == {1}
    assert method.insights()["retrained"] == 0 and method.cycle == 56


def test_the_fittest_are_retrained_every_so_many_cycles():
    method, toy = start(retrain_every=3, retrained=2)
    take(method, 4 + 3)
    ranked = sorted(method.population.members, key=lambda member: -member.fitness)
    fittest = list(dict.fromkeys(member.architecture for member in ranked))[:2]
    take(method, 2)
    assert asked(toy)[-2:] == [(architecture, 2, None) for architecture in fittest]
    method.step()
    assert method.cycle == 4
    assert method.insights()["retrained"] == 2


def test_retraining_decides_even_against_the_scores_of_heirs():
    """The fittest by inherited weights may be the worst from scratch."""
    scratch = {}

    def score(architecture, fidelity):
        share = sum(architecture)
        if fidelity == 2:
            scratch[architecture] = 50.0 - share
            return scratch[architecture]
        return 50.0 + share

    method, _ = start(score=score, retrained=3)
    take(method, 60)
    assert method.incumbent() == max(scratch, key=scratch.get)
    assert method.incumbent() != method.best.architecture


def test_a_score_that_is_no_number_never_wins():
    def score(architecture, fidelity):
        return math.nan if architecture[0] == 2 or fidelity == 2 else float(architecture[1])

    method, _ = start(score=score, tournament=3, retrain_every=4)
    take(method, 60)
    assert method.best.architecture[:2] == (0, 2) or method.best.architecture[:2] == (1, 2)
    assert method.incumbent() == method.best.architecture  # all retrainings diverged
    assert method.insights()["retrained_fitness"] is None
    assert all(member.architecture[0] != 2 for member in method.population.members)


def test_search_in_which_all_diverges_reports_no_numbers_and_goes_on():
    method, _ = start(Toy(broken="always"), patience=2)
    take(method, 30)
    insights = method.insights()
    assert insights["population_quality"] is insights["best_fitness"] is None
    assert insights["retrained"] == 0


def test_population_whose_quality_stops_rising_counts_as_converged_and_is_retrained():
    method, toy = start(score=lambda *_: 50.0, patience=3, retrain_every=1000, retrained=1)
    take(method, 4 + 3)  # the first cycle sets the quality, two do not raise it
    assert method.insights()["converged_cycle"] is None
    take(method, 1)
    assert method.insights()["converged_cycle"] == 4
    method.step()
    assert asked(toy)[-1][1] == 2
    take(method, 20)
    assert method.insights()["converged_cycle"] == 4  # the first time
    assert method.cycle > 15  # and evolution goes on


def test_after_convergence_the_patience_starts_anew():
    method, toy = start(tournament=3, patience=3, epsilon=1000.0, retrain_every=1000, retrained=1)
    cycles = set()
    for _ in range(80):
        method.step()
        if asked(toy)[-1][1] == 2:
            cycles.add(method.cycle)
    assert len(cycles) > 2
    assert {cycle % 3 for cycle in cycles} == {1}  # 4, 7, 10, ...


def test_rise_within_epsilon_is_none():
    scores = (50 + 0.01 * number for number in range(100))
    patient, _ = start(score=lambda *_: next(scores), patience=3, retrain_every=1000)
    take(patient, 20)
    assert patient.converged_cycle is None
    scores = (50 + 0.01 * number for number in range(100))
    strict, _ = start(score=lambda *_: next(scores), patience=3, epsilon=1.0, retrain_every=1000)
    take(strict, 20)
    assert strict.converged_cycle == 4


# Size


def test_selection_goes_by_fitness_and_quality_by_accuracy():
    costs = Costs("multiply-adds", 10.0, lambda architecture: 10.0 + sum(architecture), None)
    method, _ = start(
        costs=costs, score=lambda *_: 50.0, tournament=4, aim=Aim(penalty="soft", weight=-1.0)
    )
    take(method, 60)
    assert method.insights()["population_quality"] == 50.0
    assert method.incumbent() == (0,) * 6  # the smallest of all
    assert method.insights()["best_fitness"] == 50.0


# Settings


def test_untrained_candidates_are_no_evolution():
    offers = [EatNas.unsupported(PlainToyCell(), has_images=True, fidelities=f) for f in ((), (0,))]
    assert offers == ["The protocol offers no fidelity at which candidates are trained."] * 2
    assert EatNas.unsupported(PlainToyCell(), has_images=False, fidelities=(0, 3)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"population": 0},
        {"replacement": "best"},
        {"perturbation": 0},
        {"perturbation": 1.5},
        {"aim": {"weight": 0.07}},
        {"fidelity": 0},
        {"seed_architecture": "random"},
    ],
)
def test_values_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        resolve("method", "eat_nas", EatNas, wrong)
