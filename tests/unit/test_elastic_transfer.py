"""Elastic transfer: a search that begins from another's answer, its control, and resumption."""

import dataclasses

import numpy as np
import pytest

from harness.api import Costs, SearchState, TaskShape, Unsupported
from harness.spaces.darts import Darts
from harness.testing.searching import read_back
from harness.testing.toy_problem import Toy
from methods.eat_nas import EatNas

ANSWER = (2, 0, 1, 2, 0, 1)


def start(toy, *, costs=None, **params):
    problem = dataclasses.replace(toy.problem, costs=costs)
    return EatNas(problem, **{"population": 6, "tournament": 2, **params})


def take(method, steps):
    for _ in range(steps):
        method.step()


def source(architecture, state=()):
    return SearchState("eat_nas", TaskShape((3, 8, 8), 7), architecture, dict(state))


def asked(toy):
    return [entry[1:] for entry in toy.trace if entry[0] == "evaluate"]


def test_warm_start_searches_from_the_answer_of_the_source():
    toy = Toy()
    method = start(toy)
    method.warm_start(source(ANSWER))
    assert method.incumbent() == ANSWER
    take(method, 6)
    first = [architecture for architecture, _, _ in asked(toy)]
    assert first[0] == ANSWER
    assert len(set(first)) == 6
    assert {inherit for _, _, inherit in asked(toy)} == {None}  # architectures, not weights


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_first_population_lies_as_far_from_the_answer_as_its_probability_says(rate):
    toy = Toy(space=Darts())
    answer = toy.problem.space.sample(np.random.default_rng(5))
    method = start(toy, population=100, perturbation=rate)
    method.warm_start(source(answer))
    changed = np.array(method.newcomers[1:]) != np.array(answer)
    assert changed.mean() == pytest.approx(rate / (1 - (1 - rate) ** len(answer)), abs=0.05)


def test_warm_start_goes_by_the_architecture_alone():
    first, second = (start(Toy()) for _ in range(2))
    first.warm_start(source(ANSWER))
    second.warm_start(source(ANSWER, {"population": [], "cycle": 7, "alphas": [1.0]}))
    assert first.state_dict()["newcomers"] == second.state_dict()["newcomers"]
    assert second.cycle == 0


@pytest.mark.parametrize("architecture", [(0,) * 5, (0, 0, 0, 0, 0, 3), ()])
def test_source_from_another_space_is_refused_with_a_sentence(architecture):
    with pytest.raises(Unsupported, match="does not belong to the space searched"):
        start(Toy()).warm_start(source(architecture))


def test_random_control_has_about_the_size_of_the_answer_and_both_sizes_are_logged():
    costs = Costs("multiply-adds", None, lambda a: float(np.dot(a, [1, 2, 4, 8, 16, 32])), None)
    method = start(Toy(), costs=costs, seed_architecture="random_equal_size")
    method.warm_start(source(ANSWER))
    seed, insights = method.newcomers[0], method.insights()
    assert seed != ANSWER
    assert method.incumbent() == seed
    assert insights["source_size"] == costs.of(ANSWER)
    assert insights["seed_size"] == costs.of(seed)
    assert abs(costs.of(seed) - costs.of(ANSWER)) <= 2  # sizes range from 0 to 126


def test_random_control_is_the_same_search_but_for_its_seed():
    """So that the control shares its source search's course with the method it controls."""
    toys = Toy(), Toy()
    plain, control = start(toys[0]), start(toys[1], seed_architecture="random_equal_size")
    take(plain, 20)
    take(control, 20)
    assert toys[0].trace == toys[1].trace
    assert plain.insights() == control.insights()


@pytest.mark.parametrize("seed_architecture", ["source", "random_equal_size"])
@pytest.mark.parametrize("step", [0, 3, 7, 8, 9, 23])
def test_search_resumed_after_any_step_goes_on_exactly(step, seed_architecture):
    chosen = {"retrain_every": 2, "patience": 2, "seed_architecture": seed_architecture}
    toy = Toy()
    through = start(toy, **chosen)
    through.warm_start(source(ANSWER))
    take(through, step)
    saved, place = read_back(through.state_dict()), toy.state_dict()
    again = toy.again()
    resumed = start(again, **chosen)
    resumed.warm_start(source(ANSWER))
    resumed.load_state_dict(saved)
    again.load_state_dict(place)
    assert repr(through.state_dict()) == repr(resumed.state_dict())
    take(through, 20)
    take(resumed, 20)
    assert toy.trace == again.trace
    assert repr(through.state_dict()) == repr(resumed.state_dict())
    assert through.insights() == resumed.insights()
