"""Gradients of the faster implementations of the DARTS super-network are those of the plain one."""

import pytest
import torch
from torch.func import functional_call

from harness.networks.fused.depthwise import weight_gradient
from tests.unit.test_fused_supernet import CLOSE, FASTER, dense_gates, images, make_pair, seeded


@FASTER
def test_weights_can_be_swapped_for_one_call(implementation):
    plain, fused = make_pair(implementation=implementation)
    inputs, gates = images(), dense_gates()
    found = []
    for network in (plain, fused):
        generator = seeded(2)
        named = {
            name: torch.randn(w.shape, dtype=w.dtype, generator=generator).requires_grad_()
            for name, w in network.named_parameters()
        }
        loss = functional_call(network, named, (inputs, gates)).square().sum()
        found.append(torch.autograd.grad(loss, [*gates.weights, *named.values()]))
    torch.testing.assert_close(found[1], found[0], **CLOSE)


def test_weights_of_every_call_count():
    plain, fused = make_pair()
    inputs, gates = images(), dense_gates()
    for network in (plain, fused):
        network(inputs, gates)
        with torch.no_grad():
            for weight in network.parameters():
                weight.mul_(1.5).add_(0.01)
    torch.testing.assert_close(fused(inputs, gates), plain(inputs, gates), **CLOSE)


def test_second_derivatives_are_refused_by_the_fused_implementation_and_given_by_the_plain_one():
    plain, fused = make_pair()
    gates = dense_gates()
    loss = plain(images(), gates).square().sum()
    gradients = torch.autograd.grad(loss, gates.weights, create_graph=True)
    torch.autograd.grad(sum(gradient.sum() for gradient in gradients), gates.weights)
    loss = fused(images(), gates).square().sum()
    with pytest.raises(RuntimeError, match="set its attribute implementation to 'plain'"):
        torch.autograd.grad(loss, gates.weights, create_graph=True)


def test_the_wide_implementation_has_second_derivatives():
    found = []
    for network in make_pair(implementation="wide"):
        gates = dense_gates()
        loss = network(images(), gates).square().sum()
        gradients = torch.autograd.grad(loss, gates.weights, create_graph=True)
        total = sum(gradient.square().sum() for gradient in gradients)
        found.append(torch.autograd.grad(total, gates.weights))
    torch.testing.assert_close(found[1], found[0], rtol=1e-7, atol=1e-9)


def test_step_on_the_gates_computes_no_gradients_of_weights(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "harness.networks.fused.separable_gradients.weight_gradient",
        lambda *arguments: calls.append(1) or weight_gradient(*arguments),
    )
    _, fused = make_pair()
    gates = dense_gates()
    torch.autograd.grad(fused(images(), gates).sum(), gates.weights)
    assert not calls
    fused(images(), gates).sum().backward()
    assert len(calls) == 4 * 5 * 6
    assert all(weight.grad is not None for weight in fused.parameters())


def test_gradients_reach_images_through_a_fast_network():
    plain, fused = make_pair()
    gates, gradients = dense_gates(), []
    for network in (plain, fused):
        inputs = images().requires_grad_()
        gradients.extend(torch.autograd.grad(network(inputs, gates).square().sum(), inputs))
    torch.testing.assert_close(gradients[1], gradients[0], **CLOSE)
