"""ProxylessNAS: what runs on a step, what it changes, and what stays as it was."""

import copy
import dataclasses

import pytest
import torch

from harness.api import Scale, Split
from harness.search.oneshot.descent import ChoiceDescent
from harness.spaces.darts import Darts as DartsSpace
from harness.testing.clauses import apply, complain_about
from harness.testing.reporting_checks import (
    check_reading_insights_changes_nothing,
    check_survives_divergence,
)
from harness.testing.resuming_checks import (
    check_resuming_is_seamless,
    check_same_seed_gives_the_same_search,
    check_state_is_plain,
    check_warm_start_goes_on,
)
from harness.testing.toy_problem import Toy
from harness.testing.toy_task import ToyBlobs
from methods.proxylessnas import CHOICES, WEIGHTS, ProxylessNas

EVERY_STEP = ChoiceDescent(learning_rate=0.1, betas=(0.0, 0.999), weight_decay=0, interval=1)
NOW = {"choices": EVERY_STEP}
WARMED = {"choices": EVERY_STEP.model_copy(update={"warmup_share": 0.25})}
WAYS = [
    {"mode": "two"},
    {"mode": "full"},
    {"mode": "full_v2"},
    {"rule": "reinforce", "samples": 3},
]
ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: next(reversed(way.values()), None))


def begin(steps=12, epoch_steps=4, **parameters):
    task = ToyBlobs(inputs=(1, 8, 8), classes=2)
    problem = Toy(space=DartsSpace(), task=task, scale=Scale(4, 3)).problem
    problem = dataclasses.replace(problem, steps=steps, epoch_steps=epoch_steps)
    return ProxylessNas(problem, **{**NOW, **parameters})


def values(method):
    return [alpha.detach().clone() for alpha in method.parameters["alpha"]]


def watch(supernet):
    """Return a list to which each operation that is computed adds its cell, edge and option."""
    calls = []
    for c, cell in enumerate(supernet.cells):
        for e, edge in enumerate(cell.edges):
            for o, operation in enumerate(edge.operations):
                operation.register_forward_hook(lambda *_, at=(c, e, o): calls.append(at))
    return calls


def expected_calls(method, options):
    """Return what a super-network of three cells computes: ``none`` never, all else once."""
    halves = options[:14], options[14:]
    return [
        (c, e, o)
        for c, is_reduction in enumerate(method.supernet.is_reduction)
        for e, own in enumerate(halves[is_reduction])
        for o in own
        if o != 0
    ]


def test_defaults_are_those_of_the_official_search():
    assert WEIGHTS.model_dump() == {
        "learning_rate": 0.025,
        "final_learning_rate": 0,
        "momentum": 0.9,
        "nesterov": True,
        "weight_decay": 4e-5,
        "gradient_clip": 0,
        "label_smoothing": 0.1,
    }
    assert (CHOICES.learning_rate, CHOICES.betas, CHOICES.weight_decay) == (1e-3, (0, 0.999), 0)
    assert (CHOICES.interval, CHOICES.initial_deviation) == (5, 1e-3)
    assert CHOICES.warmup_share == 0.25
    rates, method = {}, begin(steps=160, epoch_steps=1, **WARMED)
    assert method.warmup_steps == 40
    for epoch in (0, 20, 40, 100):
        method.steps = epoch
        rates[epoch] = method.learning_rate
    assert rates == pytest.approx({0: 0.05, 20: 0.025, 40: 0.025, 100: 0.0125})


def test_choices_wait_for_the_end_of_the_warm_up():
    method = begin(steps=16, **WARMED)
    before = values(method)
    for _ in range(4):
        method.step()
    assert all(map(torch.equal, values(method), before))
    method.step()
    assert not all(map(torch.equal, values(method), before))


def test_a_weight_step_computes_one_option_of_each_edge(monkeypatch):
    method, drawn = begin(), []
    draw = method._draw_path
    monkeypatch.setattr(method, "_draw_path", lambda: drawn.append(draw()) or drawn[-1])
    calls = watch(method.supernet)
    method.weight_step(method.train.next())
    assert len(drawn) == 1
    assert sorted(calls) == expected_calls(method, [(choice,) for choice in drawn[0]])


def test_weights_and_momentum_of_paths_that_were_not_drawn_stay_to_the_last_bit():
    method = begin(weights=WEIGHTS.model_copy(update={"weight_decay": 0.1}))
    for _ in range(6):
        method.weight_step(method.train.next())
    weights = dict(method.supernet.named_parameters())
    state = method.weight_optimizer.state
    before = copy.deepcopy({name: (w, state.get(w)) for name, w in weights.items()})
    statistics = {n: b.clone() for n, b in method.supernet.named_buffers()}
    calls = watch(method.supernet)
    method.weight_step(method.train.next())
    ran = tuple(f"cells.{c}.edges.{e}.operations.{o}." for c, e, o in calls)
    idle = [name for name in weights if ".operations." in name and not name.startswith(ran)]
    assert sum("momentum_buffer" in (before[name][1] or {}) for name in idle) > 50
    for name in idle:
        weight, own = before[name]
        assert torch.equal(weights[name], weight), name
        if own:
            now = state[weights[name]]["momentum_buffer"]
            assert torch.equal(now, own["momentum_buffer"]), name
    for name, buffer in method.supernet.named_buffers():
        if ".operations." in name and not name.startswith(ran):
            assert torch.equal(buffer, statistics[name]), name
    used = [n for n in weights if n.startswith(ran) and weights[n].grad is not None]
    assert len(used) > 20 and all(not torch.equal(weights[n], before[n][0]) for n in used)


@pytest.mark.parametrize("mode", ["two", "full", "full_v2"])
def test_a_choice_step_computes_what_takes_part_and_leaves_the_weights_alone(monkeypatch, mode):
    method, drawn = begin(mode=mode), []
    draw = method._draw_gates
    monkeypatch.setattr(method, "_draw_gates", lambda: drawn.append(draw()) or drawn[-1])
    monkeypatch.setattr(method, "weight_step", lambda batch: None)
    before = copy.deepcopy(method.supernet.state_dict())
    calls = watch(method.supernet)
    method.step()
    (binary,) = drawn
    assert {len(own) for own in binary.options} == {2 if mode == "two" else 8}
    assert all(a in own for a, own in zip(binary.active, binary.options, strict=True))
    assert sorted(calls) == expected_calls(method, [sorted(own) for own in binary.options])
    if mode == "full_v2":  # one path forwards; the rest afterwards
        path = expected_calls(method, [(choice,) for choice in binary.active])
        assert calls[: len(path)] == path
    assert all(weight.grad is None for weight in method.supernet.parameters())
    for name, tensor in method.supernet.state_dict().items():
        assert torch.equal(tensor, before[name]), name


@pytest.mark.parametrize("betas", [(0.0, 0.999), (0.5, 0.999)])
def test_two_paths_move_only_the_drawn_pair_and_keep_its_mass(betas):
    method = begin(choices=EVERY_STEP.model_copy(update={"betas": betas}))
    for _ in range(4):
        method.step()
    before = values(method)
    method.choice_gradient(method.validation.next(), None)
    pairs = method._binary.options
    method.choice_optimizer.step()
    method.after_choice_step()
    moved = 0
    for old, new, pair in zip(before, values(method), pairs, strict=True):
        others = [o for o in range(8) if o not in pair]
        assert torch.equal(old[others], new[others])
        torch.testing.assert_close(new.exp().sum(), old.exp().sum(), atol=1e-5, rtol=1e-6)
        moved += not torch.equal(old, new)
    assert moved > 14


def test_draws_follow_the_choices_as_they_are_now():
    method = begin()
    for _ in range(3):
        method.step()
        logits = torch.cat(method._host_logits())
        assert torch.equal(logits, torch.cat(values(method)))


@ways
def test_targets_are_smoothed_for_the_weights_only(way):
    method = begin(**way)
    seen = []
    loss = method.problem.loss

    def spy(*arguments, **options):
        seen.append(options.get("label_smoothing", 0))
        return loss(*arguments, **options)

    object.__setattr__(method.problem, "loss", spy)
    method.step()
    assert seen == ([0.1] if "rule" in way else [0, 0.1])


@ways
def test_three_steps_in_the_darts_space_give_a_valid_answer(way):
    method = begin(**way)
    before = values(method)
    for _ in range(3):
        method.step()
    assert complain_about(method.incumbent(), method.space) is None
    assert not any(map(torch.equal, values(method), before))
    insights = method.insights()
    assert insights["mode"] == way.get("rule", way.get("mode"))
    assert ("baseline" in insights) == ("rule" in way)
    assert insights["validation_accuracy"] is not None


@ways
@pytest.mark.parametrize(
    "check",
    [
        check_reading_insights_changes_nothing,
        check_resuming_is_seamless,
        check_same_seed_gives_the_same_search,
        check_state_is_plain,
        check_survives_divergence,
        check_warm_start_goes_on,
    ],
)
def test_the_contract_holds_for_every_way(check, way):
    params = {**ProxylessNas.contract_params, **way}
    apply(check, type("Variant", (ProxylessNas,), {"contract_params": params}))


def test_gates_shown_to_monitors_change_nothing():
    method = begin()
    before = method.state_dict()
    watched = method.search_network()
    assert all(len(own) == 1 for own in watched.gates().active)
    assert method.gates(Split.TRAIN).probed == ()
    assert method._binary is None and method.state_dict()["drawn"] == before["drawn"] == 0
