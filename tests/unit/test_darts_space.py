import itertools
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.api import CellGraph, Gates, Scale, TaskShape, Unsupported
from harness.networks.cells.cell_network import Cell, drop_samples
from harness.networks.cells.cells import CellPlace, reduction_indices
from harness.networks.operations import FactorizedReduce
from harness.spaces.darts import OPERATIONS, Darts

SMALL = TaskShape((1, 8, 8), 10)
CIFAR = TaskShape((3, 32, 32), 10)


def brute_force(probabilities):
    """Return the graph edges that maximise the summed probabilities of each node's choice."""
    edges = {(e.name.split("_")[0], *map(int, e.name.split("_")[1:])): p for e, p in probabilities}
    cells = {}
    for cell in ("normal", "reduce"):
        chosen = []
        for target in (2, 3, 4, 5):
            candidates = (
                ((first, target, OPERATIONS[a]), (second, target, OPERATIONS[b]))
                for first, second in itertools.combinations(range(target), 2)
                for a, b in itertools.product(range(1, 8), repeat=2)
            )
            chosen += max(
                candidates,
                key=lambda pair: sum(
                    edges[cell, source, target][OPERATIONS.index(operation)]
                    for source, target, operation in pair
                ),
            )
        cells[cell] = tuple(sorted(chosen))
    return cells


def uniform():
    return [np.full(8, 1 / 8) for _ in range(28)]


def test_space_has_the_published_size():
    assert Darts().size == 1_037_664_180**2


def test_every_decision_has_several_options_and_a_name_of_its_own():
    decisions = Darts().decisions
    assert all(len(set(decision.options)) == len(decision.options) > 1 for decision in decisions)
    assert len({decision.name for decision in decisions}) == len(decisions) == 22


def test_edges_are_listed_node_by_node_and_the_normal_cell_first():
    space = Darts()
    names = [edge.name for edge in space.edges]
    assert names[:6] == [
        "normal_0_2",
        "normal_1_2",
        "normal_0_3",
        "normal_1_3",
        "normal_2_3",
        "normal_0_4",
    ]
    assert names[14] == "reduce_0_2"
    assert all(edge.options == OPERATIONS for edge in space.edges)
    assert [len(edges) for edges in space.fan_in] == [2, 3, 4, 5] * 2
    assert sorted(itertools.chain(*space.fan_in)) == list(range(28))
    for edges in space.fan_in:
        assert len({names[edge].rpartition("_")[2] for edge in edges}) == 1


@pytest.mark.parametrize("seed", range(20))
def test_derived_architecture_is_the_best_of_all(seed):
    space, rng = Darts(), np.random.default_rng(seed)
    probabilities = [rng.dirichlet(np.ones(8)) for _ in space.edges]
    derived = space.graph(space.derive(probabilities))
    best = brute_force(list(zip(space.edges, probabilities, strict=True)))
    assert {name: graph.edges for name, graph in derived.items()} == best


def test_ties_go_to_the_lower_predecessor_and_the_lower_operation():
    space = Darts()
    edges = tuple((source, target, "max_pool_3x3") for source in (0, 1) for target in (2, 3, 4, 5))
    for graph in space.graph(space.derive(uniform())).values():
        assert graph.edges == edges


def test_equal_tables_up_to_a_constant_of_each_edge_give_the_same_architecture():
    space, rng = Darts(), np.random.default_rng(0)
    scores = rng.normal(size=(28, 8))
    shifted = scores + rng.normal(size=(28, 1))
    tables = [np.exp(s) / np.exp(s).sum(1, keepdims=True) for s in (scores, shifted)]
    assert space.derive(list(tables[0])) == space.derive(list(tables[1]))


def test_large_none_weakens_its_edge_but_is_never_chosen():
    space = Darts()
    probabilities = uniform()
    probabilities[2] = np.array([0.93] + [0.01] * 7)  # normal_0_3
    probabilities[2][5] += 0.001
    edges = space.graph(space.derive(probabilities))["normal"].edges
    assert {source for source, target, _ in edges if target == 3} == {1, 2}
    for edge in probabilities[:14]:
        edge[0] = 100.0
    probabilities[2][5] = 0.5
    edges = space.graph(space.derive(probabilities))["normal"].edges
    assert {(source, op) for source, target, op in edges if target == 3} == {
        (0, OPERATIONS[5]),
        (1, "max_pool_3x3"),
    }


def test_diverged_probabilities_still_give_an_architecture():
    space = Darts()
    assert space.derive([np.full(8, np.nan)] * 28) == space.derive(uniform())


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32))
def test_architecture_is_what_is_derived_from_its_own_gates(seed):
    space = Darts()
    architecture = space.sample(np.random.default_rng(seed))
    gates = space.gates_of(architecture)
    assert space.derive([w.double().numpy() for w in gates.weights]) == architecture
    for weights, active in zip(gates.weights, gates.active, strict=True):
        assert weights.nonzero().flatten().tolist() == list(active)
    assert sum(map(len, gates.active)) == 16


def test_mutation_and_neighbours_stay_in_the_space():
    space, rng = Darts(), np.random.default_rng(0)
    parent = space.sample(rng)
    assert space.is_valid(space.mutate(parent, rng))
    assert len(space.neighbours(parent)) == 2 * (8 * 6 + 2 + 5 + 9)


@pytest.mark.parametrize("cells", [3, 4, 5, 6])
def test_every_architecture_builds_and_learns(cells):
    space = Darts()
    network = space.build(space.sample(np.random.default_rng(cells)), SMALL, Scale(3, cells))
    logits = network(torch.randn(2, 1, 8, 8))
    logits.sum().backward()
    assert logits.shape == (2, 10)
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert network.classifier.out_features == 10


@pytest.mark.parametrize(
    ("cells", "indices"),
    [(8, (2, 5)), (20, (6, 13)), (14, (4, 9)), (6, (2, 4)), (5, (1, 3)), (3, (1, 2))],
)
def test_reduction_cells_stand_at_a_third_and_two_thirds(cells, indices):
    assert reduction_indices(cells) == indices


def test_auxiliary_head_answers_in_training_only():
    space = Darts()
    architecture = space.sample(np.random.default_rng(0))
    network = space.build(architecture, CIFAR, Scale(4, 3, auxiliary=True))
    logits, auxiliary = network(torch.randn(2, 3, 32, 32))
    assert logits.shape == auxiliary.shape == (2, 10)
    assert network.eval()(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    bare = space.build(architecture, CIFAR, Scale(4, 3))
    extra = {name for name, _ in network.named_parameters()} - dict(bare.named_parameters()).keys()
    assert extra
    assert all(name.startswith("auxiliary.") for name in extra)


def test_dropped_samples_are_zero_and_the_others_scaled():
    inputs = torch.ones(2000, 2, 1, 1, requires_grad=True)
    output = drop_samples(inputs, 0.8)
    output.sum().backward()
    assert set(output.flatten().tolist()) == {0.0, 1.25}
    assert torch.equal(output[:, 0], output[:, 1])
    assert output.mean().item() == pytest.approx(1.0, abs=0.05)
    assert torch.equal(inputs.grad, output.detach())


@pytest.mark.parametrize("is_reduction", [False, True])
def test_drop_path_spares_the_identity_but_not_a_skip_of_stride_2(is_reduction):
    skips = Darts().decisions[0].options.index("skip_connect")
    graph = Darts().graph(tuple(skips if len(d.options) == 7 else 0 for d in Darts().decisions))
    cell = Cell(graph["normal"], CellPlace(is_reduction, 4, 4, 4, follows_reduction=False))
    inputs = torch.randn(16, 4, 8, 8)
    untouched = cell(inputs, inputs, 0.0)
    assert torch.equal(cell(inputs, inputs, 0.5), untouched) == (not is_reduction)
    assert torch.equal(cell.eval()(inputs, inputs, 0.5), cell(inputs, inputs, 0.0))


def test_drop_path_acts_in_training_only_and_lets_gradients_through():
    space = Darts()
    network = space.build(space.sample(np.random.default_rng(3)), SMALL, Scale(4, 3))
    inputs = torch.randn(16, 1, 8, 8)
    whole = network(inputs)
    network.drop_path = 0.3
    dropped = network(inputs)
    assert not torch.equal(dropped, whole)
    dropped.sum().backward()
    network.eval()
    assert torch.equal(network(inputs), network(inputs))


@pytest.mark.parametrize(
    ("inputs", "scale", "reason"),
    [
        ((3, 32, 32), Scale(4, 2), "at least 3 cells"),
        ((3, 32, 32), Scale(4, 0), "at least 3 cells"),
        ((3, 32, 32), Scale(0, 3), "at least 1 initial channel, not 0"),
        ((3, 32, 32), Scale(-4, 3), "at least 1 initial channel, not -4"),
        ((3, 224, 224), Scale(47, 3), "must be even, not 47"),
        ((3, 0, 32), Scale(4, 3), "nothing to see in images of 0x32 with 3 channels"),
        ((0, 32, 32), Scale(4, 3), "nothing to see in images of 32x32 with 0 channels"),
        ((3, 30, 30), Scale(4, 3), "2 times and meets an odd side of 15; .* divisible by 4"),
        ((3, 32, 33), Scale(4, 3), "odd side of 33"),
        ((3, 2, 2), Scale(4, 3), "odd side of 1"),
        ((3, 1, 4), Scale(4, 3), "odd side of 1"),
        ((3, 62, 128), Scale(4, 3), "odd side of 31; both sides must be divisible by 4"),
        ((3, 64, 80), Scale(4, 3), "5 times and meets an odd side of 5; .* divisible by 32"),
        ((3, 299, 299), Scale(4, 3), "odd side of 299; both sides must be divisible by 32"),
        (
            (3, 28, 28),
            Scale(4, 3, auxiliary=True),
            "sides of 8 to 10 .* the 7x7 of images of 28x28",
        ),
        ((3, 32, 44), Scale(4, 3, auxiliary=True), "not the 8x11 of images of 32x44"),
        ((3, 64, 64), Scale(4, 3, auxiliary=True), "sides of 7 to 8 .* the 2x2 of images of 64x64"),
        ((3, 288, 288), Scale(4, 3, auxiliary=True), "not the 9x9 of images of 288x288"),
    ],
)
def test_what_cannot_be_built_is_refused_with_a_reason(inputs, scale, reason):
    space, shape = Darts(), TaskShape(inputs, 10)
    sentence = space.unsupported(shape, scale)
    assert re.search(reason, sentence)
    assert sentence.endswith(".")
    with pytest.raises(Unsupported, match=reason):
        space.build((0,) * 22, shape, scale)
    if not scale.auxiliary:
        with pytest.raises(Unsupported, match=reason):
            space.supernet(shape, scale)


@pytest.mark.parametrize(
    ("size", "scale"),
    [
        ((4, 4), Scale(1, 3)),
        ((28, 28), Scale(3, 4)),
        ((60, 128), Scale(5, 3)),
        ((64, 96), Scale(2, 3)),
        ((32, 32), Scale(2, 3, auxiliary=True)),
        ((36, 40), Scale(1, 3, auxiliary=True)),
        ((224, 256), Scale(2, 3, auxiliary=True)),
    ],
)
def test_what_is_not_refused_builds(size, scale):
    space, shape = Darts(), TaskShape((3, *size), 10)
    skips = tuple(2 if len(d.options) == 7 else 0 for d in space.decisions)
    assert space.unsupported(shape, scale) is None
    outputs = space.build(skips, shape, scale)(torch.randn(2, 3, *size))
    for logits in outputs if scale.auxiliary else [outputs]:
        assert logits.shape == (2, 10)
    space.supernet(shape, scale)(torch.randn(2, 3, *size), space.gates_of(skips))


@pytest.mark.parametrize(
    ("size", "first", "second"),
    [
        ((60, 64), (6, 60, 64), (6, 60, 64)),
        ((64, 64), (2, 16, 16), (2, 8, 8)),
        ((224, 96), (2, 56, 24), (2, 28, 12)),
    ],
)
def test_images_of_64_pixels_a_side_take_the_stem_of_imagenet(size, first, second):
    space, shape = Darts(), TaskShape((3, *size), 10)
    for network in (space.build((0,) * 22, shape, Scale(2, 3)), space.supernet(shape, Scale(2, 3))):
        features = network.stem(torch.randn(2, 3, *size))
        assert features.shape[1:] == first
        assert network.second_stem(features).shape[1:] == second
        assert isinstance(network.cells[0].preprocessing[0], FactorizedReduce) == (first != second)


def test_stem_of_imagenet_halves_three_times_and_ends_without_activation():
    network = Darts().build((0,) * 22, TaskShape((3, 64, 64), 10), Scale(6, 3))
    kinds = [type(layer).__name__ for layer in (*network.stem, *network.second_stem)]
    block = ["Conv2d", "BatchNorm2d"]
    assert kinds == [*block, "ReLU", *block, "ReLU", *block]
    layers = [*network.stem, *network.second_stem]
    convolutions = [layer for layer in layers if isinstance(layer, torch.nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [3, 6, 6]
    assert all(layer.stride == (2, 2) and layer.bias is None for layer in convolutions)


def test_small_images_have_the_stem_of_cifar_under_its_old_names():
    network = Darts().build((0,) * 22, CIFAR, Scale(4, 3, auxiliary=True))
    names = [name for name, _ in network.named_parameters() if not name.startswith("cells.")]
    assert names[:3] == ["stem.0.weight", "stem.1.weight", "stem.1.bias"]
    assert names[3:] == [
        "auxiliary.2.weight",
        *(f"auxiliary.3.{kind}" for kind in ("weight", "bias")),
        "auxiliary.5.weight",
        *(f"auxiliary.6.{kind}" for kind in ("weight", "bias")),
        *(f"auxiliary.9.{kind}" for kind in ("weight", "bias")),
        *(f"classifier.{kind}" for kind in ("weight", "bias")),
    ]


def test_equal_edges_of_a_cell_are_layers_of_their_own():
    twice = (0, 2, "sep_conv_3x3")
    graph = CellGraph(2, 2, (twice, twice, twice, (1, 2, "skip_connect"), (2, 3, "none")), (2, 3))
    cell = Cell(graph, CellPlace(False, 4, 4, 4, follows_reduction=False))
    names = ["0_2_sep_conv_3x3", "0_2_sep_conv_3x3_2", "0_2_sep_conv_3x3_3"]
    assert list(cell.operations) == [*names, "1_2_skip_connect", "2_3_none"]
    first, second = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    states = [module(x) for module, x in zip(cell.preprocessing, (first, second), strict=True)]
    expected = sum(cell.operations[name](states[0]) for name in names) + states[1]
    torch.testing.assert_close(cell(first, second, 0.0)[:, :4], expected)


@pytest.mark.parametrize("is_reduction", [False, True])
def test_node_without_edges_is_zero(is_reduction):
    graph = CellGraph(2, 3, ((0, 3, "max_pool_3x3"), (2, 4, "skip_connect")), (2, 3, 4))
    cell = Cell(graph, CellPlace(is_reduction, 4, 4, 4, follows_reduction=False))
    output = cell(torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8), 0.0)
    assert output.shape == (2, 12, *((4, 4) if is_reduction else (8, 8)))
    assert not output[:, :4].any() and output[:, 4:8].any() and not output[:, 8:].any()


def test_channels_that_cannot_be_shared_are_refused():
    with pytest.raises(Unsupported, match="6 initial channels cannot be divided into 4 parts"):
        Darts().supernet(SMALL, Scale(6, 3), channel_share=4)
    with pytest.raises(Unsupported, match="cannot be divided into 0 parts"):
        Darts().supernet(SMALL, Scale(6, 3), channel_share=0)


def test_fewest_channels_that_can_be_shared_are_enough():
    space = Darts()
    supernet = space.supernet(SMALL, Scale(4, 3), channel_share=4)
    gates = Gates([torch.rand(8, requires_grad=True) for _ in space.edges])
    supernet(torch.randn(2, 1, 8, 8), gates).square().sum().backward()
    assert all(weights.grad is not None for weights in gates.weights)


def test_space_loads_without_torch():
    code = "import sys, harness.spaces.darts as d; d.Darts(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
