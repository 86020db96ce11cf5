"""The second-order gradient of DARTS: the paper's toy, exact derivatives, and the search step."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from harness.api import Gates, Problem, Scale, Split, TaskShape
from harness.search.oneshot.descent import WeightDescent
from harness.search.oneshot.unrolled import FlatWeights, unroll, unrolled_gradient
from harness.spaces.darts import Darts as DartsSpace
from methods.darts import Darts

BARE = WeightDescent(momentum=0, weight_decay=0)


def toy(alpha, weight, rate, difference=0.01):
    """Return the gradient of the toy of the paper's Fig. 2 by the choice alpha."""
    choice = torch.tensor([alpha], dtype=torch.float64, requires_grad=True)
    weights = torch.tensor([weight], dtype=torch.float64)

    def train_loss(w):
        return ((w - choice) ** 2).sum()

    def validation_loss(w):
        return (choice * w - 2 * choice + 1).sum()

    (gradient,) = unrolled_gradient(
        train_loss,
        validation_loss,
        weights,
        [choice],
        lambda g: unroll(weights, g, None, BARE, rate),
        learning_rate=rate,
        difference=difference,
    )
    return float(gradient)


@pytest.mark.parametrize(("rate", "expected"), [(0.0, -4), (0.5, 2), (0.7, 4.4), (1.0, 8)])
def test_the_gradient_of_the_papers_toy(rate, expected):
    assert toy(2.0, -2.0, rate) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("rate"), [0.0, 0.1, 0.5, 0.7, 1.0])
def test_alternating_descent_on_the_toy_converges_to_two_over_one_plus_two_xi(rate):
    alpha, weight = 2.0, -2.0
    for _ in range(2000):
        alpha -= 0.1 * toy(alpha, weight, rate)
        weight -= 0.1 * 2 * (weight - alpha)
    assert (alpha, weight) == pytest.approx((2 / (1 + 2 * rate),) * 2, abs=1e-6)


def smooth(seed):
    """Return the losses of a small smooth network with random choices, in float64."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*size):
        return torch.randn(*size, dtype=torch.float64, generator=generator)

    mixing, inputs, targets = draw(3, 4), draw(2, 16, 5), draw(2, 16)
    choice = draw(4).requires_grad_()

    def loss(part):
        def of(weights):
            first, second = weights[:15].view(5, 3), weights[15:18]
            hidden = torch.tanh(inputs[part] @ first) * (mixing @ choice.softmax(0))
            return ((hidden @ second - targets[part]) ** 2).mean() + (hidden**4).mean()

        return of

    return loss(0), loss(1), draw(18), choice


@pytest.mark.parametrize("seed", range(5))
def test_finite_differences_agree_with_the_exact_hessian_vector_product(seed):
    train_loss, validation_loss, weights, choice = smooth(seed)
    rate, descent, velocity = 0.025, WeightDescent(), torch.linspace(-1, 1, 18).double()

    def step(gradient):
        return unroll(weights, gradient, velocity, descent, rate)

    (found,) = unrolled_gradient(
        train_loss, validation_loss, weights, [choice], step, learning_rate=rate, difference=0.01
    )
    here = weights.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(train_loss(here), here, create_graph=True)
    (exact,) = torch.autograd.grad(validation_loss(step(gradient)), choice)
    (first_order,) = torch.autograd.grad(validation_loss(weights), choice)
    assert float((found - exact).norm() / exact.norm()) < 2e-5
    assert float((first_order - exact).norm() / exact.norm()) > 1e-3


def test_the_difference_shrinks_quadratically_so_it_is_central():
    train_loss, validation_loss, weights, choice = smooth(0)

    def found(difference):
        (gradient,) = unrolled_gradient(
            train_loss,
            validation_loss,
            weights,
            [choice],
            lambda g: unroll(weights, g, None, BARE, 1.0),
            learning_rate=1.0,
            difference=difference,
        )
        return gradient

    exact = found(1e-4)
    errors = [float((found(d) - exact).norm()) for d in (0.4, 0.2)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


def test_the_unrolled_point_has_momentum_and_weight_decay():
    weights, gradient, velocity = torch.randn(3, 7, dtype=torch.float64)
    expected = weights - 0.025 * (0.9 * velocity + gradient + 3e-4 * weights)
    found = unroll(weights, gradient, velocity, WeightDescent(), 0.025)
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_unrolled_point_is_where_the_optimiser_goes(nesterov):
    rules = WeightDescent(nesterov=nesterov)
    network = nn.Linear(3, 2).double()
    flat = FlatWeights(network)
    optimizer = torch.optim.SGD(
        network.parameters(), 0.1, momentum=0.9, weight_decay=3e-4, nesterov=nesterov
    )
    inputs = torch.randn(4, 3, dtype=torch.float64)
    for _ in range(3):  # the first step has no momentum buffer yet
        before = flat.vector().requires_grad_()
        (gradient,) = torch.autograd.grad(flat.call(before, inputs).square().mean(), before)
        expected = unroll(before.detach(), gradient, flat.velocity(optimizer), rules, 0.1)
        optimizer.zero_grad()
        network(inputs).square().mean().backward()
        optimizer.step()
        torch.testing.assert_close(flat.vector(), expected)


def test_a_flat_validation_loss_has_no_second_term():
    choice = torch.zeros(1, requires_grad=True)
    (gradient,) = unrolled_gradient(
        lambda w: (w * choice).sum(),
        lambda w: choice.sum() + 0 * w.sum(),
        torch.ones(2),
        [choice],
        lambda g: torch.ones(2),
        learning_rate=1.0,
        difference=0.01,
    )
    assert gradient.tolist() == [1.0]


class Batches:
    def __init__(self, seed):
        generator = torch.Generator().manual_seed(seed)
        self.images = torch.randn(6, 1, 8, 8, generator=generator, dtype=torch.float64)
        self.targets = torch.randint(5, (6,), generator=generator)

    def next(self):
        return self.images, self.targets


@pytest.fixture
def method():
    """A search in float64, one step old, so that there is momentum."""
    torch.set_default_dtype(torch.float64)
    try:
        streams = {Split.TRAIN: Batches(1), Split.VALIDATION: Batches(2)}
        method = Darts(
            Problem(
                space=DartsSpace(),
                shape=TaskShape((1, 8, 8), 5),
                scale=Scale(4, 3),
                device="cpu",
                rng=None,
                stream=streams.__getitem__,
                loss=cross_entropy,
                steps=8,
                epoch_steps=4,
                fidelities=(),
                evaluate=None,
                release=None,
            )
        )
        method.step()
        yield method
    finally:
        torch.set_default_dtype(torch.float32)


def exact_gradient(method):
    """Return the second-order gradient by double backward through the live network."""
    network, alphas = method.supernet, method.parameters["alpha"]
    network.implementation = "plain"  # which can be differentiated twice
    flat = FlatWeights(network)
    velocity = flat.velocity(method.weight_optimizer)
    batches = method.train.next(), method.validation.next()

    def loss(weights, part):
        gates = Gates([alpha.softmax(0) for alpha in alphas])
        return cross_entropy(flat.call(weights, batches[part][0], gates), batches[part][1])

    here = flat.vector().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(here, 0), here, create_graph=True)
    ahead = unroll(here, gradient, velocity, method.weights, method.learning_rate)
    return torch.autograd.grad(loss(ahead, 1), alphas)


def test_the_search_step_descends_on_the_exact_second_order_gradient(method):
    expected = torch.cat(exact_gradient(copy.deepcopy(method)))
    method.difference = 1e-5  # short enough to cross no kink of a ReLU or a maximum
    method.choice_gradient(method.validation.next(), method.train.next())
    found = torch.cat([alpha.grad for alpha in method.parameters["alpha"]])
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)
    method.order = 1
    method.choice_gradient(method.validation.next(), method.train.next())
    first = torch.cat([alpha.grad for alpha in method.parameters["alpha"]])
    assert float((first - expected).norm() / expected.norm()) > 0.1


def test_the_extra_passes_leave_the_live_network_untouched(method):
    before = copy.deepcopy(method.supernet.state_dict())
    pointers = [weight.data_ptr() for weight in method.supernet.parameters()]
    method.weight_step = lambda batch: None
    method.step()
    after = method.supernet.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert pointers == [weight.data_ptr() for weight in method.supernet.parameters()]
    assert all(module.track_running_stats for module in method._norms)
