"""The faster implementations of the DARTS super-network are the plain one, up to rounding."""

import copy

import pytest
import torch

from harness.api import Decision, Gates, Scale, TaskShape
from harness.networks.cells.cell_supernet import CellSupernet, MixedCell
from harness.networks.cells.cells import CellPlace
from harness.networks.fused import FusedCellSupernet, fused_supernet
from harness.networks.fused.fused_cell import FusedCell
from harness.networks.fused.wide_cell import WideCell
from harness.search.oneshot.paths import path_gates
from harness.search.oneshot.statistics import batch_norms, frozen_statistics
from harness.spaces.darts import OPERATIONS, Darts
from harness.tools.bench_memory import count_kept

SHAPE, SCALE = TaskShape((3, 8, 8), 10), Scale(4, 4)
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


FASTER = pytest.mark.parametrize("implementation", ["fused", "wide"])


def make_pair(shape=SHAPE, scale=SCALE, *, implementation="fused"):
    """Return a plain and a faster super-network with equal weights."""
    plain = Darts().supernet(shape, scale).double()
    plain.implementation = "plain"
    fused = copy.deepcopy(plain)
    fused.implementation = implementation
    return plain, fused


def dense_gates(edges=28, operations=8, **options):
    weights = torch.randn(edges, operations, dtype=torch.float64, generator=seeded())
    return Gates([w.requires_grad_() for w in weights.softmax(1).detach().unbind()], **options)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def images(count=4, shape=SHAPE, layout=torch.channels_last):
    pixels = torch.randn(count, *shape.inputs, dtype=torch.float64, generator=seeded(1))
    return pixels.contiguous(memory_format=layout)


def differentiate(network, inputs, gates):
    """Return logits, gradients of gates, gradients of weights."""
    logits = network(inputs, gates)
    loss = logits.square().sum()
    found = torch.autograd.grad(loss, [*gates.weights, *network.parameters()], allow_unused=True)
    count = len(gates.weights)
    return logits, found[:count], found[count:]


def forbid_plain(network):
    """Let the plain implementation of every cell fail."""

    def fail(*_):
        raise AssertionError("the plain implementation ran")

    for cell in network.cells:
        cell.register_forward_pre_hook(fail)


def test_both_implementations_have_the_tensors_of_the_plain_super_network():
    _, fused = make_pair()
    reference = CellSupernet(Darts().edges, SHAPE, SCALE).state_dict()
    assert list(fused.state_dict()) == list(reference)
    assert len(list(fused.named_modules())) == len(list(make_pair()[0].named_modules()))
    for name, tensor in fused.state_dict().items():
        assert tensor.shape == reference[name].shape


@FASTER
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize(
    ("size", "scale", "count"),
    [
        ((3, 8, 8), Scale(4, 4), 4),
        ((1, 16, 16), Scale(3, 3), 3),
        ((3, 12, 20), Scale(2, 5), 2),  # odd maps after the second reduction
    ],
)
def test_outputs_gradients_and_statistics_are_those_of_the_plain_implementation(
    size, scale, count, layout, implementation
):
    shape = TaskShape(size, 10)
    plain, fused = make_pair(shape, scale, implementation=implementation)
    forbid_plain(fused)
    inputs, gates = images(count, shape, layout), dense_gates()
    for expected, found in zip(
        differentiate(plain, inputs, gates), differentiate(fused, inputs, gates), strict=True
    ):
        torch.testing.assert_close(found, expected, **CLOSE)
    torch.testing.assert_close(fused.state_dict(), plain.state_dict(), **CLOSE)
    assert fused.cells[0].edges[0].operations[1][1].num_batches_tracked == 1


def test_single_precision_agrees_to_its_digits():
    plain, fused = (network.float() for network in make_pair())
    gates = Gates([w.detach().float().requires_grad_() for w in dense_gates().weights])
    inputs = images(16).float()
    for expected, found in zip(
        differentiate(plain, inputs, gates), differentiate(fused, inputs, gates), strict=True
    ):
        expected, found = (
            torch.cat([t.flatten() for t in tensors]) if isinstance(tensors, tuple) else tensors
            for tensors in (expected, found)
        )
        assert (found - expected).norm() < 1e-4 * expected.norm()


@FASTER
def test_frozen_statistics_stay_as_they_are(implementation):
    plain, fused = make_pair(implementation=implementation)
    before = copy.deepcopy(fused.state_dict())
    inputs, gates = images(), dense_gates()
    found = []
    for network in (plain, fused):
        with frozen_statistics(batch_norms(network)):
            found.append(differentiate(network, inputs, gates))
    torch.testing.assert_close(found[1], found[0], **CLOSE)
    assert all(torch.equal(before[name], tensor) for name, tensor in fused.state_dict().items())


def test_evaluation_mode_uses_running_statistics():
    plain, fused = make_pair()
    inputs, gates = images(), dense_gates()
    for network in (plain, fused):
        network(inputs, gates)
        network.eval()
    assert torch.allclose(fused(inputs, gates), plain(inputs, gates), rtol=1e-10, atol=0)


def test_mixed_modes_are_left_to_the_plain_implementation():
    plain, fused = make_pair()
    for network in (plain, fused):
        network.cells[1].edges[3].operations[4][7].eval()
        network.cells[2].edges[0].operations[1][1].track_running_stats = False
    inputs, gates = images(), dense_gates()
    assert torch.equal(fused(inputs, gates), plain(inputs, gates))
    assert all(map(torch.equal, fused.buffers(), plain.buffers()))


SAMPLED = [
    {"active": [(index % 8,) for index in range(28)]},
    {"active": [(index % 8, (index + 3) % 8) for index in range(28)]},
    *(
        {
            "active": [((index + 5) % 8,) for index in range(28)],
            "probed": [(index % 8, (index + 2) % 8) for index in range(28)],
            "probe": when,
        }
        for when in ("forward", "backward")
    ),
]


@pytest.mark.parametrize("options", SAMPLED)
def test_sampled_gates_over_few_images_are_left_to_the_plain_implementation(options):
    plain, fused = make_pair()
    gates = dense_gates(**options)
    assert torch.equal(fused(images(), gates), plain(images(), gates))


@pytest.mark.parametrize("options", SAMPLED)
@pytest.mark.parametrize("is_frozen", [False, True])
def test_sampled_paths_are_those_of_the_plain_implementation(monkeypatch, options, is_frozen):
    monkeypatch.setattr(fused_supernet, "SAMPLED_ELEMENTS", 0)
    plain, fused = make_pair()
    forbid_plain(fused)
    gates, found = dense_gates(**options), []
    for network in (plain, fused):
        tracked = batch_norms(network) if is_frozen else []
        with frozen_statistics(tracked):
            found.append(differentiate(network, images(), gates))
    for part, expected in zip(found[1], found[0], strict=True):
        if isinstance(expected, torch.Tensor):
            torch.testing.assert_close(part, expected, **CLOSE)
            continue
        for own, other in zip(part, expected, strict=True):
            assert own is None or other is not None  # what is idle has no gradient
            if own is not None:
                torch.testing.assert_close(own, other, **CLOSE)
            elif other is not None:
                assert not other.any()
    torch.testing.assert_close(fused.state_dict(), plain.state_dict(), **CLOSE)


def test_a_pool_on_a_sampled_path_keeps_nothing_but_its_input(monkeypatch):
    monkeypatch.setattr(fused_supernet, "SAMPLED_ELEMENTS", 0)
    plain, fused = make_pair()
    gates = path_gates([1] * 28, [torch.zeros(8, dtype=torch.float64)] * 28)  # max_pool_3x3
    kept = [count_kept(network, lambda n=network: n(images(), gates)) for network in (plain, fused)]
    assert kept[1] < 0.4 * kept[0]


def test_gates_of_single_precision_serve_a_network_of_double_precision():
    plain, fused = make_pair()
    gates = Gates([weights.detach().float() for weights in dense_gates().weights])
    torch.testing.assert_close(fused(images(), gates), plain(images(), gates), **CLOSE)


def test_partial_channels_are_left_to_the_plain_implementation():
    supernet = Darts().supernet(SHAPE, Scale(4, 3), channel_share=2).double()
    gates = dense_gates()
    torch.manual_seed(0)
    logits = supernet(images(), gates)
    supernet.implementation = "plain"
    assert torch.equal(supernet(images(), gates), logits)


def test_a_processor_uses_the_fused_implementation_unless_it_is_told():
    supernet = Darts().supernet(SHAPE, SCALE).double()
    supernet(images(), dense_gates())
    assert supernet.answered == "fused"


@pytest.mark.parametrize("options", SAMPLED)
def test_the_wide_implementation_leaves_sampled_gates_to_the_plain_one(monkeypatch, options):
    monkeypatch.setattr(fused_supernet, "SAMPLED_ELEMENTS", 0)
    plain, wide = make_pair(implementation="wide")
    gates = dense_gates(**options)
    assert torch.equal(wide(images(), gates), plain(images(), gates))
    assert wide.answered == "plain"


@pytest.mark.parametrize("kind", [FusedCell, WideCell])
@pytest.mark.parametrize("is_reduction", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        lambda edge: ("none", "skip_connect", "sep_conv_3x3"),
        lambda edge: (OPERATIONS[1 + edge % 7], OPERATIONS[1 + (edge + 2) % 7]),
        lambda edge: ("max_pool_3x3", "none") if edge % 2 else ("sep_conv_3x3", "avg_pool_3x3"),
        lambda edge: ("sep_conv_7x7", "conv_7x1_1x7", "dil_conv_5x5"),
        lambda edge: ("none", "none") if edge in {0, 1} else ("skip_connect", "none"),
    ],
)
def test_cells_of_other_spaces_agree(kind, is_reduction, options):
    edges = [Decision(f"edge_{index}", options(index)) for index in range(14)]
    place = CellPlace(is_reduction, 4, 6, 6, follows_reduction=False)
    plain = MixedCell(edges, place, 1).double()
    other = copy.deepcopy(plain)
    gates = [torch.rand(len(e.options), dtype=torch.float64, requires_grad=True) for e in edges]
    states = [torch.randn(3, 6, 8, 8, dtype=torch.float64) for _ in range(2)]
    found = []
    for cell, function in ((plain, plain), (other, kind(other))):
        output = function(*states, Gates(gates))
        inputs = [*gates, *cell.parameters()]
        loss = output.square().sum()
        gradients = torch.autograd.grad(loss, inputs, allow_unused=True, materialize_grads=True)
        found.append((output, gradients))
    torch.testing.assert_close(found[1], found[0], **CLOSE)
    torch.testing.assert_close(other.state_dict(), plain.state_dict(), **CLOSE)


def test_network_can_be_copied_and_then_uses_its_own_weights():
    _, fused = make_pair()
    twin = copy.deepcopy(fused)
    with torch.no_grad():
        for weight in twin.parameters():
            weight.zero_()
    forbid_plain(fused)
    assert fused(images(), dense_gates()).abs().max() > 0
    assert not twin(images(), dense_gates()).any()


def test_darts_space_hands_out_the_fused_implementation():
    supernet = Darts().supernet(SHAPE, Scale(4, 3))
    assert isinstance(supernet, FusedCellSupernet)
    assert supernet.implementation == "auto"


def test_the_plain_implementation_is_chosen_by_a_parameter():
    plain = FusedCellSupernet(Darts().edges, SHAPE, SCALE, implementation="plain").double()
    forbid_plain(plain)
    with pytest.raises(AssertionError, match="the plain implementation ran"):
        plain(images(), dense_gates())
