"""The method optuna: every sampler resumes anywhere, rungs are paid for, losers are given up."""

import dataclasses
import logging

import numpy as np
import optuna
import pytest

from harness.api import SearchState
from harness.config.parameters import construct, resolve
from harness.testing.searching import search
from harness.testing.toy_problem import Toy
from methods.optuna import Optuna


def start(toy=None, *, score=None, **params):
    toy = toy or Toy()
    problem = toy.problem
    if score is not None:

        def evaluate(architecture, fidelity, *, inherit=None):
            verdict = toy.problem.evaluate(architecture, fidelity, inherit=inherit)
            return dataclasses.replace(verdict, score=score(architecture, fidelity))

        problem = dataclasses.replace(problem, evaluate=evaluate)
    resolved = resolve("method", "optuna", Optuna, params)
    return Optuna(problem, **construct(Optuna, resolved)), toy


def take(method, steps):
    for _ in range(steps):
        method.step()


def asked(toy):
    return [entry[1:3] for entry in toy.trace if entry[0] == "evaluate"]


@pytest.mark.parametrize("after", range(1, 12))
@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random"])
def test_every_sampler_resumes_seamlessly_wherever_it_was_stopped(sampler, after):
    params = {"sampler": sampler, "startup": 2, "population": 2, "spared": 1}
    variant = type("Variant", (Optuna,), {"contract_params": params})
    parting = search(variant, Toy()).find_difference(search(variant, Toy(), resume_after=after))
    assert not parting, parting


def test_a_candidate_climbs_the_fidelities_and_each_is_an_evaluation():
    method, toy = start(spared=100)
    take(method, 6)
    found = asked(toy)
    assert [fidelity for _, fidelity in found] == [1, 2, 1, 2, 1, 2]  # not 0: that is untrained
    assert found[0][0] == found[1][0] and found[2][0] == found[3][0]
    assert toy.spent["evaluations"] == 6


def test_a_candidate_below_the_median_of_its_rung_is_given_up():
    lows = iter([10.0, 20.0, 30.0, 5.0, 40.0])
    scores = {1: lambda: next(lows), 2: lambda: 50.0}
    method, toy = start(spared=3, score=lambda _, fidelity: scores[fidelity]())
    take(method, 9)  # 5 lies below the median of 10, 20, 30; 40 does not
    assert [fidelity for _, fidelity in asked(toy)] == [1, 2, 1, 2, 1, 2, 1, 1, 2]
    assert method.insights() == {"proposals": 5, "pruned": 1}


def test_without_pruning_or_with_one_fidelity_candidates_are_judged_once():
    for toy, params in ((Toy(), {"pruning": False}), (Toy(fidelities=(2,)), {})):
        method, _ = start(toy, **params)
        take(method, 5)
        assert [fidelity for _, fidelity in asked(toy)] == [2] * 5


def test_the_answer_is_the_best_at_full_effort_whatever_scored_more_at_less():
    method, toy = start(spared=0, score=lambda a, fidelity: 90.0 - sum(a) if fidelity == 1 else 1.0)
    take(method, 2)
    full = asked(toy)[1][0]
    take(method, 20)
    assert method.best_at == (2, 1.0) and method.incumbent() == full


def test_a_proposal_that_the_space_does_not_hold_is_not_judged_and_told_as_pruned():
    toy = Toy()
    toy.problem.space.is_valid = lambda a: len(a) == 6 and sum(a) % 2 == 0
    method, _ = start(toy, pruning=False)
    take(method, 30)
    assert all(sum(architecture) % 2 == 0 for architecture, _ in asked(toy))
    insights = method.insights()
    assert insights["proposals"] == 30 + insights["pruned"] and insights["pruned"] > 0


def test_the_random_sampler_is_optunas_own():
    method, toy = start(sampler="random", pruning=False)
    take(method, 10)
    rng, space = np.random.default_rng(0), toy.problem.space
    space.sample(rng)  # the answer before the first candidate
    study = optuna.create_study()
    ranges = {
        decision.name: optuna.distributions.CategoricalDistribution(range(3))
        for decision in space.decisions
    }
    expected = []
    for _ in range(10):
        study.sampler = optuna.samplers.RandomSampler(int(rng.integers(2**32)))
        expected.append(tuple(study.ask(ranges).params.values()))
    assert [architecture for architecture, _ in asked(toy)] == expected


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_samplers_find_what_chance_does_not(sampler):
    best = []
    for seed in range(5):
        toy = Toy(seed)
        method, _ = start(
            toy, sampler=sampler, population=10, pruning=False, score=lambda a, _: float(sum(a))
        )
        take(method, 100)
        best.append(method.best_at[1])
    # A random one of 729 cells sums to 11 or more with probability 7/729: in 100 draws 62 %.
    assert np.mean(best) >= 11.4


def test_a_warm_start_is_the_first_trial():
    method, toy = start()
    take(method, 3)
    answer = (2, 1, 2, 1, 2, 1)
    method.warm_start(SearchState("any", toy.problem.shape, answer, {}))
    take(method, 1)
    assert asked(toy)[-1] == (answer, 1)


def test_it_says_nothing(caplog, capfd):
    optuna.logging.enable_propagation()
    with caplog.at_level(logging.INFO):
        method, _ = start()
        take(method, 5)
    optuna.logging.disable_propagation()
    assert not caplog.records and capfd.readouterr().err == ""
