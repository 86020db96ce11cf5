"""ProxylessNAS: what choices learn from gates, rewards and costs, seen on two edges."""

import dataclasses
import itertools

import pytest
import torch
from torch import nn

from harness.api import Costs, Decision, EdgeCosts, Gates
from harness.search.oneshot.descent import ChoiceDescent
from harness.testing.toy_problem import Toy
from harness.testing.toy_space import ToyCell
from harness.testing.toy_task import ToyBlobs
from methods.proxylessnas import ProxylessNas

CHOICES = ChoiceDescent(learning_rate=0.1, betas=(0.0, 0.999), weight_decay=0, interval=1)


class Paths(ToyCell):
    """Edges of two and three options; the super-network only sees which of them run."""

    def __init__(self):
        self.edges = (Decision("a", ("conv", "zero")), Decision("b", ("conv", "none", "skip")))

    def supernet(self, shape, scale, *, channel_share=1):
        return Sighted(shape.classes)

    def derive(self, probabilities):
        return tuple(int(edge.argmax()) for edge in probabilities)

    def graph(self, architecture):
        return {}


class Sighted(nn.Module):
    """Logits that depend on the path, so that every path has an accuracy of its own."""

    def __init__(self, classes):
        super().__init__()
        self.classifier = nn.Linear(5, classes)

    def forward(self, images, gates):
        hidden = torch.cat(list(gates.weights)).expand(len(images), 5)
        return self.classifier(hidden * images.mean((1, 2, 3)).unsqueeze(1).exp())


def begin(costs=None, **parameters):
    problem = Toy(space=Paths(), task=ToyBlobs(inputs=(1, 8, 8), classes=2)).problem
    problem = dataclasses.replace(problem, costs=costs)
    return ProxylessNas(problem, choices=CHOICES, **parameters)


@pytest.mark.parametrize(("zero_rule", "skips"), [(None, (1, 0)), (True, (1, 1)), (False, (0, 0))])
def test_an_edge_learns_nothing_from_a_drawn_zero_where_the_rule_says_so(
    monkeypatch, zero_rule, skips
):
    method = begin(mode="full", zero_rule=zero_rule)
    monkeypatch.setattr(method, "_draw_path", lambda: [1, 1])  # `zero` and `none`
    method.choice_gradient(method.validation.next(), None)
    alphas = method.parameters["alpha"]
    before = [alpha.detach().clone() for alpha in alphas]
    assert [alpha.grad is None for alpha in alphas] == list(map(bool, skips))
    method.choice_optimizer.step()
    method.after_choice_step()
    for alpha, old, skipped in zip(alphas, before, skips, strict=True):
        assert torch.equal(alpha, old) == bool(skipped)
    assert method.insights()["skipped_share"] == sum(skips) / 2


def test_the_policy_gradient_is_that_of_the_mean_reward():
    # The baseline holds baseline_step / samples of each reward itself: so much is missing.
    prices = EdgeCosts(1.0, ((1.0, 0.0), (2.0, 0.0, 1.0)))
    costs = Costs("milliseconds", 2.0, None, prices)
    method = begin(costs, rule="reinforce", samples=2, baseline_step=0.6)
    with torch.no_grad():
        for alpha in method.parameters["alpha"]:
            alpha.copy_(torch.randn_like(alpha))
    alphas, batch = method.parameters["alpha"], method.validation.next()
    shares = [alpha.softmax(0) for alpha in alphas]
    paths = list(itertools.product(range(2), range(3)))
    chances = {path: shares[0][path[0]] * shares[1][path[1]] for path in paths}

    def policy_gradient(drawn):
        method.baseline = 0.3
        method._draw_path = iter(map(list, drawn)).__next__
        method.choice_gradient(batch, None)
        return torch.cat([alpha.grad for alpha in alphas])

    def reward(path):
        one_hot = [torch.eye(2)[path[0]], torch.eye(3)[path[1]]]
        outputs = method.supernet(batch[0], Gates(one_hot))
        accuracy = (outputs.argmax(1) == batch[1]).float().mean().item()
        return accuracy * (2.0 / prices.of([row.tolist() for row in one_hot])) ** 0.1

    rewards = {path: reward(path) for path in paths}
    assert len(set(rewards.values())) > 3
    negative = -sum(chances[path] * rewards[path] for path in paths)
    exact = torch.cat(torch.autograd.grad(negative, alphas, retain_graph=True))
    mean = sum(
        (chances[one] * chances[two]).item() * policy_gradient([one, two])
        for one, two in itertools.product(paths, paths)
    )
    torch.testing.assert_close(mean, (1 - 0.6 / 2) * exact, atol=1e-6, rtol=1e-4)


def test_the_baseline_begins_at_the_first_mean_and_then_follows_the_code(monkeypatch):
    method = begin(rule="reinforce", samples=2)
    rewards = iter([0.2, 0.4, 0.9, 0.7])
    monkeypatch.setattr(method.objective, "reward", lambda *_: next(rewards))
    method.choice_gradient(method.validation.next(), None)
    assert method.baseline == pytest.approx(0.3)
    method.choice_gradient(method.validation.next(), None)
    assert method.baseline == pytest.approx(0.3 + 0.99 * 0.5)


@pytest.mark.parametrize("mode", ["two", "full"])
def test_choices_descend_on_the_loss_and_the_expected_cost_together(monkeypatch, mode):
    prices = EdgeCosts(1.0, ((3.0, 0.0), (4.0, 0.0, 1.0)))
    costs = Costs("milliseconds", 2.0, None, prices)
    tradeoff = {"regulariser": "add#linear", "cost_weight": 0.5}
    priced = begin(costs, mode=mode, **tradeoff)
    free = begin(mode=mode, **tradeoff)
    gradients = []
    for method in (priced, free):
        torch.manual_seed(1)
        method.choice_gradient(method.validation.next(), None)
        gradients.append([alpha.grad for alpha in method.parameters["alpha"]])
    for alpha, row, options, one, other in zip(
        priced.parameters["alpha"], prices.edges, priced._binary.options, *gradients, strict=True
    ):
        own = alpha.detach()[list(options)].requires_grad_()
        cost = own.softmax(0) @ torch.tensor(row)[list(options)]
        (expected,) = torch.autograd.grad(0.5 * cost / 2.0, own)
        torch.testing.assert_close((one - other)[list(options)], expected, atol=1e-6, rtol=1e-5)


def test_the_expected_cost_of_all_options_is_logged_where_operations_are_priced():
    prices = EdgeCosts(1.0, ((3.0, 0.0), (4.0, 0.0, 1.0)))
    method = begin(Costs("milliseconds", None, None, prices))
    p = method.probabilities({"alpha": [a.detach().double() for a in method.parameters["alpha"]]})
    expected = 1 + 3 * p[0][0].item() + 4 * p[1][0].item() + p[1][2].item()
    assert method.insights()["expected_cost"] == pytest.approx(expected)
    assert "expected_cost" not in begin().insights()


def test_the_active_one_of_a_pair_is_drawn_by_the_softmax_of_the_two():
    method = begin()
    alpha = method.parameters["alpha"][1]
    with torch.no_grad():
        alpha.copy_(torch.tensor([1.5, 0.0, -1.0]))
    draws = [method._draw_gates() for _ in range(600)]
    active = [draw.active[1] for draw in draws if set(draw.options[1]) == {0, 2}]
    share = active.count(0) / len(active)
    deviation = (0.924 * 0.076 / len(active)) ** 0.5
    assert share == pytest.approx(alpha[[0, 2]].softmax(0)[0].item(), abs=4 * deviation)
    assert 4 * deviation < 0.1  # the first of two draws from all would be it in 0.80 of the cases
