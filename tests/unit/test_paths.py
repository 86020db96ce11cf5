"""Paths and binary gates: what is drawn how often, and the gradients of the official code."""

import itertools
import math

import pytest
import torch
from torch import nn

from harness.networks.mixed import MixedOperation
from harness.search.oneshot.paths import BinaryGates, draw_options, path_gates

ALPHA = (0.1, -0.2, 0.3, 0.0)
FOUR = (0, 1, 2, 3)


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, inputs):
        return self.factor * inputs


def alphas(*rows):
    return [torch.tensor(row, dtype=torch.float64, requires_grad=True) for row in rows or [ALPHA]]


def run(binary, probe):
    """Return the output of one edge that multiplies a one by 1, 2, 3 or 4."""
    edge, gates = MixedOperation(map(Times, (1.0, 2.0, 3.0, 4.0)), 1), binary.gates(probe)
    one = torch.ones(1, 1, 1, 1, dtype=torch.float64)
    return edge(one, gates.weights[0], gates.active[0], gates.probed[0], gates.probe)


@pytest.mark.parametrize("probe", ["forward", "backward"])
@pytest.mark.parametrize("active", FOUR)
def test_the_gate_gradient_is_that_of_the_official_code_whatever_was_drawn(probe, active):
    (alpha,) = alphas()
    binary = BinaryGates.over([alpha], [FOUR], (active,))
    output = run(binary, probe)
    assert output.item() == active + 1  # the gate is binary to the last bit
    output.sum().backward()
    expected = [-0.394415, -0.100618, 0.149957, 0.345077]  # of the official code
    assert alpha.grad.tolist() == pytest.approx(expected, abs=5e-7)
    p = alpha.detach().softmax(0)
    assert p.tolist() == pytest.approx([0.258594, 0.191572, 0.315848, 0.233986], abs=5e-7)
    b = torch.arange(1.0, 5.0, dtype=torch.float64)
    torch.testing.assert_close(alpha.grad, p * (b - p @ b), atol=1e-14, rtol=0)


def test_two_paths_learn_and_leave_the_probabilities_of_the_others_as_the_official_code():
    (alpha,) = alphas()
    before = alpha.detach().softmax(0)
    binary = BinaryGates.over([alpha], [(0, 2)], (0,))
    output = run(binary, "forward")
    assert output.item() == 1.0
    output.sum().backward()
    assert alpha.grad.tolist() == pytest.approx([-0.495033, 0, 0.495033, 0], abs=5e-7)
    assert alpha.grad[1] == alpha.grad[3] == 0
    torch.optim.SGD([alpha], lr=0.5).step()
    assert alpha.tolist() == pytest.approx([0.347517, -0.2, 0.052483, 0], abs=5e-7)
    binary.keep_mass()
    assert alpha.tolist() == pytest.approx([0.341667, -0.2, 0.046634, 0], abs=5e-7)
    after = alpha.detach().softmax(0)
    torch.testing.assert_close(after[[1, 3]], before[[1, 3]], atol=1e-12, rtol=0)
    torch.testing.assert_close(after[0] + after[2], before[0] + before[2], atol=1e-12, rtol=0)
    assert after[[1, 3]].tolist() == pytest.approx([0.191572, 0.233986], abs=5e-7)


def test_what_took_no_part_is_put_back_even_if_the_optimiser_moved_it():
    own = alphas(ALPHA, (0.5, -0.5))
    before = [alpha.detach().clone() for alpha in own]
    binary = BinaryGates.over(own, [(3, 1), (0, 1)], (3, 1))
    with torch.no_grad():
        for alpha in own:
            alpha += torch.rand_like(alpha)
    binary.keep_mass()
    assert own[0][[0, 2]].tolist() == before[0][[0, 2]].tolist()
    for alpha, old in zip(own, before, strict=True):
        torch.testing.assert_close(alpha.exp().sum(), old.exp().sum(), atol=1e-12, rtol=0)
        assert not torch.equal(alpha, old)


def test_an_unchanged_edge_stays_the_same_to_the_last_bit():
    own = alphas(ALPHA, (0.7, 1e-3, 5.0))
    before = [alpha.detach().clone() for alpha in own]
    BinaryGates.over(own, [(2, 0), (1, 2)], (0, 1)).keep_mass()
    assert all(map(torch.equal, own, before))


def test_shares_are_a_softmax_over_what_takes_part():
    own = alphas(ALPHA, (1.0,), (0.0, 2.0))
    shares = BinaryGates.over(own, [(2, 0), (0,), (0, 1)], (2, 0, 1)).shares
    q = own[0][[0, 2]].softmax(0)
    assert shares[0][[0, 2]].tolist() == q.tolist() and not shares[0][[1, 3]].any()
    assert shares[1].tolist() == [1.0] and len(shares[2]) == 2


def test_gates_probe_what_takes_part_but_is_not_active():
    binary = BinaryGates.over(alphas(ALPHA, (1.0,)), [(2, 0), (0,)], (2, 0))
    gates = binary.gates("forward")
    assert (gates.active, gates.probed) == ([(2,), (0,)], [(0,), ()])
    assert [w.tolist() for w in gates.weights] == [[0, 0, 1, 0], [1]]


def test_a_path_runs_one_option_of_each_edge_and_probes_nothing():
    gates = path_gates([1, 0], alphas(ALPHA, (1.0, 2.0)))
    assert gates.active == [(1,), (0,)] and not gates.probed
    assert [w.tolist() for w in gates.weights] == [[0, 1, 0, 0], [1, 0]]


def frequencies(count, draws=20_000):
    rows = [torch.tensor(ALPHA)] * draws
    drawn = draw_options(rows, count)
    return {own: drawn.count(own) / draws for own in itertools.permutations(FOUR, count)}


def test_single_options_are_drawn_by_their_softmax():
    p = torch.tensor(ALPHA).softmax(0).tolist()
    for (option,), share in frequencies(1).items():
        assert share == pytest.approx(p[option], abs=4 * math.sqrt(0.25 / 20_000))


def test_pairs_are_drawn_one_after_the_other_without_replacement():
    p = torch.tensor(ALPHA).softmax(0).tolist()
    for (first, second), share in frequencies(2).items():
        chance = p[first] * p[second] / (1 - p[first])
        assert share == pytest.approx(chance, abs=4 * math.sqrt(0.1 / 20_000))


def test_draws_survive_single_options_sure_options_and_divergence():
    nan, inf = math.nan, math.inf
    rows = [[0.0], [900.0, 0.0, -900.0], [nan, nan, nan], [inf, -inf, 0.0]]
    for _ in range(20):
        drawn = draw_options([torch.tensor(row) for row in rows], 2)
        assert drawn[0] == (0,) and drawn[1] == (0, 1) and drawn[3] == (0, 2)
        assert len(set(drawn[2])) == 2 and set(drawn[2]) <= {0, 1, 2}
