import numpy as np
import pytest
import torch

from harness.api import Gates, Scale, TaskShape
from harness.networks.mixed import MixedOperation, shuffle_channels
from harness.networks.operations import make_operation
from harness.spaces.darts import OPERATIONS, Darts

SHAPE = TaskShape((1, 8, 8), 10)
SCALE = Scale(4, 4)


def make_edge(stride=1, channel_share=1, channels=8):
    operations = [
        make_operation(name, channels // channel_share, stride, affine=False, normalise_pools=True)
        for name in OPERATIONS
    ]
    return MixedOperation(operations, stride, channel_share=channel_share).double()


def make_supernet(seed=0, **options):
    torch.manual_seed(seed)
    supernet = Darts().supernet(SHAPE, SCALE, **options).double()
    supernet.implementation = "plain"
    return supernet


def images(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def count_calls(supernet):
    calls = []
    for cell in supernet.cells:
        for edge in cell.edges:
            for operation in edge.operations:
                operation.register_forward_hook(lambda *_: calls.append(1))
    return calls


def run_selected(supernet, architecture, inputs):
    """Compute an architecture from the super-network's modules, without gates."""
    graphs = Darts().graph(architecture)
    first = second = supernet.stem(inputs)
    for index, cell in enumerate(supernet.cells):
        graph = graphs["reduce" if index in (1, 2) else "normal"]
        states = {0: cell.preprocessing[0](first), 1: cell.preprocessing[1](second)}
        for node in (2, 3, 4, 5):
            offset = sum(range(2, node))
            states[node] = sum(
                cell.edges[offset + source].operations[OPERATIONS.index(name)](states[source])
                for source, target, name in graph.edges
                if target == node
            )
        first, second = second, torch.cat([states[node] for node in (2, 3, 4, 5)], 1)
    return supernet.classifier(second.mean((2, 3)))


@pytest.mark.parametrize("stride", [1, 2])
def test_dense_edge_is_the_weighted_sum_of_all_operations(stride):
    edge, inputs = make_edge(stride), images(2, 8, 6, 6)
    weights = torch.rand(8, dtype=torch.float64)
    expected = sum(w * op(inputs) for w, op in zip(weights, edge.operations, strict=True))
    torch.testing.assert_close(edge(inputs, weights), expected, atol=1e-12, rtol=0)


def test_one_hot_skip_returns_its_input_and_one_hot_none_returns_zeros():
    edge, inputs = make_edge(), images(2, 8, 6, 6)
    one_hot = torch.eye(8, dtype=torch.float64)
    skip, none = OPERATIONS.index("skip_connect"), OPERATIONS.index("none")
    assert torch.equal(edge(inputs, one_hot[skip]), inputs)
    assert not edge(inputs, one_hot[none]).any()
    assert torch.equal(edge(inputs, one_hot[skip], (skip,)), inputs)
    assert not edge(inputs, one_hot[none], (none,)).any()


def test_gate_of_none_gets_a_gradient_of_exactly_zero():
    weights = torch.rand(8, dtype=torch.float64, requires_grad=True)
    make_edge()(images(2, 8, 6, 6), weights).square().sum().backward()
    assert weights.grad[0] == 0
    assert (weights.grad[1:] != 0).all()


def test_only_active_operations_get_a_gradient():
    edge = make_edge()
    edge(images(2, 8, 6, 6), torch.ones(8, dtype=torch.float64), (4, 6)).square().sum().backward()
    for index, operation in enumerate(edge.operations):
        for parameter in operation.parameters():
            assert (parameter.grad is not None) == (index in {4, 6})


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channel_share", [1, 4])
@pytest.mark.parametrize("active", [(4,), (0,), ()])
def test_probing_forward_and_backward_give_the_same_gradients(stride, channel_share, active):
    edge, inputs = make_edge(stride, channel_share), images(2, 8, 6, 6)
    target = images(2, 8, 6 // stride, 6 // stride)
    probed = tuple(index for index in range(8) if index not in active)
    results = []
    for probe in ("forward", "backward"):
        edge.zero_grad(set_to_none=True)
        leaf = inputs.clone().requires_grad_()
        weights = torch.zeros(8, dtype=torch.float64)
        weights[list(active)] = 1.0
        weights.requires_grad_()
        output = edge(leaf, weights, active, probed, probe)
        (output * target + output.square()).sum().backward()
        touched = [p.grad is not None for p in edge.parameters()]
        results.append((output.detach(), weights.grad, touched, leaf.grad))
    assert torch.equal(results[0][0], results[1][0])
    torch.testing.assert_close(results[0][1], results[1][1], atol=1e-10, rtol=1e-10)
    assert results[0][2] == results[1][2]
    assert sum(results[0][2]) == len(list(edge.operations[4].parameters())) * (4 in active)
    if active == (4,) or channel_share > 1:
        torch.testing.assert_close(results[0][3], results[1][3], atol=1e-10, rtol=1e-10)
    if channel_share == 1:
        probed_alone = torch.stack([(op(inputs) * target).sum() for op in edge.operations])
        if active != (4,):  # the output is zero, so that the square adds nothing
            torch.testing.assert_close(results[0][1], probed_alone, atol=1e-10, rtol=1e-10)


def test_backward_probe_runs_operations_only_in_the_backward_pass_and_without_graph():
    edge, calls = make_edge(), []
    for index, operation in enumerate(edge.operations):
        operation.register_forward_hook(
            lambda _, __, output, index=index: calls.append((index, output.requires_grad))
        )
    weights = torch.zeros(8, dtype=torch.float64, requires_grad=True)
    output = edge(images(2, 8, 6, 6), weights, (5,), (4, 7), "backward")
    assert calls == [(5, True)]
    output.sum().backward()
    assert calls == [(5, True), (4, False), (7, False)]


def test_channels_are_shuffled_by_interleaving_the_groups():
    channels = torch.arange(8.0).view(1, 8, 1, 1)
    assert shuffle_channels(channels, 4).flatten().tolist() == [0, 2, 4, 6, 1, 3, 5, 7]


@pytest.mark.parametrize("stride", [1, 2])
def test_channels_that_pass_by_are_pooled_and_weighted_by_the_sum_of_the_gate(stride):
    edge, inputs = make_edge(stride, channel_share=4), images(2, 8, 6, 6)
    weights = torch.rand(8, dtype=torch.float64)
    mixed = sum(w * op(inputs[:, :2]) for w, op in zip(weights, edge.operations, strict=True))
    rest = inputs[:, 2:]
    if stride == 2:
        rest = rest.unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2))
    expected = torch.cat((mixed, weights.sum() * rest), 1)[:, [0, 2, 4, 6, 1, 3, 5, 7]]
    torch.testing.assert_close(edge(inputs, weights), expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("seed", range(5))
def test_super_network_under_one_hot_gates_is_the_sum_of_the_selected_modules(seed):
    space, supernet, inputs = Darts(), make_supernet(seed), images(3, 1, 8, 8)
    architecture = space.sample(np.random.default_rng(seed))
    gates = space.gates_of(architecture)
    expected = run_selected(supernet, architecture, inputs)
    torch.testing.assert_close(supernet(inputs, gates), expected, atol=1e-10, rtol=0)
    dense = supernet(inputs, Gates(gates.weights))
    torch.testing.assert_close(dense, expected, atol=1e-10, rtol=0)


def test_inactive_operations_of_the_super_network_are_not_computed():
    space, supernet = Darts(), make_supernet()
    calls = count_calls(supernet)
    gates = space.gates_of(space.sample(np.random.default_rng(0)))
    supernet(images(2, 1, 8, 8), gates)
    assert len(calls) == SCALE.cells * 8
    calls.clear()
    supernet(images(2, 1, 8, 8), Gates(gates.weights))
    assert len(calls) == SCALE.cells * 14 * 7  # `none` is never computed


@pytest.mark.parametrize("channel_share", [1, 2])
def test_super_network_with_nothing_active_sees_no_image(channel_share):
    supernet = make_supernet(channel_share=channel_share)
    gates = Gates([torch.zeros(8)] * 28, [()] * 28)
    logits = supernet(images(2, 1, 8, 8), gates)
    assert torch.equal(logits, supernet.classifier.bias.expand(2, 10))


def test_gates_reach_only_their_own_kind_of_cell():
    supernet, inputs = make_supernet(), images(2, 1, 8, 8)
    weights = [torch.full((8,), 0.1, dtype=torch.float64, requires_grad=True) for _ in range(28)]
    features = []
    for cell in supernet.cells:
        cell.register_forward_hook(lambda _, __, output: features.append(output))
    supernet(inputs, Gates(weights))
    normal_only = torch.autograd.grad(features[0].sum(), weights, allow_unused=True)
    assert [gradient is None for gradient in normal_only] == [False] * 14 + [True] * 14


def test_probes_of_the_super_network_agree():
    space, supernet, inputs = Darts(), make_supernet(), images(2, 1, 8, 8)
    one_hot = space.gates_of(space.sample(np.random.default_rng(1)))
    probed = [tuple(set(range(8)) - set(active)) for active in one_hot.active]
    gradients = []
    for probe in ("forward", "backward"):
        weights = [w.double().requires_grad_() for w in one_hot.weights]
        supernet(inputs, Gates(weights, one_hot.active, probed, probe)).square().sum().backward()
        gradients.append(torch.stack([w.grad for w in weights]))
    assert (gradients[0] != 0).sum() > 100
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-10, rtol=1e-8)
