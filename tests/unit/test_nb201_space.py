"""NAS-Bench-201: the networks are the published ones, to the last parameter and multiply-add."""

import numpy as np
import pytest
import torch

from harness.api import ConfigError, Gates, Scale, TaskShape, Unsupported
from harness.hardware.counting import count
from harness.hardware.prices import multiply_adds
from harness.interfaces.costs import price
from harness.spaces.nb201 import Nb201

SPACE = Nb201()
PUBLISHED = Scale(channels=16, cells=5)
C10, C100 = (TaskShape((3, 32, 32), classes) for classes in (10, 100))
IN120 = TaskShape((3, 16, 16), 120)

RESNET = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|"
DENSE = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"  # noqa: E501


def everywhere(operation):
    return SPACE.to_text((SPACE.edges[0].options.index(operation),) * 6)


# Parameters on C10, C100 and ImageNet16-120, and the official millions of operations on 32x32.
ROWS = [
    (everywhere("none"), (73_306, 79_156, 80_456), 7.78305),
    (everywhere("skip_connect"), (73_306, 79_156, 80_456), 7.78305),
    (everywhere("avg_pool_3x3"), (73_306, 79_156, 80_456), 7.78305),
    (everywhere("nor_conv_1x1"), (241_306, 247_156, 248_456), 31.37601),
    (everywhere("nor_conv_3x3"), (1_531_546, 1_537_396, 1_538_696), 220.11969),
    (RESNET, (559_386, 565_236, 566_536), 78.56193),
    (DENSE, (1_288_506, 1_294_356, 1_295_656), 184.73025),
]


def official_millions(multiply_adds, shape):
    """The benchmark's own counter adds the classifier's biases to the multiply-adds."""
    return (multiply_adds + shape.classes) / 1e6


@pytest.mark.parametrize(("text", "parameters", "millions"), ROWS)
def test_networks_have_the_published_parameters_and_operations(text, parameters, millions):
    architecture = SPACE.from_text(text)
    for shape, expected in zip((C10, C100, IN120), parameters, strict=True):
        found, _ = count(SPACE.build(architecture, shape, PUBLISHED), shape)
        assert found == expected
    _, products = count(SPACE.build(architecture, C10, PUBLISHED), C10)
    assert official_millions(products, C10) == pytest.approx(millions, abs=5e-6)


def test_small_images_cost_a_quarter():
    network = SPACE.build(SPACE.from_text(DENSE), IN120, PUBLISHED)
    assert official_millions(count(network, IN120)[1], IN120) == pytest.approx(46.1902, abs=5e-5)


def test_the_supernet_has_the_published_number_of_parameters():
    # No affine parameters inside cells, but biases there.
    supernet = SPACE.supernet(C10, PUBLISHED)
    assert sum(p.numel() for p in supernet.parameters()) == 1_692_826


def test_enumeration_begins_with_none_and_ends_with_pools():
    assert SPACE.size == 15_625
    assert SPACE.to_text((0,) * 6) == everywhere("none")
    assert SPACE.to_text((4,) * 6) == everywhere("avg_pool_3x3")


def test_the_order_of_operations_and_edges_is_the_tables(reference):
    table = np.load(reference / "nasbench201" / "nb201_tables.npz", allow_pickle=False)
    assert tuple(table["op_names"].tolist()) == SPACE.edges[0].options
    texts = [SPACE.to_text(tuple(row)) for row in table["ops"].tolist()]
    assert texts == table["arch"].tolist()


@pytest.mark.parametrize(("column", "shape"), [("cifar10", C10), ("imagenet16_120", IN120)])
def test_parameters_and_operations_agree_with_the_tables_columns(reference, column, shape):
    table = np.load(reference / "nasbench201" / "nb201_tables.npz", allow_pickle=False)
    for row in np.random.default_rng(0).choice(SPACE.size, 5, replace=False):
        network = SPACE.build(tuple(table["ops"][row].tolist()), shape, PUBLISHED)
        parameters, products = count(network, shape)
        assert parameters / 1e6 == pytest.approx(table[f"{column}_params"][row], abs=1e-6)
        official = official_millions(products, shape)
        assert official == pytest.approx(table[f"{column}_mflops"][row], abs=1e-5)


def test_none_may_be_derived_and_ties_go_to_the_lower_index():
    shares = [np.full(5, 0.2)] * 6
    assert SPACE.derive(shares) == (0,) * 6
    shares[2] = np.array([0.1, 0.1, 0.2, 0.5, 0.1])
    assert SPACE.derive(shares) == (0, 0, 3, 0, 0, 0)


def test_a_cell_is_the_sum_over_its_paths():
    """Against the definition: node j is the sum over i < j of the edge's operation on node i."""
    from harness.networks.nb201.nb201_network import Cell

    edges = [(s, t, op) for s, t, op in SPACE.graph(SPACE.from_text(DENSE))["cell"].edges]
    cell = Cell(sorted(edges, key=lambda edge: (edge[1], edge[0])), 4).double().eval()
    inputs = torch.randn(2, 4, 8, 8, dtype=torch.float64)
    nodes = {0: inputs}
    for node in (1, 2, 3):
        nodes[node] = sum(
            cell.operations[f"{s}_{t}_{op}"](nodes[s]) for s, t, op in edges if t == node
        )
    torch.testing.assert_close(cell(inputs), nodes[3])


def test_a_cell_without_edges_is_zero():
    from harness.networks.nb201.nb201_network import Cell

    edges = [(s, t, "none") for t in (1, 2, 3) for s in range(t)]
    assert not Cell(edges, 4)(torch.randn(2, 4, 8, 8)).any()


def test_prices_add_up_to_whole_networks():
    prices = multiply_adds(SPACE)
    scale = Scale(4, 2)
    costs = price(SPACE.inventory(C10, scale), prices)
    for seed in range(4):
        architecture = SPACE.sample(np.random.default_rng(seed))
        _, whole = count(SPACE.build(architecture, C10, scale), C10)
        assert sum(map(prices, SPACE.layers(architecture, C10, scale))) == whole
        gates = [weights.tolist() for weights in SPACE.gates_of(architecture).weights]
        assert costs.of(gates) == whole


def test_channels_can_be_shared():
    supernet = SPACE.supernet(C10, Scale(8, 1), channel_share=4)
    gates = Gates([torch.full((5,), 0.2)] * 6)
    assert supernet(torch.randn(2, 3, 32, 32), gates).shape == (2, 10)
    with pytest.raises(Unsupported, match="8 initial channels cannot be divided into 3 parts"):
        SPACE.supernet(C10, Scale(8, 1), channel_share=3)


@pytest.mark.parametrize(
    ("shape", "scale", "complaint"),
    [
        (TaskShape((3, 30, 32), 10), Scale(4, 1), "divisible by 4, not 30x32"),
        (C10, Scale(4, 1, auxiliary=True), "no auxiliary head"),
        (C10, Scale(4, 0), "1 cell in each stage, not 4 and 0"),
    ],
)
def test_what_does_not_fit_is_refused(shape, scale, complaint):
    with pytest.raises(Unsupported, match=complaint):
        SPACE.build((0,) * 6, shape, scale)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (RESNET.rpartition("+")[0], "2 nodes"),
        (RESNET.replace("|none~1|", "|"), "Node 3 has 2 edges"),
        (RESNET.replace("none~1", "max_pool_3x3~1"), "Node 3 has the operation 'max_pool_3x3'"),
    ],
)
def test_a_text_that_is_no_cell_is_refused_in_one_line(text, complaint):
    with pytest.raises(ConfigError, match=complaint) as refusal:
        SPACE.from_text(text)
    assert "\n" not in str(refusal.value)
