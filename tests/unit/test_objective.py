"""Accuracy against cost: the published regularisers and rewards, and expectations of prices."""

import itertools
import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from harness.api import Costs, EdgeCosts
from harness.interfaces.costs import ProductCosts
from harness.search.oneshot.objective import ExpectedCost, Objective, Tradeoff

PRICES = EdgeCosts(
    fixed=5.0,
    edges=((1.0, 2.0, 3.0), (), (), (0.5, 4.0)),
    products=(ProductCosts(1, 2, ((1.0, 2.0), (3.0, 5.0), (0.0, 7.0))),),
)
SIZES = (3, 3, 2, 2)


def double(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def random_shares():
    return [torch.rand(size, dtype=torch.float64).softmax(0) for size in SIZES]


def objective(prices=PRICES, target=20.0, **tradeoff):
    costs = Costs("milliseconds", target, lambda architecture: 0.0, prices)
    return Objective(costs, Tradeoff(**tradeoff), random_shares())


@pytest.mark.parametrize(("cost", "loss"), [(80, 0.4), (100, 0.406005), (60, 0.391934)])
def test_the_multiplied_logarithm_is_that_of_the_official_code(cost, loss):
    found = Tradeoff("mul#log").loss(double(2.0), double(cost), 80.0)
    assert found.item() == pytest.approx(loss, abs=5e-7)


@pytest.mark.parametrize(("cost", "loss"), [(80, 2.0), (100, 2.025), (60, 1.975)])
def test_the_added_line_is_that_of_the_official_code(cost, loss):
    found = Tradeoff("add#linear").loss(double(2.0), double(cost), 80.0)
    assert found.item() == pytest.approx(loss, abs=1e-12)


@pytest.mark.parametrize(("cost", "reward"), [(80, 0.75), (100, 0.733450), (60, 0.771890)])
def test_the_reward_is_that_of_the_official_code(cost, reward):
    assert Tradeoff().reward(0.75, cost, 80.0) == pytest.approx(reward, abs=5e-7)


def test_the_smoothed_loss_is_that_of_the_official_code():
    found = cross_entropy(double(2.0, 1.0, 0.0)[None], torch.tensor([0]), label_smoothing=0.1)
    assert found.item() == pytest.approx(0.507606, abs=5e-7)


def test_the_expected_cost_is_the_mean_over_all_architectures():
    shares = random_shares()
    mean = 0.0
    for path in itertools.product(*map(range, SIZES)):
        one_hot = [[float(o == c) for o in range(n)] for c, n in zip(path, SIZES, strict=True)]
        chance = torch.stack([p[c] for p, c in zip(shares, path, strict=True)]).prod().item()
        mean += chance * PRICES.of(one_hot)
    assert ExpectedCost(PRICES, shares)(shares).item() == pytest.approx(mean, abs=1e-12)
    assert objective().expectation(shares) == pytest.approx(mean, abs=1e-12)


def test_the_expected_cost_has_the_gradient_of_its_formula():
    shares = [p.requires_grad_() for p in random_shares()]
    assert torch.autograd.gradcheck(lambda *p: ExpectedCost(PRICES, shares)(p), shares)


@pytest.mark.parametrize("regulariser", ["mul#log", "add#linear"])
def test_a_penalised_loss_prefers_what_is_cheap(regulariser):
    shares = [p.requires_grad_() for p in random_shares()]
    loss = objective(regulariser=regulariser).loss(double(2.0).sum(), shares)
    gradient = torch.autograd.grad(loss, shares)[0]
    assert 0 < gradient[0] < gradient[1] < gradient[2]


def test_without_target_or_prices_costs_play_no_part():
    shares, loss = random_shares(), double(2.0).sum()
    for blind in (
        Objective(None, Tradeoff(), shares),
        objective(prices=None),
        objective(target=None),
    ):
        assert blind.loss(loss, shares) is loss
        assert blind.reward(0.75, (0, 0, 0, 0)) == 0.75
    assert objective(regulariser="none").loss(loss, shares) is loss
    assert objective(prices=None).expectation(shares) is None
    assert objective(target=None).expectation(shares) > 5


@pytest.mark.parametrize("cost", [5.0, 20.0, 80.0])
def test_the_squared_logarithm_is_that_of_the_answer_with_the_gradient_of_what_is_expected(cost):
    shares = [p.requires_grad_() for p in random_shares()]
    costs = Costs("milliseconds", 20.0, lambda architecture: cost, PRICES)
    judge = Objective(costs, Tradeoff("add#squared", weight=3.0), shares, lambda: (0,))
    loss = judge.loss(double(2.0).sum(), shares)
    assert loss.item() == pytest.approx(2.0 + 3.0 * math.log(cost / 20.0) ** 2)
    found = torch.autograd.grad(loss, shares)
    slope = torch.autograd.grad(ExpectedCost(PRICES, shares)(shares).log(), shares)
    for one, other in zip(found, slope, strict=True):
        assert torch.allclose(one, 6.0 * math.log(cost / 20.0) * other)


def test_a_path_is_rewarded_by_its_own_cost():
    cost = 5.0 + 3.0 + 5.0 + 0.5
    assert objective().reward(0.5, (2, 1, 1, 0)) == pytest.approx(0.5 * (20 / cost) ** 0.1)


def test_a_target_without_positive_logarithm_is_refused_in_one_line():
    found = Tradeoff("mul#log").complaint(0.5)
    assert "target above 1, not 0.5; use add#linear" in found and "\n" not in found
    assert Tradeoff("add#linear").complaint(0.5) is None
    assert Tradeoff("mul#log").complaint(None) is None


def test_costs_too_small_for_a_logarithm_do_not_spoil_the_search():
    cost = double(0.5, 1.0, 1.0001).requires_grad_()
    loss = Tradeoff("mul#log").loss(double(2.0), cost, 80.0)
    loss.sum().backward()
    assert loss.isfinite().all() and (cost.grad == 0).all()
