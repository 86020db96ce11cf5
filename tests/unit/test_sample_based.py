"""Methods that judge one candidate a step: what they propose, and what they learn from scores."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau, spearmanr

from harness.api import SearchState, Unsupported
from harness.config.parameters import construct, resolve
from harness.search.evolution.population import Population
from harness.search.proxies.naming import compute
from harness.testing.searching import search
from harness.testing.toy_problem import Toy
from methods.local_search import LocalSearch
from methods.random_search import RandomSearch
from methods.regularized_evolution import RegularizedEvolution
from methods.reinforce import Reinforce
from methods.zero_cost import ZeroCost

SIZES = {"population": 4, "tournament": 4}
SIMPLE = [RandomSearch, RegularizedEvolution, LocalSearch, Reinforce]


def start(plugin, toy=None, *, score=None, **params):
    """Return a method on a toy problem, and the problem."""
    toy = toy or Toy()
    problem = toy.problem
    if score is not None:

        def evaluate(architecture, fidelity, *, inherit=None):
            verdict = toy.problem.evaluate(architecture, fidelity, inherit=inherit)
            return dataclasses.replace(verdict, score=score(architecture))

        problem = dataclasses.replace(problem, evaluate=evaluate)
    resolved = resolve("method", plugin.__name__, plugin, params)
    return plugin(problem, **construct(plugin, resolved)), toy


def take(method, steps):
    for _ in range(steps):
        method.step()


def judged(toy):
    return [entry[1] for entry in toy.trace if entry[0] == "evaluate"]


@pytest.mark.parametrize("plugin", [*SIMPLE, ZeroCost])
def test_a_step_judges_one_candidate_and_the_answer_is_the_best_of_them(plugin):
    method, toy = start(plugin)
    take(method, 15)
    scores = {architecture: max(found) for architecture, found in toy.scores.items()}
    assert len(judged(toy)) == 15
    assert method.incumbent() == max(scores, key=scores.get)


@pytest.mark.parametrize("plugin", [*SIMPLE, ZeroCost])
def test_a_fidelity_that_is_not_on_offer_is_refused(plugin):
    rules = {"fidelities": (0, 1, 2), "target": None, "budget": {"examples": 100}}
    complaint = plugin.complaint({"fidelity": 7, **SIZES}, **rules)
    assert complaint == "Fidelity 7 is not on offer; choose one of the protocol's: 0, 1, 2."
    fitting = {"fidelity": 1, **SIZES}
    assert plugin.complaint(fitting, **rules) is None


@pytest.mark.parametrize("plugin", [*SIMPLE, ZeroCost])
def test_a_warm_start_judges_the_answer_of_the_source_first(plugin):
    method, toy = start(plugin)
    answer = (2, 2, 1, 0, 0, 1)
    method.warm_start(SearchState("any", toy.problem.shape, answer, {}))
    assert method.incumbent() == answer
    take(method, 3)
    assert judged(toy)[0] == answer
    with pytest.raises(Unsupported, match="does not belong"):
        method.warm_start(SearchState("any", toy.problem.shape, (9,), {}))


def test_a_tournament_with_replacement_may_draw_a_member_twice():
    method, _ = start(RegularizedEvolution, population=4, tournament=4)
    take(method, 4)
    rng = np.random.default_rng(0)
    draws = [method.population.draw(4, rng, with_replacement=True) for _ in range(200)]
    distinct = [len({id(member) for member in rivals}) for rivals in draws]
    # Four draws of four are all distinct in 4!/4^4 = 9.4 % of tournaments.
    assert 5 <= sum(count == 4 for count in distinct) <= 35


def test_the_child_is_one_change_from_the_best_of_the_tournament_and_the_oldest_goes():
    method, toy = start(RegularizedEvolution, population=5, tournament=200)
    take(method, 5)
    for _ in range(20):  # 200 draws of five leave nobody out
        before = list(method.population.members)
        method.step()
        child, best = judged(toy)[-1], max(before, key=lambda member: member.fitness)
        assert sum(a != b for a, b in zip(child, best.architecture, strict=True)) == 1
        assert [m.architecture for m in method.population.members] == [
            *[m.architecture for m in before[1:]],
            child,
        ]


def test_members_without_weights_leave_without_a_release():
    population = Population()
    method, _ = start(RegularizedEvolution, population=2, tournament=1)
    take(method, 2)
    for member in method.population.members:
        population.add(member)
    population.remove(population.members[0])
    assert population.members == method.population.members[1:]


def test_a_climb_judges_every_neighbour_before_it_moves_to_the_best():
    method, toy = start(LocalSearch, initial=1)
    take(method, 1)
    space, centre = toy.problem.space, judged(toy)[0]
    neighbours = space.neighbours(centre)
    take(method, len(neighbours))
    assert set(judged(toy)[1:]) == set(neighbours)
    assert judged(toy)[1:] != neighbours  # in random order
    assert method.centre == centre
    method.step()
    assert method.centre == max(neighbours, key=lambda other: toy.scores[other][0])


def test_a_climb_that_takes_the_first_improvement_moves_at_once():
    method, toy = start(LocalSearch, initial=1, first_improvement=True, score=sum)
    take(method, 40)
    heights = [sum(architecture) for architecture in judged(toy)]
    centre = judged(toy)[0]
    for height, architecture in zip(heights[1:], judged(toy)[1:], strict=True):
        if method.restarts == 0:
            assert architecture in toy.problem.space.neighbours(centre)
        if height > sum(centre):
            centre = architecture
    assert method.best_at[1] == 12


def test_local_search_judges_nothing_twice_and_restarts_where_no_neighbour_is_better():
    method, toy = start(LocalSearch, initial=3)
    take(method, 300)
    assert len(set(judged(toy))) == 300
    assert method.restarts >= 1


def test_local_search_goes_on_when_the_space_is_exhausted():
    toy = Toy()
    space = toy.problem.space
    space.decisions = space.decisions[:2]
    space.is_valid = lambda a: len(a) == 2 and all(0 <= choice < 3 for choice in a)
    method, _ = start(LocalSearch, toy, score=sum)
    take(method, 30)
    assert len(judged(toy)) == 30 and len(set(judged(toy))) == 9


def oracle(initial, choices, rewards, *, rate, momentum):
    """Return the logits after the official script's updates, computed by torch."""
    logits = torch.tensor(initial, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=rate)
    numerator = denominator = 0.0
    for choice, reward in zip(choices, rewards, strict=True):
        log = torch.distributions.Categorical(logits.softmax(-1)).log_prob(torch.tensor(choice))
        numerator = momentum * numerator + (1 - momentum) * reward
        denominator = momentum * denominator + (1 - momentum)
        optimizer.zero_grad()
        (-log * (reward - numerator / denominator)).sum().backward()
        optimizer.step()
    return logits.detach().numpy()


def test_reinforce_updates_as_torch_does():
    method, toy = start(Reinforce, learning_rate=0.1, baseline_momentum=0.8)
    rng = np.random.default_rng(3)
    choices = [toy.problem.space.sample(rng) for _ in range(25)]
    rewards = rng.uniform(10, 95, 25)
    initial = method.logits.copy()
    for choice, reward in zip(choices, rewards, strict=True):
        method.learn(choice, float(reward))
    expected = oracle(initial, choices, rewards, rate=0.1, momentum=0.8)
    np.testing.assert_allclose(method.logits, expected, rtol=1e-9, atol=1e-12)


def test_the_first_reward_and_a_diverged_one_teach_nothing():
    method, _ = start(Reinforce)
    before = method.logits.copy()
    method.learn((0, 0, 0, 0, 0, 0), -math.inf)
    assert (method.logits == before).all() and method.baseline() is None
    method.learn((0, 0, 0, 0, 0, 0), 50.0)
    assert (method.logits == before).all() and method.baseline() == pytest.approx(50)


def test_the_policy_draws_as_its_probabilities_say():
    method, _ = start(Reinforce)
    method.logits[0] = np.log([0.7, 0.1, 0.2])
    draws = np.array([method.propose() for _ in range(4000)])
    shares = np.bincount(draws[:, 0], minlength=3) / 4000
    np.testing.assert_allclose(shares, [0.7, 0.1, 0.2], atol=0.03)  # four standard errors
    assert method.insights()["policy_entropy"] < 1


def test_the_policy_finds_what_is_rewarded():
    method, _ = start(Reinforce, score=sum, learning_rate=0.1)
    take(method, 400)
    assert method.probabilities()[:, 2].mean() > 0.9


@pytest.mark.parametrize(
    ("plugin", "params"),
    [
        (LocalSearch, {"initial": 1, "first_improvement": False}),
        *((ZeroCost, {"proxy": name, "candidates": 3}) for name in ("naswot", "snip", "jacob_cov")),
    ],
)
def test_variants_resume_seamlessly(plugin, params):
    variant = type(plugin.__name__, (plugin,), {"contract_params": params})
    parting = search(variant, Toy()).find_difference(search(variant, Toy(), resume_after=5))
    assert not parting, parting


def test_candidates_are_judged_in_the_order_of_their_proxy():
    method, toy = start(ZeroCost, proxy="parameters", candidates=12)
    take(method, 12)
    space, scale = toy.problem.space, toy.problem.scale
    sizes = [
        compute("parameters", space.build(a, toy.problem.shape, scale), toy.problem.shape, None)
        for a in judged(toy)
    ]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]


def test_rank_correlation_is_that_of_the_candidates_judged():
    method, toy = start(ZeroCost, proxy="multiply_adds", candidates=8)
    assert method.insights() == {
        "proxy_judged": 0,
        "proxy_kendall": None,
        "proxy_spearman": None,
    }
    take(method, 8)
    rows = [(row[0], toy.scores[a][0]) for a, row in method.judged.items()]
    promises, scores = zip(*rows, strict=True)
    found = method.insights()
    assert found["proxy_kendall"] == pytest.approx(kendalltau(promises, scores).statistic)
    assert found["proxy_spearman"] == pytest.approx(spearmanr(promises, scores).statistic)


def test_another_pool_holds_none_that_was_judged():
    method, toy = start(ZeroCost, proxy="parameters", candidates=10)
    take(method, 60)
    assert len(set(judged(toy))) == 60


def test_a_proxy_of_images_is_refused_where_there_are_none():
    with pytest.raises(Unsupported, match=r"naswot looks at images.*choose synflow"):
        start(ZeroCost, Toy(has_images=False), proxy="naswot")
