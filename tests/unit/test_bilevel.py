"""What gradient methods share: who descends on what, schedules, warm starts, the trace."""

import copy
import functools

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from harness.api import Problem, Scale, SearchState, Split, TaskShape, Unsupported
from harness.search.oneshot.descent import ChoiceDescent, WeightDescent
from harness.search.oneshot.statistics import mean_change, mean_entropy, mean_margin, skip_share
from harness.spaces.darts import Darts as DartsSpace
from methods.darts import Darts

darts = functools.partial(Darts, order=1)  # the second order has tests of its own


class Batches:
    """The same few batches over and over."""

    def __init__(self, shape, seed):
        generator = torch.Generator().manual_seed(seed)
        self.images = torch.randn(4, 6, *shape.inputs, generator=generator)
        self.targets = torch.randint(shape.classes, (4, 6), generator=generator)
        self.count = 0

    def next(self):
        place = self.count % 4
        self.count += 1
        return self.images[place], self.targets[place]


def problem(classes=5, steps=8, epoch_steps=4):
    shape = TaskShape((1, 8, 8), classes)
    streams = {Split.TRAIN: Batches(shape, 1), Split.VALIDATION: Batches(shape, 2)}
    return Problem(
        space=DartsSpace(),
        shape=shape,
        scale=Scale(4, 3),
        device="cpu",
        rng=None,
        stream=streams.__getitem__,
        loss=cross_entropy,
        steps=steps,
        epoch_steps=epoch_steps,
        fidelities=(),
        evaluate=None,
        release=None,
    )


def searched(steps=3, **parameters):
    method = darts(problem(), **parameters)
    for _ in range(steps):
        method.step()
    return method


def source(method, *, has_same_classes=True):
    return SearchState(
        "darts",
        TaskShape((1, 8, 8), 5),
        method.incumbent(),
        method.state_dict(),
        has_same_classes,
    )


def flat(tensors):
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def test_choices_descend_on_validation_batches_and_leave_the_weights_alone(monkeypatch):
    method = darts(problem(), choices=ChoiceDescent(learning_rate=0.1))
    monkeypatch.setattr(method, "weight_step", lambda batch: None)
    before = copy.deepcopy(method.supernet.state_dict())
    alphas = flat(method.parameters["alpha"])
    method.step()
    after = method.supernet.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not torch.equal(alphas, flat(method.parameters["alpha"]))


def test_the_first_order_gradient_is_that_of_the_validation_loss():
    method = darts(problem(), order=1)
    batch = method.validation.next()
    method.choice_gradient(batch, method.train.next())
    softmax = [alpha.softmax(0) for alpha in method.parameters["alpha"]]
    from harness.api import Gates

    loss = cross_entropy(method.supernet(batch[0], Gates(softmax)), batch[1])
    expected = torch.autograd.grad(loss, method.parameters["alpha"])
    for alpha, gradient in zip(method.parameters["alpha"], expected, strict=True):
        torch.testing.assert_close(alpha.grad, gradient)


def test_weights_descend_on_train_batches_and_leave_the_choices_alone():
    method = darts(problem())
    alphas = flat(method.parameters["alpha"])
    weights = flat(method.supernet.parameters())
    method.weight_step(method.train.next())
    assert torch.equal(alphas, flat(method.parameters["alpha"]))
    assert not torch.equal(weights, flat(method.supernet.parameters()))


def test_a_weight_step_is_plain_sgd_with_decay_clipping_and_momentum():
    rules = WeightDescent(learning_rate=0.1, final_learning_rate=0.1, gradient_clip=0.01)
    method = darts(problem(), weights=rules)
    batch = method.train.next()
    twin = copy.deepcopy(method.supernet)
    gates = method.gates(Split.TRAIN)
    loss = cross_entropy(twin(batch[0], gates), batch[1])
    gradients = torch.autograd.grad(loss, list(twin.parameters()))
    norm = flat(gradients).norm()
    assert norm > 0.01
    method.weight_step(batch)
    for old, new, gradient in zip(
        twin.parameters(), method.supernet.parameters(), gradients, strict=True
    ):
        step = 0.1 * (gradient * 0.01 / norm + 3e-4 * old)
        torch.testing.assert_close(new, old - step, rtol=1e-4, atol=1e-7)


def test_the_learning_rate_follows_the_cosine_of_the_official_code_epoch_by_epoch():
    method = darts(problem(steps=200, epoch_steps=4))  # 50 epochs
    rates = {}
    for epoch in (0, 25, 49):
        method.steps = 4 * epoch + 3
        rates[epoch] = method.learning_rate
    assert rates == pytest.approx({0: 0.025, 25: 0.013, 49: 0.0010237}, abs=5e-8)


@pytest.mark.parametrize("epoch_steps", [3, 7, 8, 100])
def test_where_the_budget_is_no_whole_epochs_the_rate_falls_with_every_step(epoch_steps):
    method = darts(problem(steps=8, epoch_steps=epoch_steps))
    rates = []
    for step in range(9):
        method.steps = step
        rates.append(method.learning_rate)
    assert rates == sorted(rates, reverse=True) and len(set(rates)) == 9
    assert (rates[0], rates[4], rates[8]) == pytest.approx((0.025, 0.013, 0.001))


def test_a_warm_up_may_be_a_share_of_the_budget():
    method = darts(problem(epoch_steps=100), choices=ChoiceDescent(warmup_share=0.4))
    assert method.warmup_steps == 3  # of 8
    before = flat(method.parameters["alpha"])
    for _ in range(3):
        method.step()
    assert torch.equal(before, flat(method.parameters["alpha"]))
    method.step()
    assert not torch.equal(before, flat(method.parameters["alpha"]))


def test_without_a_horizon_the_learning_rate_is_constant():
    method = darts(problem(steps=None))
    method.steps = 1000
    assert method.learning_rate == 0.025


def test_choices_wait_for_the_end_of_the_warm_up_and_keep_their_interval():
    method = darts(problem(), choices=ChoiceDescent(warmup_epochs=1, interval=2))
    stepped = []
    for _ in range(8):
        before = flat(method.parameters["alpha"])
        method.step()
        stepped.append(not torch.equal(before, flat(method.parameters["alpha"])))
    assert stepped == [False] * 4 + [True, False, True, False]


@pytest.mark.parametrize("carry", ["weights+alpha", "alpha", "weights"])
def test_a_warm_start_takes_over_exactly_what_it_says(carry):
    first = searched()
    torch.manual_seed(9)
    fresh = darts(problem())
    torch.manual_seed(9)
    second = darts(problem(), carry=carry)
    second.warm_start(source(first))
    of_weights = (first if "weights" in carry else fresh).supernet.state_dict()
    of_alphas = first if "alpha" in carry else fresh
    for name, tensor in second.supernet.state_dict().items():
        assert torch.equal(tensor, of_weights[name]), name
    assert torch.equal(flat(second.parameters["alpha"]), flat(of_alphas.parameters["alpha"]))
    assert not second.weight_optimizer.state_dict()["state"]
    assert not second.choice_optimizer.state_dict()["state"]
    assert second.steps == 0 and second.learning_rate == 0.025


@pytest.mark.parametrize("classes", [5, 7])
def test_the_classifier_starts_anew_where_classes_are_others(classes):
    first = searched()
    torch.manual_seed(9)
    fresh = darts(problem(classes=classes))
    torch.manual_seed(9)
    second = darts(problem(classes=classes))
    second.warm_start(source(first, has_same_classes=False))
    kept, anew = first.supernet.state_dict(), fresh.supernet.state_dict()
    for name, tensor in second.supernet.state_dict().items():
        origin = anew if name.startswith("classifier") else kept
        assert torch.equal(tensor, origin[name]), name


def test_a_warm_start_from_something_else_is_refused():
    with pytest.raises(Unsupported, match="random_search"):
        darts(problem()).warm_start(
            SearchState("random_search", TaskShape((1, 8, 8), 5), (), {"best": ()})
        )


def test_the_trace_knows_at_which_step_the_cell_last_changed():
    method = darts(problem(), choices=ChoiceDescent(learning_rate=0.01))
    before, last = method.incumbent(), 0
    for step in range(1, 7):
        method.step()
        if method.incumbent() != before:
            before, last = method.incumbent(), step
    assert last > 0
    assert method.insights()["last_change_step"] == last


def test_reading_insights_twice_changes_nothing_and_accuracies_start_anew_afterwards():
    method = searched(steps=3)
    first = method.insights()
    assert method.insights() == first
    method.step()
    again = method.insights()
    batch = 6
    share = again["train_accuracy"] * batch / 100  # of one batch, not of all four
    assert share == pytest.approx(round(share))


def test_after_a_few_steps_alpha_is_away_from_uniform():
    still = searched(0).insights()
    moved = searched(6, choices=ChoiceDescent(learning_rate=0.1)).insights()
    assert moved["entropy"] < still["entropy"] <= 1
    assert moved["mean_change"] > 0.1 and still["mean_change"] == 0


def test_the_numbers_of_the_insights_are_what_their_names_say():
    uniform, sure = torch.ones(4) / 4, torch.tensor([1.0, 0.0, 0.0, 0.0])
    assert mean_entropy([uniform.double()]) == pytest.approx(1)
    assert mean_entropy([sure.double()]) == 0
    # Normalised entropy of (.7, .2, .1): TV-C7 of the analysis specification.
    three = torch.tensor([0.7, 0.2, 0.1], dtype=torch.float64)
    assert mean_entropy([three]) == pytest.approx(0.729847, abs=1e-6)
    assert mean_margin([three, uniform.double()]) == pytest.approx(0.25)
    assert mean_change([torch.zeros(2), torch.ones(2)], [torch.zeros(4)[:2], torch.zeros(2)]) == 0.5
    space = DartsSpace()
    text = space.to_text(space.sample(np.random.default_rng(0)))
    assert skip_share(space.graph(space.from_text(text))) == text.count("skip_connect") / 16
